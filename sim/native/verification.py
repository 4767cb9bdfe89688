"""Co-simulation of whole data sets: a generated core as a native program, and the integer reference, bit for bit."""

import os
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from ...errors import InputError
from ...quant.integer import FrozenNetwork
from ..cosimulation import check_options
from ..description import CoreDescription, read_description
from ..plan import measured, plan_timed, verdict
from ..report import CosimulationReport
from ..timing import Timing
from ..verdict import Bench, RunVerdict, Streamed, sum_up
from .build import build_program, driver_version, find_compiler
from .chunks import ChunkRun, Outcome, run_chunks
from .data_set import chunk_size, data_set
from .resumption import WorkFolder
from .simulation import simulate


def verify(
    network: FrozenNetwork,
    core: str | os.PathLike[str],
    inputs: np.ndarray,
    *,
    lengths: Sequence[int] | np.ndarray | None = None,
    cut_beats: Sequence[int] | np.ndarray | None = None,
    wrong_indices: Sequence[int] | np.ndarray | None = None,
    channels: Sequence[int] | np.ndarray | None = None,
    stalls: str = "random",
    seed: int = 0,
    states: bool = True,
    jobs: int = 1,
    sequences_per_chunk: int | None = None,
    build_folder: str | os.PathLike[str] | None = None,
    work_folder: WorkFolder | None = None,
    progress: Callable[[int], None] = lambda done: None,
) -> CosimulationReport:
    """Stream ``inputs`` through a core and compare all that comes out with the reference.

    The same two runs as :func:`~hadamrnn.sim.cosimulation.cosimulate` makes, the second one in chunks of sequences,
    each from a reset on and with stalls of its own. Chunks that have not begun when one fails are not run: the report
    counts what was.

    Parameters
    ----------
    network, core, inputs, lengths, cut_beats, wrong_indices, channels, stalls, states, build_folder :
        as of :func:`~hadamrnn.sim.cosimulation.cosimulate`
    seed : of the stalls and of the timed run; equal seeds and chunks stall equally, whatever ``jobs``
    jobs : processes at a time, at least 1; with more than one a script needs its ``if __name__ == "__main__"``
    sequences_per_chunk : at least 1; as many as fit into some 64 MiB unless given
    work_folder : keeps the verdicts of chunks as they come, for a run that goes on where this one was interrupted, with
        the same chunks whatever ``jobs``; the caller discards it in the end
    progress : called with the number of sequences done, as it grows

    Raises
    ------
    InputError
        Inputs or options that cannot be used, a core of another network, no Verilator or compiler, a port that the
        driver does not know.
    SimulationError
        The core could not be compiled, or its program ended without a record.
    """
    start = time.perf_counter()
    description = read_description(core)
    check_options(network, description, stalls, states, 0)
    _check_counts(jobs, sequences_per_chunk)
    available = description.channels
    whole = data_set(network, inputs, lengths, cut_beats, wrong_indices, channels, available=available)
    size = sequences_per_chunk or chunk_size(network, whole, states=states, jobs=jobs, channels=available)
    with tempfile.TemporaryDirectory(prefix="hadamrnn-") as scratch:
        builds = Path(build_folder or Path(scratch, "build"))
        folders = builds, Path(scratch, "build")  # the second where the first cannot be written to
        program, bench = _compiled(description, folders, stalls=stalls, seed=seed, start=start)
        run = ChunkRun(
            network=network, description=description, program=program, stalls=stalls, seed=seed, states=states
        )
        timed, timing = _timed_run(run, Path(scratch))
        kept = None if work_folder is None else work_folder.open(run, whole, size)
        if kept is not None and sequences_per_chunk is None:
            size = kept.sequences_per_chunk
        outcomes = run_chunks(run, whole.split(size), min(jobs, -(-len(whole.inputs) // size)), progress, kept)
    return _report(network, description, bench, outcomes, timed, timing, states=states)


def _check_counts(jobs: int, sequences_per_chunk: int | None) -> None:
    for name, value in (("jobs", jobs), ("sequences_per_chunk", sequences_per_chunk)):
        if value is not None and (type(value) is not int or value < 1):
            raise InputError(f"{name} must be an integer of at least 1, not {value!r}")


def _compiled(
    description: CoreDescription, folders: tuple[Path, Path], *, stalls: str, seed: int, start: float
) -> tuple[Path, Bench]:
    simulator = find_compiler()
    build_start = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="hadamrnn-") as scratch:
        copied, digest = description.with_copy(Path(scratch))
        try:
            program = build_program(simulator, copied, folders[0])
        except OSError:
            program = build_program(simulator, copied, folders[1])
    bench = Bench(
        engine="native",
        engine_version=driver_version(),
        simulator=simulator.name,
        simulator_version=simulator.version,
        verilog_sha256=digest,
        stalls=stalls,
        seed=seed,
        build_seconds=time.perf_counter() - build_start,
        start=start,
    )
    return program, bench


def _timed_run(run: ChunkRun, folder: Path) -> tuple[RunVerdict, Timing]:
    timed = plan_timed(run.network, run.description, run.seed, states=run.states)
    # Rows are recorded without states too: their clocks are what steps are apart.
    record = simulate(run.program, run.description, timed.phase, folder)
    return verdict(run.description, timed, record), measured(run.description, timed, record)


def _report(
    network: FrozenNetwork,
    description: CoreDescription,
    bench: Bench,
    outcomes: list[Outcome],
    timed: RunVerdict,
    timing: Timing,
    *,
    states: bool,
) -> CosimulationReport:
    runs = [
        RunVerdict(
            name=f"stream run, sequences {outcome.first} to {outcome.first + outcome.sequences - 1}",
            comparison=outcome.comparison,
            violation=outcome.violation,
            clocks=outcome.clocks,
            seconds=outcome.seconds,
        )
        for outcome in outcomes
    ]
    sequences = sum(outcome.sequences for outcome in outcomes)
    streamed = Streamed(
        sequences=sequences,
        sequences_with_states=sequences * states,
        sequences_resumed=sum(outcome.sequences for outcome in outcomes if outcome.resumed),
        steps=sum(outcome.steps for outcome in outcomes),
        saturations=sum(outcome.saturations for outcome in outcomes),
    )
    return sum_up(network, description, bench, streamed, [*runs, timed], timing)
