"""What a core costs on each target: the estimate beside what synthesis found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...hw.estimate.figures import NO_BLOCKS, NOT_THERE
from ...hw.targets.catalogue import get_target

if TYPE_CHECKING:
    from ...hw.estimate import Estimate
    from ...hw.synthesis.report import SynthesisReport
    from .core_report import CoreReport

UNKNOWN, NOT_RUN = "unknown", "not run"
_NOT_MISSING = (NOT_THERE, NO_BLOCKS)  # reasons of figures that there cannot be
_NAMES = {"luts": "LUTs", "dsps": "DSPs", "block_rams": "block RAMs", "distributed_rams": "distributed RAMs"}


@dataclass(frozen=True, kw_only=True)
class CostRow:
    """One figure of a target as text; ``error`` is the estimate's, ``share`` what of the device it takes, 0 to 1."""

    name: str
    estimate: str
    synthesis: str
    error: str
    available: str
    share: float | None = None


@dataclass(frozen=True, kw_only=True)
class TargetCost:
    """A target's table, how it was synthesised, and why what is unknown is."""

    target: str
    rows: list[CostRow]
    tools: str
    notes: list[str]


def target_costs(report: CoreReport) -> list[TargetCost]:
    """A table for each target."""
    found = {one.target: one for one in report.syntheses}
    return [_cost(report, one, found.get(one.target or "")) for one in report.estimates]


def sequences_per_second(report: CoreReport, mhz: float) -> float:
    """Sequences of the report's length that follow one another in one core, a second."""
    return mhz * 1e6 / report.core.sequence_latency(report.steps)


def _cost(report: CoreReport, estimate: Estimate, synthesis: SynthesisReport | None) -> TargetCost:
    assert estimate.target is not None
    rows = []
    expected = estimate.to_json()
    for resource in get_target(estimate.target).resources:
        guess = expected.get(resource.name)
        used = None if synthesis is None else synthesis.used(resource.name)
        best = guess if used is None else used
        rows.append(
            CostRow(
                name=_NAMES.get(resource.name, resource.name.replace("_", " ")),
                estimate=UNKNOWN if guess is None else f"{guess:,}",
                synthesis=NOT_RUN if synthesis is None else UNKNOWN if used is None else f"{used:,}",
                error=_error(guess, used),
                available=f"{resource.available:,}",
                share=None if best is None else best / resource.available,
            )
        )
    rows += _speed(report, estimate, synthesis)
    return TargetCost(
        target=estimate.target, rows=rows, tools=_made(synthesis), notes=_notes(report, estimate, synthesis)
    )


def _speed(report: CoreReport, estimate: Estimate, synthesis: SynthesisReport | None) -> list[CostRow]:
    clocks = (estimate.clock_mhz, None if synthesis is None else synthesis.achieved_mhz)
    missing = (UNKNOWN, NOT_RUN if synthesis is None else UNKNOWN)
    rates = {
        "clock, MHz": (lambda mhz: mhz, "{:,.1f}"),
        "steps a second": (lambda mhz: mhz * 1e6 / report.core.cycles_per_step, "{:,.0f}"),
        "sequences a second": (lambda mhz: sequences_per_second(report, mhz), "{:,.0f}"),
    }
    rows = []
    for name, (rate, form) in rates.items():
        values = [None if mhz is None else rate(mhz) for mhz in clocks]
        # Below ten a second, whole numbers say too little.
        texts = [
            absent if value is None else (form if value >= 10 else "{:.3g}").format(value)
            for value, absent in zip(values, missing, strict=True)
        ]
        error = _error(*values)
        rows.append(CostRow(name=name, estimate=texts[0], synthesis=texts[1], error=error, available=""))
    return rows


def _error(estimate: float | None, synthesis: float | None) -> str:
    """How far the estimate is from what was found."""
    if estimate is None or synthesis is None:
        return ""
    if estimate == synthesis:
        return "0 %"
    if not synthesis:
        return ""
    percent = 100 * (estimate / synthesis - 1)
    return f"{percent:+.1f} %" if abs(percent) < 100 else f"{percent:+.0f} %"


def _made(synthesis: SynthesisReport | None) -> str:
    if synthesis is None:
        return ""
    tools = ", ".join(f"{tool} {version}" for tool, version in synthesis.tools.items())
    asked = "" if synthesis.requested_mhz is None else f", {synthesis.requested_mhz:g} MHz asked for"
    fits = {True: "fits", False: "does not fit", None: "not known whether it fits"}[synthesis.fits]
    return f"{tools}, seed {synthesis.seed}{asked}: {fits}."


def _notes(report: CoreReport, estimate: Estimate, synthesis: SynthesisReport | None) -> list[str]:
    assert estimate.target is not None
    notes: dict[str, None] = {}
    if estimate.target in report.outdated:
        notes["There is a synthesis report, of another Verilog than this core's."] = None
    notes |= dict.fromkeys(f"Estimate: {one}." for one in estimate.reasons.values() if one not in _NOT_MISSING)
    for text in dict.fromkeys(estimate.notes.values()):
        names = ", ".join(name for name, why in estimate.notes.items() if why == text).replace("_", " ")
        notes[f"Error of the estimate not known ({names}): {text}."] = None
    if synthesis is not None:
        notes |= dict.fromkeys(f"Synthesis: {one}." for one in synthesis.unknown.values())
        if synthesis.reason is not None:
            notes[f"Synthesis: {synthesis.reason}."] = None
        path = synthesis.critical_path
        if path is not None:
            times = f"{path.logic_ns:.1f} ns in cells and {path.routing_ns:.1f} ns in wires"
            notes[f"Slowest path: {times}, from {path.start} to {path.end}."] = None
    return list(notes)
