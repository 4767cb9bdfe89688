"""What the runs of a co-simulation came to, summed up in one report; shared by all engines."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..quant.integer import FrozenNetwork
from .comparison import Comparison
from .description import CoreDescription
from .report import CosimulationReport
from .timing import TIMED_LENGTHS, Timing


@dataclass(frozen=True, kw_only=True)
class RunVerdict:
    """What came of one run, from a reset on.

    Attributes
    ----------
    name : of the run, as a violation is told: ``"stream run"``, ``"timing run"``
    prefix : what its differences begin with; empty in the run that a user asked for
    comparison : of all that it sent with all that was expected
    violation : of a rule of the streams, or where the core stood still; empty if neither
    clocks, seconds : simulated, and their wall time
    last_transfer : clock of the last beat at any port; None: not known
    """

    name: str
    prefix: str = ""
    comparison: Comparison
    violation: str
    clocks: int
    seconds: float
    last_transfer: int | None = None


@dataclass(frozen=True, kw_only=True)
class Bench:
    """What ran the core, and when: fields of the report of the same names; ``start`` is of ``time.perf_counter``.

    ``verilog_sha256`` is of the file before it was compiled.
    """

    engine: str
    engine_version: str
    simulator: str
    simulator_version: str
    verilog_sha256: str
    stalls: str
    seed: int
    build_seconds: float
    start: float
    netlist: dict[str, Any] | None = None


@dataclass(frozen=True, kw_only=True)
class Streamed:
    """How much was streamed beside the timed run: fields of the report of the same names."""

    sequences: int
    sequences_with_states: int
    steps: int
    saturations: int
    sequences_resumed: int = 0
    resets: int = 0
    coverage: dict[str, dict[str, int]] | None = None


def sum_up(
    network: FrozenNetwork,
    description: CoreDescription,
    bench: Bench,
    streamed: Streamed,
    runs: Sequence[RunVerdict],
    timing: Timing,
) -> CosimulationReport:
    """One report of all ``runs``, the first difference being that of the first run in their order that has one.

    A description that promises what a core of its parameters does not have is a problem too, and so is Verilog that
    was changed while it was verified.
    """
    first = [(run.prefix, difference) for run in runs for difference in run.comparison.first]
    problems = [f"{prefix}{difference}" for prefix, difference in first]
    violations = [f"{run.name}: {run.violation}" for run in runs if run.violation]
    wrong = [run for run in runs if run.comparison.first] or [run for run in runs if run.violation]
    plain = {name: value for name, value in vars(bench).items() if name != "start"}
    generated, compiled = description.verilog_sha256, bench.verilog_sha256
    changed = [] if description.verilog_digest() == compiled else [f"{description.verilog.name} was changed meanwhile"]
    return CosimulationReport(
        **plain,
        **vars(streamed),
        verilog_as_generated=compiled == generated if generated else None,
        channels=description.channels,
        states_compared=sum(run.comparison.states for run in runs),
        results_compared=sum(run.comparison.results for run in runs),
        differences=sum(run.comparison.differences for run in runs),
        first_difference=problems[0] if problems else None,
        first_difference_fields=first[0][1].to_json() if first else None,
        first_wrong_run=wrong[0].name if wrong else None,
        first_wrong_clock=_clock(wrong[0]) if wrong else None,
        problems=(*problems, *violations, *description.wrong_figures(network), *timing.problems, *changed),
        cycles_per_step=timing.cycles_per_step,
        formula_cycles_per_step=description.cycles_per_step,
        sequence_latency=timing.sequence_latency,
        formula_sequence_latency=description.sequence_latency(TIMED_LENGTHS[-1]),
        latency_steps=TIMED_LENGTHS[-1],
        clocks=sum(run.clocks for run in runs),
        simulation_seconds=sum(run.seconds for run in runs),
        seconds=time.perf_counter() - bench.start,
    )


def _clock(run: RunVerdict) -> int:
    """Of the first difference; of the last beat for what never came and for a broken rule, which ends the run."""
    clocks = (run.comparison.first[0].clock if run.comparison.first else None, run.last_transfer, run.clocks)
    return next(clock for clock in clocks if clock is not None)
