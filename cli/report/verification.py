"""The report of ``hadamrnn verify`` as a folder: JSON, a page, and the waveform around a first difference."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...sim.functional_coverage import holes
from ..output import write_json
from .page import write_report
from .waveform import waveform_svg

if TYPE_CHECKING:
    from ...quant.integer import FrozenNetwork
    from ...sim.explanation import Explanation
    from ...sim.report import CosimulationReport

_SHOWN_BEFORE, _SHOWN_AFTER = 18, 5  # clocks of the picture, of the first wrong signal and of the difference
_MOST_CLOCKS = 48
_PORTS = ("tvalid", "tready", "tlast", "tdata")


def command_line() -> str:
    """What the user typed."""
    return shlex.join(["hadamrnn", *sys.argv[1:]])


def write_verification(
    folder: Path,
    report: CosimulationReport,
    explanation: Explanation | None,
    command: str,
    subject: str,
    core: Mapping[str, Any],
) -> list[Path]:
    """Write ``verification.json`` and ``verification.html``, and of a difference ``waveform.vcd`` and ``expected.vcd``.

    Parameters
    ----------
    folder : made where it is missing
    command : what the user ran
    subject : network and core, in words
    core : which core it was, as :func:`core_identity` says it

    Returns
    -------
    list
        The files.

    Raises
    ------
    InputError
        A file that cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / "verification.json", folder / "verification.html"]
    plain: dict[str, Any] = report.to_json() | {"command": command, "subject": subject, "core": dict(core)}
    plain["explanation"] = None
    plain["holes"] = None if report.coverage is None else holes(report.coverage)
    if explanation is not None:
        plain["explanation"] = explanation.to_json()
        explanation.waveform.write_vcd(folder / "waveform.vcd")
        files.append(folder / "waveform.vcd")
        if explanation.as_generated is not None:
            explanation.as_generated.write_vcd(folder / "expected.vcd")
            files.append(folder / "expected.vcd")
    write_json(plain, files[0])
    write_report(files[1], verification_contents(report, explanation, command, subject), "verification.html")
    return files


def core_identity(network: FrozenNetwork, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """What tells one core from another: the network that it is made from, and its parameters."""
    from ...hw.verilog.generation import fingerprint

    return {"network_sha256": fingerprint(network), "parameters": dict(parameters)}


def verification_contents(
    report: CosimulationReport, explanation: Explanation | None, command: str, subject: str
) -> dict[str, Any]:
    """The variables of ``verification.html``."""
    verdict = "equal, bit for bit" if report.passed else "different"
    return {
        "title": f"Verification: {verdict}",
        "lead": subject,
        "tiles": [
            {
                "value": str(report.differences),
                "text": f"differences in {report.states_compared} states and {report.results_compared} results",
                "kind": "good" if report.passed else "bad",
            },
            {"value": str(report.sequences), "text": f"sequences, {report.steps} steps", "kind": ""},
            {"value": str(report.clocks), "text": f"clocks on {report.simulator}", "kind": ""},
        ],
        "problems": list(report.problems),
        "explanation": None if explanation is None else _explanation(explanation),
        "compared": compared(report),
        "coverage": [
            (group, name, count) for group, bins in (report.coverage or {}).items() for name, count in bins.items()
        ],
        "command": command,
        "footer": f"{report.engine} {report.engine_version}, {report.simulator} {report.simulator_version}, "
        f"seed {report.seed}, {report.seconds:.1f} s.",
    }


def netlist_line(netlist: Mapping[str, Any]) -> str:
    """Which netlist was simulated, of which target, by which Yosys, and what it is made of."""
    cells = ", ".join(f"{count} {name}" for name, count in netlist["cells"].items())
    return f"simulated: the netlist of Yosys {netlist['yosys']} for {netlist['target']} ({cells})"


def as_generated(report: CosimulationReport) -> str:
    """Whether the Verilog was what the generator wrote."""
    unknown = "not known whether it was edited: its description does not say what was generated"
    said = {True: "as it was generated", False: "edited since it was generated", None: unknown}
    return said[report.verilog_as_generated]


def compared(report: CosimulationReport) -> list[tuple[str, str]]:
    """What was compared, with what, as rows of a table."""
    cycles = "not measured" if report.cycles_per_step is None else str(report.cycles_per_step)
    latency = "not measured" if report.sequence_latency is None else str(report.sequence_latency)
    resumed = f", {report.sequences_resumed} of them by an earlier run that was interrupted"
    return [
        ("the Verilog", as_generated(report)),
        ("SHA-256 of it", report.verilog_sha256),
        *([] if report.netlist is None else [("not itself but its netlist", netlist_line(report.netlist))]),
        ("sequences", f"{report.sequences}{resumed if report.sequences_resumed else ''}"),
        ("results", str(report.results_compared)),
        ("states", f"{report.states_compared}, those of {report.sequences_with_states} sequences"),
        ("states that saturate", str(report.saturations)),
        ("resets in the middle of sequences", str(report.resets)),
        ("back-pressure", report.stalls),
        ("cycles per step, measured / formula", f"{cycles} / {report.formula_cycles_per_step}"),
        (
            f"cycles of a sequence of {report.latency_steps} steps, measured / formula",
            f"{latency} / {report.formula_sequence_latency}",
        ),
        ("test bench", f"{report.engine} {report.engine_version}"),
        ("simulator", f"{report.simulator} {report.simulator_version}"),
    ]


def _explanation(explanation: Explanation) -> dict[str, Any]:
    location = explanation.location
    begin = explanation.clock if location is None else location.clock
    first = max(begin - _SHOWN_BEFORE, explanation.clock + _SHOWN_AFTER - _MOST_CLOCKS)
    picture = waveform_svg(
        explanation.waveform,
        shown_signals(explanation),
        first,
        explanation.clock + _SHOWN_AFTER,
        marked=begin,
        good=explanation.as_generated,
    )
    caption = "Signals at the clock edges since the reset before the run; the shaded one is where "
    caption += "a signal is first wrong." if location else "the difference came out."
    if explanation.as_generated is not None:
        caption += " Green: the same signal of the core as it was generated."
    return {"lines": explanation.lines(), "picture": picture, "caption": caption + " All signals: waveform.vcd."}


def shown_signals(explanation: Explanation) -> list[str]:
    """Ports, the row counter, the state and what leaves the ring, and what is wrong first; those that the core has."""
    values = explanation.waveform.values
    ports = [f"{port}_{signal}" for port in ("s_axis", "m_axis", "m_trace") for signal in _PORTS]
    inside = ["recurrence.position.count", "recurrence.state", "recurrence.transform_output"]
    wrong = []
    if explanation.location is not None:
        module = explanation.location.module
        wrong = [f"{module}.{s.name}" if module else s.name for s in explanation.location.signals]
    return [name for name in dict.fromkeys([*ports, *inside, *wrong]) if name in values]
