"""A data set in chunks: each is run through the core from a reset on, and compared, by itself."""

import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Protocol

import numpy as np

from ...hw.synthesis.executor import end_with_parent
from ...quant.integer import FrozenNetwork
from ..build import SimulationError
from ..comparison import Comparison
from ..description import CoreDescription
from ..interleaving import compare_channels, expect_channels, streamed
from ..phases import stream_phase
from .data_set import Chunk
from .simulation import simulate


class Keeper(Protocol):
    """Keeps verdicts for a run that may be interrupted (:mod:`.resumption`)."""

    def find(self, chunk: Chunk) -> "Outcome | None":
        """The verdict of a chunk, if an earlier run came so far."""
        ...

    def keep(self, outcome: "Outcome") -> None:
        """Keep the verdict of a chunk."""
        ...


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of a chunk.

    Attributes
    ----------
    first, sequences, steps : of the chunk; steps that the core finishes
    comparison : with the numbers of sequences in the data set; clocks count from the reset before the chunk
    violation : of a rule of the streams, or where the core stood still; empty if neither
    saturations : states that the reference clipped
    clocks, seconds : simulated, and their wall time
    resumed : whether an earlier run, which was interrupted, had done and kept it
    """

    first: int
    sequences: int
    steps: int
    comparison: Comparison
    violation: str
    saturations: int
    clocks: int
    seconds: float
    resumed: bool = False

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong."""
        return not self.comparison.first and not self.violation


@dataclass(frozen=True, kw_only=True)
class ChunkRun:
    """How chunks are run: everything but the chunk, and fit to be sent to another process.

    Attributes
    ----------
    program : the core of ``description``, compiled
    stalls, seed, states : as of :func:`~hadamrnn.sim.native.verification.verify`
    """

    network: FrozenNetwork
    description: CoreDescription
    program: Path
    stalls: str
    seed: int
    states: bool

    def __call__(self, chunk: Chunk) -> Outcome:
        """Run one chunk and compare all that comes out."""
        expected = expect_channels(
            self.network, self.description, chunk.inputs, chunk.channels, chunk.of_sequence, states=self.states
        )
        streams = [channel.expectation for channel in expected if channel.expectation is not None]
        # Each chunk has stalls of its own, the same in every run whatever the number of processes.
        seed = int(np.random.SeedSequence((self.seed, chunk.first)).generate_state(1)[0])
        phase = stream_phase(self.description, streamed(expected), self.stalls, seed)
        with tempfile.TemporaryDirectory(prefix="hadamrnn-") as scratch:
            record = simulate(self.program, self.description, phase, Path(scratch), record_rows=self.states)
        comparison = compare_channels(expected, record, self.description.lanes)
        first = tuple(
            difference
            if difference.sequence is None
            else replace(difference, sequence=difference.sequence + chunk.first)
            for difference in comparison.first
        )
        return Outcome(
            first=chunk.first,
            sequences=len(chunk.inputs),
            steps=sum(len(stream.step_number) for stream in streams),
            comparison=replace(comparison, first=first),
            violation=record.violation,
            saturations=sum(stream.saturations for stream in streams),
            clocks=record.clocks,
            seconds=record.seconds,
        )


def run_chunks(
    run: ChunkRun, chunks: Iterator[Chunk], jobs: int, progress: Callable[[int], None], keeper: Keeper | None = None
) -> list[Outcome]:
    """Run chunks in their order, ``jobs`` at a time, until all are done or one has failed.

    After a failure those that have begun come to their end, so that the first failure in order is among them.

    Parameters
    ----------
    progress : called with the number of sequences done
    keeper : keeps verdicts as they come, and has those of chunks that need not run again

    Returns
    -------
    list
        In order of sequences.

    Raises
    ------
    SimulationError
        A process was killed.
    """
    outcomes: list[Outcome] = []

    def take(outcome: Outcome) -> None:
        outcomes.append(outcome)
        if keeper is not None:
            keeper.keep(outcome)
        progress(sum(outcome.sequences for outcome in outcomes))

    def still_to_do() -> Iterator[Chunk]:
        for chunk in chunks:
            found = None if keeper is None else keeper.find(chunk)
            if found is None:
                yield chunk
            else:
                take(found)

    if jobs == 1:
        for chunk in still_to_do():
            take(run(chunk))
            if not outcomes[-1].passed:
                break
    else:
        _run_side_by_side(run, still_to_do(), jobs, take)
    return sorted(outcomes, key=lambda outcome: outcome.first)


def _run_side_by_side(run: ChunkRun, chunks: Iterator[Chunk], jobs: int, take: Callable[[Outcome], None]) -> None:
    passed = True
    # Not forked: the caller may have threads.
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=end_with_parent) as pool:
        running: set[Future[Outcome]] = set()
        while True:
            while len(running) < jobs and passed:
                chunk = next(chunks, None)
                if chunk is None:
                    break
                running.add(pool.submit(run, chunk))
            if not running:
                return
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                try:
                    outcome = future.result()
                except BrokenExecutor as error:
                    raise SimulationError("a process of the simulation was killed: no verdict") from error
                take(outcome)
                passed &= outcome.passed
