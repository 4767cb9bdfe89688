"""A mutation test: faults drawn, each tried, what was not found examined, and the score of it all."""

import json
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from ...errors import InputError
from ...hw.core import HadamardCore
from ...hw.synthesis.executor import end_with_parent
from ...hw.verilog.generation import generate
from ..build import SimulationError
from ..extremes import extreme_inputs
from ..simulators import find_simulator
from .difference_tracking import tracked
from .equivalence import Proof, prove
from .mutants import MutableCore, Mutant, choose
from .report import MutationReport, Outcome
from .suite import Subject
from .trial import Trial
from .width_claims import WidthClaim, width_claim

_TOP = "hadamard_core"


@dataclass(frozen=True)
class _Task:
    """A mutant as text, with all that decides about it; fit to be sent to another process."""

    trial: Trial
    original: str
    verilog: str
    tracked: str | None
    claim: WidthClaim | None
    proof_seconds: int

    @classmethod
    def of(cls, trial: Trial, core: MutableCore, mutant: Mutant, proof_seconds: int) -> "_Task":
        description = json.loads((trial.folder / f"{_TOP}.json").read_text())
        module, cell = core.original(mutant)
        lanes, change = description["parameters"]["lanes"], mutant.change
        return cls(
            trial=trial,
            original=core.verilog,
            verilog=core.mutated(mutant),
            tracked=tracked(core.pair(mutant), description),
            claim=None if cell is None else width_claim(trial.network, lanes, module, cell, change),
            proof_seconds=proof_seconds,
        )

    def __call__(self) -> tuple[Any, Proof | None]:
        verdict = self.trial(self.verilog)
        if verdict.found:
            return verdict, None
        return verdict, self._proof()

    def _proof(self) -> Proof:
        said = None if self.claim is None else self.claim.proved(self.trial.network, self.proof_seconds)
        if said is not None:
            return Proof(True, said)
        description = json.loads((self.trial.folder / f"{_TOP}.json").read_text())
        with tempfile.TemporaryDirectory(prefix="hadamrnn-") as scratch:
            texts, folder = (self.original, self.verilog), Path(scratch)
            return prove(*texts, description, folder, self.proof_seconds, tracked=self.tracked)


@dataclass(frozen=True)
class _Drawn:
    """A mutant of a core, the lines in which its Verilog differs, and the task of trying it."""

    core: str
    mutant: Mutant
    difference: tuple[str, ...]
    task: _Task


def run_campaign(
    subjects: Sequence[Subject],
    count: int,
    *,
    seed: int = 0,
    simulator: str = "icarus",
    sequences: int = 12,
    steps: int = 10,
    proof_seconds: int = 120,
    jobs: int = 1,
    progress: Callable[[int], None] = lambda done: None,
) -> MutationReport:
    """Draw ``count`` mutants of the cores, as many of each core as of the others, and try them all.

    Parameters
    ----------
    seed : of the draw, the inputs and the stalls
    simulator : ``"icarus"``, quick to start, or ``"verilator"``, quick to run
    sequences, steps : of one attempt (:data:`~hadamrnn.sim.mutation.trial.ATTEMPTS`)
    proof_seconds : for the proof that a mutant that was not found is the same core
    jobs : processes at a time, at least 1; with more than one a script needs its ``if __name__ == "__main__"``
    progress : called with the number of mutants done, as it grows

    Raises
    ------
    InputError
        A number below 1, a simulator that is not there.
    SimulationError
        A core without a fault that the verification finds fault with: then no mutant says anything.
    """
    numbers = {"count": count, "sequences": sequences, "steps": steps, "proof_seconds": proof_seconds, "jobs": jobs}
    for name, value in numbers.items():
        if type(value) is not int or value < 1:
            raise InputError(f"{name} must be an integer of at least 1, not {value!r}")
    version = find_simulator(simulator).version
    attempt = {"simulator": simulator, "sequences": sequences, "steps": steps, "seed": seed}
    with tempfile.TemporaryDirectory(prefix="hadamrnn-") as scratch:
        drawn: list[_Drawn] = []
        possible = 0
        for number, subject in enumerate(subjects):
            trial, core = _sound_core(subject, Path(scratch, str(number)), attempt)
            share = count // len(subjects) + (number < count % len(subjects))
            possible += len(core.mutants)
            drawn += [
                _Drawn(subject.name, mutant, core.difference(mutant), _Task.of(trial, core, mutant, proof_seconds))
                for mutant in choose(core.mutants, share, seed)
            ]
        results = _run_all([one.task for one in drawn], min(jobs, len(drawn)), progress)
    outcomes = tuple(
        Outcome.of(one.core, one.mutant, one.difference, *result) for one, result in zip(drawn, results, strict=True)
    )
    return MutationReport(
        simulator=simulator,
        simulator_version=version,
        seed=seed,
        sequences=sequences,
        steps=steps,
        cores=tuple(subject.name for subject in subjects),
        possible=possible,
        outcomes=outcomes,
    )


def _sound_core(subject: Subject, folder: Path, attempt: dict[str, Any]) -> tuple[Trial, MutableCore]:
    """A core, generated into ``folder``, and how each of its mutants is tried; without a fault it must pass."""
    network = subject.network
    generate(network, subject.parameters, folder, _TOP)
    core = MutableCore(HadamardCore(network, subject.parameters), _TOP)
    extremes = extreme_inputs(network, attempt["seed"], steps=attempt["steps"])
    trial = Trial(network=network, folder=folder, extremes=extremes, **attempt)
    verdict = trial(core.verilog)
    if verdict.found:
        raise SimulationError(f"the core without a fault ({subject.name}) fails its verification: {verdict.message}")
    return trial, core


def _run_all(tasks: list[_Task], jobs: int, progress: Callable[[int], None]) -> list[tuple[Any, Proof | None]]:
    results = []
    # Not forked: the caller may have threads.
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=end_with_parent) as pool:
        outcomes = pool.map(_run, tasks) if jobs > 1 else map(_run, tasks)
        for result in outcomes:
            results.append(result)
            progress(len(results))
    return results


_run = partial(_Task.__call__)
