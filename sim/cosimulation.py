"""Co-simulation: a generated core and the integer reference on the same sequences, compared bit for bit."""

import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..errors import InputError
from ..quant.integer import IntegerNetwork
from .build import build_core
from .comparison import compare
from .description import CoreDescription, read_description
from .expectation import Expectation, expect
from .job import STREAM, TIMING, Phase
from .report import CosimulationReport
from .simulation import simulate
from .simulators import find_simulator
from .stalls import PATTERNS
from .timing import TIMED_LENGTHS, measure


def cosimulate(
    network: IntegerNetwork,
    core: str | os.PathLike[str],
    inputs: np.ndarray,
    *,
    lengths: Sequence[int] | np.ndarray | None = None,
    cut_beats: Sequence[int] | np.ndarray | None = None,
    simulator: str = "verilator",
    stalls: str = "random",
    seed: int = 0,
    states: bool = True,
    interrupted_clocks: int = 0,
    build_folder: str | os.PathLike[str] | None = None,
) -> CosimulationReport:
    """Stream ``inputs`` through a simulated core and compare all that comes out with the reference.

    Two runs: short sequences one by one with nothing held up, whose clocks must equal the formulas of the core's
    description exactly; then all sequences back to back with stalls at all ends of the streams.

    Parameters
    ----------
    network : what the core was generated from
    core : folder that holds the core's Verilog and description (``*.json``), or the description
    inputs : integers, shape ``(N, T, m)``; for ``input_kind`` ``index`` shape ``(N, T)``
    lengths : integers from 1 to T, shape ``(N,)``, optional
        Steps of each sequence; all T unless given.
    cut_beats : integers, shape ``(N,)``, optional
        Where not 0 the sequence is malformed: ``tlast`` comes with this beat of its last step, before the step is
        whole. The core must drop the step, send no result, pulse ``error`` and be ready for the next sequence.
    simulator : ``"verilator"`` or ``"icarus"``
    stalls : ``"none"``, ``"random"`` or ``"worst"`` (:mod:`~hadamrnn.sim.stalls`)
    seed : of the stalls and of the timed run
    states : whether to compare every state too; needs a core with ``trace``
    interrupted_clocks : clocks of an unfinished sequence, ended by a reset, before the second run
    build_folder : keeps compiled simulations for further calls; without it the core is compiled each time

    Raises
    ------
    InputError
        Inputs or options that cannot be used, a core of another network, a simulator or compiler that is not there.
    SimulationError
        The core could not be compiled, or the simulation ended without a verdict.
    """
    start = time.perf_counter()
    description = read_description(core)
    _check(network, description, stalls, states, interrupted_clocks)
    expected = {
        STREAM: expect(network, description, inputs, lengths, cut_beats, states=states),
        TIMING: expect(network, description, _timed_inputs(network, seed), TIMED_LENGTHS, states=states),
    }
    phases = _phases(description, expected, stalls=stalls, seed=seed, interrupted_clocks=interrupted_clocks)
    found = find_simulator(simulator)
    with tempfile.TemporaryDirectory(prefix="hadamrnn-") as scratch:
        build_start = time.perf_counter()
        build = build_core(found, description.verilog, description.name, Path(build_folder or Path(scratch, "build")))
        build_seconds = time.perf_counter() - build_start
        records = simulate(found, build, description.name, phases, Path(scratch))
    comparisons = {name: compare(expected[name], records[name], description.lanes) for name in expected}
    timing = measure(description, expected[TIMING], records[TIMING])
    first = [(name, difference) for name, comparison in comparisons.items() for difference in comparison.first]
    problems = [f"{'timed run, ' * (name == TIMING)}{difference}" for name, difference in first]
    violations = [f"{name} run: {record.violation}" for name, record in records.items() if record.violation]
    return CosimulationReport(
        simulator=found.name,
        simulator_version=found.version,
        stalls=stalls,
        seed=seed,
        verilog_as_generated=description.as_generated,
        sequences=len(expected[STREAM].sequences),
        steps=len(expected[STREAM].step_number),
        states_compared=sum(comparison.states for comparison in comparisons.values()),
        results_compared=sum(comparison.results for comparison in comparisons.values()),
        saturations=expected[STREAM].saturations,
        differences=sum(comparison.differences for comparison in comparisons.values()),
        first_difference=problems[0] if problems else None,
        first_difference_fields=first[0][1].to_json() if first else None,
        problems=(*problems, *violations, *timing.problems),
        cycles_per_step=timing.cycles_per_step,
        formula_cycles_per_step=description.cycles_per_step,
        sequence_latency=timing.sequence_latency,
        formula_sequence_latency=description.sequence_latency(TIMED_LENGTHS[-1]),
        latency_steps=TIMED_LENGTHS[-1],
        clocks=sum(record.clocks for record in records.values()),
        build_seconds=build_seconds,
        simulation_seconds=sum(record.seconds for record in records.values()),
        seconds=time.perf_counter() - start,
    )


def _phases(
    description: CoreDescription, expected: dict[str, Expectation], *, stalls: str, seed: int, interrupted_clocks: int
) -> tuple[Phase, Phase]:
    cycles, latency = description.cycles_per_step, description.latency_of_one_step
    patience = 1000 + 2 * (cycles + latency)  # random stalls of all ports together stay far below 1000 clocks
    timed = Phase(
        name=TIMING, sequences=expected[TIMING].sequences, alone=True, settle=32 + 2 * cycles, patience=patience
    )
    streamed = Phase(
        name=STREAM,
        sequences=expected[STREAM].sequences,
        alone=False,
        settle=32 + cycles + latency,
        patience=patience,
        stalls=stalls,
        seed=seed,
        interrupted_clocks=interrupted_clocks,
    )
    return timed, streamed


def _check(
    network: IntegerNetwork, description: CoreDescription, stalls: str, states: bool, interrupted_clocks: int
) -> None:
    description.check_network(network)
    if stalls not in PATTERNS:
        raise InputError(f"stalls must be one of {', '.join(PATTERNS)}, not {stalls!r}")
    if states and not description.trace:
        raise InputError(
            f"{description.name} has no trace port: generate it with trace, or compare results only (states false)"
        )
    if type(interrupted_clocks) is not int or interrupted_clocks < 0:
        raise InputError(f"interrupted_clocks must be an integer of at least 0, not {interrupted_clocks!r}")


def _timed_inputs(network: IntegerNetwork, seed: int) -> np.ndarray:
    shape = (len(TIMED_LENGTHS), max(TIMED_LENGTHS)) + (network.input_size,) * (network.input_kind == "vector")
    return np.random.default_rng(seed).integers(*network.input_range, shape, endpoint=True)
