"""The report of a mutation test: each fault and what became of it, and the score."""

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

from .equivalence import Proof
from .mutants import Mutant
from .trial import Verdict

KILLED, EQUIVALENT, SURVIVED = "killed", "equivalent", "survived"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one mutant.

    Attributes
    ----------
    core : name of the core it is of
    kind, module, signal, change : as of :class:`~hadamrnn.sim.mutation.mutants.Mutant`
    verilog : lines of Verilog that differ, ``-`` the core, ``+`` the mutant
    status : ``"killed"``; ``"equivalent"``, proved to be the same core; or ``"survived"``
    how : of what kind the first thing wrong was (:class:`~hadamrnn.sim.mutation.trial.Verdict`); empty if not killed
    explanation : the first thing wrong; for a mutant that was not killed, what the proof says
    attempt, clocks : of the simulation that killed it, and simulated in all
    """

    core: str
    kind: str
    module: str
    signal: str
    change: str
    verilog: tuple[str, ...]
    status: str
    how: str
    explanation: str
    attempt: int
    clocks: int

    @classmethod
    def of(
        cls, core: str, mutant: Mutant, verilog: tuple[str, ...], verdict: Verdict, proof: Proof | None
    ) -> "Outcome":
        """The outcome of a trial, and of the proof where there was one."""
        if proof is None:
            status, explanation = KILLED, verdict.message
        else:
            status, explanation = EQUIVALENT if proof.equivalent else SURVIVED, proof.text
        return cls(
            core=core,
            kind=mutant.kind,
            module=mutant.module,
            signal=mutant.signal,
            change=mutant.change,
            verilog=verilog,
            status=status,
            how=verdict.how,
            explanation=explanation,
            attempt=verdict.attempt,
            clocks=verdict.clocks,
        )

    def __str__(self) -> str:
        return f"{self.module}: {self.signal}: {self.change}"


@dataclass(frozen=True, kw_only=True)
class MutationReport:
    """The result of a mutation test.

    Attributes
    ----------
    simulator, simulator_version : what ran the mutants
    seed, sequences, steps : as they were chosen
    cores : what was mutated
    possible : mutants there are, of which these were drawn
    outcomes : one a mutant
    """

    simulator: str
    simulator_version: str
    seed: int
    sequences: int
    steps: int
    cores: tuple[str, ...]
    possible: int
    outcomes: tuple[Outcome, ...]

    def count(self, status: str) -> int:
        """Mutants of that status."""
        return sum(outcome.status == status for outcome in self.outcomes)

    @property
    def score(self) -> float | None:
        """Killed, of those that are not equivalent; None where all are."""
        tested = len(self.outcomes) - self.count(EQUIVALENT)
        return self.count(KILLED) / tested if tested else None

    @property
    def passed(self) -> bool:
        """Whether every mutant was killed or is proved to be the same core."""
        return not self.count(SURVIVED)

    def kinds(self) -> dict[str, dict[str, int]]:
        """Mutants of each status by kind of fault."""
        counts = Counter((outcome.kind, outcome.status) for outcome in self.outcomes)
        kinds = dict.fromkeys(outcome.kind for outcome in self.outcomes)
        return {kind: {status: counts[kind, status] for status in (KILLED, EQUIVALENT, SURVIVED)} for kind in kinds}

    def to_json(self) -> dict[str, Any]:
        """The report as plain JSON."""
        return {
            "simulator": self.simulator,
            "simulator_version": self.simulator_version,
            "seed": self.seed,
            "sequences": self.sequences,
            "steps": self.steps,
            "cores": list(self.cores),
            "possible": self.possible,
            "mutants": len(self.outcomes),
            "killed": self.count(KILLED),
            "equivalent": self.count(EQUIVALENT),
            "survived": self.count(SURVIVED),
            "score": self.score,
            "passed": self.passed,
            "kinds": self.kinds(),
            "outcomes": [asdict(outcome) | {"verilog": list(outcome.verilog)} for outcome in self.outcomes],
        }
