"""The report of a co-simulation."""

from dataclasses import MISSING, asdict, dataclass, fields, replace
from typing import Any

from ..errors import InputError


@dataclass(frozen=True, kw_only=True)
class CosimulationReport:
    """What a co-simulation found: two runs, one timed and one with stalls.

    Attributes
    ----------
    engine, engine_version : ``"cocotb"`` and its version, or ``"native"`` and the beginning of its driver's SHA-256
    simulator, simulator_version : what ran the core
    verilog_sha256 : of the Verilog that was compiled; empty in a report of an earlier version
    traced_verilog_sha256 : of that whose states were compared, where it was another core than that of the results
    stalls, seed : the pattern at the ends of the streams in the second run
    verilog_as_generated : whether the Verilog is what the generator wrote, or has been edited since; None: unknown
    netlist : where it was not the Verilog that was simulated but what Yosys made of it: ``target``, ``yosys`` (its
        version) and ``cells`` (the number of each type); None for the Verilog itself
    channels : C, of the core
    sequences, steps : in the second run
    sequences_with_states : those of them whose every state was compared
    sequences_resumed : those of them whose verdict an earlier run that was interrupted had kept
    resets : in the middle of sequences, in the second run and in a run of their own
    states_compared, results_compared : values that came and were compared, in both runs; logits count one by one
    saturations : states that the reference clipped in the second run
    differences : values that differ, are missing or are too many
    first_difference : the first of them in words, or None
    first_difference_fields : the same as plain values
    first_wrong_run, first_wrong_clock : the run that it was in, and the clock since the reset before that run; of the
        first broken rule where nothing differs; None where there is neither
    problems : all that is wrong, one line each, the first difference first; empty for a core that agrees
    cycles_per_step, sequence_latency : measured in the timed run, in clocks; None where the core did not get that far,
        or the steps differ
    formula_cycles_per_step, formula_sequence_latency : what the core's description says
    latency_steps : T of the sequence whose latency is given
    coverage : hits by group and bin (:mod:`~hadamrnn.sim.functional_coverage`); None where none were counted
    clocks : simulated in both runs
    build_seconds, simulation_seconds, seconds : wall time of the compilation, of the clocks (summed over processes), of
        all together
    """

    engine: str
    engine_version: str
    simulator: str
    simulator_version: str
    stalls: str
    seed: int
    verilog_as_generated: bool | None
    channels: int
    sequences: int
    sequences_with_states: int
    sequences_resumed: int
    resets: int
    steps: int
    states_compared: int
    results_compared: int
    saturations: int
    differences: int
    first_difference: str | None
    first_difference_fields: dict[str, Any] | None
    first_wrong_run: str | None
    first_wrong_clock: int | None
    problems: tuple[str, ...]
    cycles_per_step: int | None
    formula_cycles_per_step: int
    sequence_latency: int | None
    formula_sequence_latency: int
    latency_steps: int
    clocks: int
    coverage: dict[str, dict[str, int]] | None
    build_seconds: float
    simulation_seconds: float
    seconds: float
    netlist: dict[str, Any] | None = None
    verilog_sha256: str = ""
    traced_verilog_sha256: str = ""

    @property
    def passed(self) -> bool:
        """Whether the core equals the reference in all that was looked at."""
        return not self.problems

    @property
    def verdict(self) -> str:
        """In words."""
        if not self.passed:
            return "different"
        return "equal, bit for bit" + ("" if self.states_compared else ", in its results; no state was compared")

    @property
    def clocks_per_second(self) -> float:
        """Speed of the simulation itself, in one process."""
        return self.clocks / self.simulation_seconds

    def together(self, other: "CosimulationReport") -> "CosimulationReport":
        """Both in one, where ``other`` is on some of the same sequences through another core of the same network:
        counts, clocks, times and problems of both, figures of the core and of the sequences of this one.
        """
        summed = ("states_compared", "results_compared", "differences", "clocks", "sequences_resumed")
        summed += ("build_seconds", "simulation_seconds", "seconds")
        first = self if self.first_difference is not None else other
        said = self.verilog_as_generated, other.verilog_as_generated
        return replace(
            self,
            verilog_as_generated=False if False in said else None if None in said else True,
            traced_verilog_sha256="" if other.verilog_sha256 == self.verilog_sha256 else other.verilog_sha256,
            sequences_with_states=max(self.sequences_with_states, other.sequences_with_states),
            problems=tuple(dict.fromkeys(self.problems + other.problems)),  # those of one description are in both
            first_difference=first.first_difference,
            first_difference_fields=first.first_difference_fields,
            first_wrong_run=first.first_wrong_run,
            first_wrong_clock=first.first_wrong_clock,
            **{name: getattr(self, name) + getattr(other, name) for name in summed},
        )

    def to_json(self) -> dict[str, Any]:
        """The report as plain JSON."""
        return asdict(self) | {
            "problems": list(self.problems),
            "passed": self.passed,
            "clocks_per_second": self.clocks_per_second,
        }

    @classmethod
    def from_json(cls, plain: Any) -> "CosimulationReport":
        """The report of which :meth:`to_json` gave ``plain``; what else is in it is passed by.

        Raises
        ------
        InputError
            What is no such report.
        """
        if not isinstance(plain, dict) or not isinstance(plain.get("problems"), list):
            raise InputError("not the report of a co-simulation")
        values: dict[str, Any] = {}
        for field in fields(cls):
            if field.name not in plain:
                if field.default is not MISSING:  # of an earlier version
                    continue
                raise InputError(f"not the report of a co-simulation: it has no {field.name}")
            value: Any = plain[field.name]
            values[field.name] = value
            if field.type in (int, float) and not isinstance(value, int | float):
                raise InputError(f"not the report of a co-simulation: {field.name} must be a number, not {value!r}")
        values["problems"] = tuple(values["problems"])
        return cls(**values)
