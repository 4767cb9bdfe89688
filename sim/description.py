"""The description of a generated core (the JSON beside its Verilog), read as far as simulation needs it."""

import hashlib
import json
import os
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..hw.data_sheet import DataSheet
from ..hw.parameters import CoreParameters
from ..hw.verilog.generation import fingerprint
from ..hw.verilog.module_name import check_module_name
from ..quant.integer import FrozenNetwork


@dataclass(frozen=True, kw_only=True)
class CoreDescription:
    """A generated core.

    Attributes
    ----------
    name : of the top module
    verilog : its file
    verilog_sha256 : of that file as it was generated; empty where an older version did not say
    fingerprint : of the network that it was generated from
    output : ``"logits"`` or ``"class"``
    lanes, rows : P and R = d / P
    trace : whether it has the port ``m_trace``
    streams : names of the AXI4-Stream ports
    element_bytes : bytes of an input element
    beat_elements : E, elements of one beat on ``s_axis``
    beats_per_step, beats_per_result : on ``s_axis`` and ``m_axis``
    result_bytes, row_bytes : of a beat on ``m_axis`` and ``m_trace``; 0 without that port
    cycles_per_step : clocks, as the generator's formula says
    latency_of_one_step : clocks from the first input beat to the last result beat of a sequence of one step
    channels : C; where there are several, ``cycles_per_step`` is that of a step of all of them
    cycles_per_step_alone : of one channel while the others have no sequence
    versions : of the packages that it was generated with, by name
    parameters : those of :class:`~hadamrnn.hw.parameters.CoreParameters`, as the file has them
    """

    name: str
    verilog: Path
    verilog_sha256: str
    fingerprint: str
    output: str
    lanes: int
    rows: int
    trace: bool
    streams: tuple  # of str
    element_bytes: int
    beat_elements: int
    beats_per_step: int
    beats_per_result: int
    result_bytes: int
    row_bytes: int
    cycles_per_step: int
    latency_of_one_step: int
    channels: int = 1
    cycles_per_step_alone: int = 1
    parameters: dict = field(default_factory=dict, hash=False)  # str to values
    versions: dict = field(default_factory=dict, hash=False)  # str to str

    @property
    def further_step(self) -> int:
        """Clocks that a further step adds to a sequence that a channel has alone."""
        return self.cycles_per_step if self.channels == 1 else self.cycles_per_step_alone

    @property
    def input_bytes(self) -> int:
        """Of a beat on ``s_axis``."""
        return self.element_bytes * self.beat_elements

    def sequence_latency(self, steps: int) -> int:
        """Clocks from the first input beat to the last result beat of a sequence, by the generator's formula."""
        return self.latency_of_one_step + (steps - 1) * self.further_step

    def verilog_digest(self) -> str:
        """SHA-256 of the Verilog as it is now."""
        return hashlib.sha256(self._verilog_bytes()).hexdigest()

    def with_copy(self, folder: Path) -> tuple["CoreDescription", str]:
        """The same with a copy of the Verilog in ``folder``, which nobody edits meanwhile, and the copy's SHA-256."""
        text = self._verilog_bytes()
        copy = folder / f"{self.name}.v"
        copy.write_bytes(text)
        return replace(self, verilog=copy), hashlib.sha256(text).hexdigest()

    def _verilog_bytes(self) -> bytes:
        try:
            return self.verilog.read_bytes()
        except OSError as error:
            raise InputError(f"{self.verilog}: cannot be read ({error.strerror})") from error

    @property
    def as_generated(self) -> bool | None:
        """Whether the Verilog is what the generator wrote, byte for byte, or has been edited since; None: unknown."""
        return self.verilog_digest() == self.verilog_sha256 if self.verilog_sha256 else None

    def wrong_figures(self, network: FrozenNetwork) -> tuple[str, ...]:
        """What the file promises that a core of its parameters does not have, one line each.

        A bench measures against this description, so it must not be one that was edited to fit.

        Raises
        ------
        InputError
            Parameters that are none, or do not fit ``network``.
        """
        file = self.verilog.with_suffix(".json")
        try:
            sheet = DataSheet(network, CoreParameters(**self.parameters))
        except TypeError as error:
            raise InputError(f"{file}: not the parameters of a generated core ({error})") from error
        form, logits = sheet.input_format, self.output == "logits"
        right = {
            "cycles_per_step": sheet.cycles_per_step,
            "latency_of_one_step": sheet.sequence_latency(1),
            "cycles_per_step_alone": sheet.cycles_per_step_alone,
            "rows": sheet.schedule.rows,
            "element_bytes": form.element_bytes,
            "beats_per_step": form.beats_per_step,
            "result_bytes": sheet.output_bytes,
            "beats_per_result": network.output_size if logits else 1,
            "row_bytes": sheet.trace_bytes if self.trace else 0,
        }
        return tuple(
            f"{file.name} is not of this core: {name} {getattr(self, name)}, by its parameters {value}"
            for name, value in right.items()
            if getattr(self, name) != value
        )

    def check_network(self, network: FrozenNetwork) -> None:
        """Raise :class:`InputError` unless the core was generated from ``network``."""
        if self.fingerprint != fingerprint(network):
            raise InputError(f"{self.verilog} was generated from another network: generate it again")


def read_description(core: str | os.PathLike[str]) -> CoreDescription:
    """The description in a folder that holds one generated core, or in the file ``core``.

    Raises
    ------
    InputError
        No such file, no description in it, or Verilog that is not beside it: one line that begins with the path.
    """
    path = Path(core)
    if path.is_dir():
        found = [(file, plain) for file in sorted(path.glob("*.json")) if "verilog" in (plain := _read(file))]
        if len(found) != 1:
            raise InputError(f"{path}: expected the description (*.json) of one generated core, found {len(found)}")
        path, plain = found[0]
    elif path.is_file():
        plain = _read(path)
    else:
        raise InputError(f"{path}: no such file or folder, expected a generated core")
    try:
        streams, parameters = plain["streams"], plain["parameters"]
        channels = parameters.get("channels", 1)
        inputs = streams["s_axis" if channels == 1 else "s0_axis"]
        beat_elements = parameters.get("input_beat", 1)
        description = CoreDescription(
            name=plain["name"],
            verilog=path.with_name(plain["verilog"]),
            verilog_sha256=plain.get("verilog_sha256", ""),
            fingerprint=plain["network"]["sha256"],
            output=parameters["output"],
            lanes=parameters["lanes"],
            rows=plain["rows"],
            trace=parameters["trace"],
            streams=tuple(streams),
            element_bytes=inputs["bytes"] // beat_elements,
            beat_elements=beat_elements,
            beats_per_step=inputs["beats_per_step"],
            beats_per_result=streams["m_axis"]["beats_per_result"],
            result_bytes=streams["m_axis"]["bytes"],
            row_bytes=streams["m_trace"]["bytes"] if parameters["trace"] else 0,
            cycles_per_step=plain["cycles_per_step"],
            latency_of_one_step=plain["sequence_latency"]["constant"],
            channels=channels,
            cycles_per_step_alone=plain["sequence_latency"]["per_further_step"],
            parameters=dict(parameters),
            versions=plain.get("versions", {}),
        )
    except (KeyError, TypeError) as error:
        raise InputError(f"{path}: not the description of a generated core (no {error})") from error
    except (AttributeError, ValueError, ZeroDivisionError) as error:
        raise InputError(f"{path}: not the description of a generated core ({error})") from error
    _check_types(path, description)
    try:
        check_module_name(description.name)  # of files too
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    if not description.verilog.is_file():
        raise InputError(f"{description.verilog}: no such file, expected the Verilog that {path.name} describes")
    return description


def _check_types(path: Path, description: CoreDescription) -> None:
    """Refuse a description whose values cannot be those of a core."""
    for one in fields(CoreDescription):
        value = getattr(description, one.name)
        if not isinstance(value, one.type) or (type(value) is bool) != (one.type is bool):  # type: ignore[arg-type]
            raise InputError(f"{path}: {one.name} must be {one.type.__name__}, not {value!r}")  # type: ignore[union-attr]
        if one.type is int and value < 1 and (one.name != "row_bytes" or description.trace):
            raise InputError(f"{path}: {one.name} must be at least 1, not {value!r}")


def _read(path: Path) -> dict[str, Any]:
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: cannot be read as JSON ({error})") from error
    return plain if isinstance(plain, dict) else {}
