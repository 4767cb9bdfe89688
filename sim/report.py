"""The report of a co-simulation."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class CosimulationReport:
    """What a co-simulation found: two runs, one timed and one with stalls.

    Attributes
    ----------
    simulator, simulator_version : what ran the core
    stalls, seed : the pattern at the ends of the streams in the second run
    verilog_as_generated : whether the Verilog is what the generator wrote, or has been edited since; None: unknown
    sequences, steps : in the second run
    states_compared, results_compared : values that came and were compared, in both runs; logits count one by one
    saturations : states that the reference clipped in the second run
    differences : values that differ, are missing or are too many
    first_difference : the first of them in words, or None
    first_difference_fields : the same as plain values
    problems : all that is wrong, one line each, the first difference first; empty for a core that agrees
    cycles_per_step, sequence_latency : measured in the timed run, in clocks; None where the core did not get that far,
        or the steps differ
    formula_cycles_per_step, formula_sequence_latency : what the core's description says
    latency_steps : T of the sequence whose latency is given
    clocks : simulated in both runs
    build_seconds, simulation_seconds, seconds : wall time of the compilation, of the clocks, of all together
    """

    simulator: str
    simulator_version: str
    stalls: str
    seed: int
    verilog_as_generated: bool | None
    sequences: int
    steps: int
    states_compared: int
    results_compared: int
    saturations: int
    differences: int
    first_difference: str | None
    first_difference_fields: dict[str, Any] | None
    problems: tuple[str, ...]
    cycles_per_step: int | None
    formula_cycles_per_step: int
    sequence_latency: int | None
    formula_sequence_latency: int
    latency_steps: int
    clocks: int
    build_seconds: float
    simulation_seconds: float
    seconds: float

    @property
    def passed(self) -> bool:
        """Whether the core equals the reference in all that was looked at."""
        return not self.problems

    @property
    def clocks_per_second(self) -> float:
        """Speed of the simulation itself."""
        return self.clocks / self.simulation_seconds

    def to_json(self) -> dict[str, Any]:
        """The report as plain JSON."""
        return asdict(self) | {
            "problems": list(self.problems),
            "passed": self.passed,
            "clocks_per_second": self.clocks_per_second,
        }
