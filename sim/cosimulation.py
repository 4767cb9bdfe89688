"""Co-simulation: a generated core and the integer reference on the same sequences, compared bit for bit."""

import os
import tempfile
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import numpy as np

from ..errors import InputError
from ..hw.synthesis.mapped_netlist import check_models, mapped_netlist
from ..hw.targets.catalogue import get_target
from ..hw.targets.target import Target
from ..quant.integer import FrozenNetwork
from .build import build_core
from .description import CoreDescription, read_description
from .functional_coverage import functional_coverage
from .job import STREAM, TIMING, Record
from .plan import PlannedRun, Stimulus, measured, plan_runs, verdict
from .report import CosimulationReport
from .simulation import simulate
from .simulators import find_simulator
from .stalls import check_pattern
from .verdict import Bench, Streamed, sum_up


def cosimulate(
    network: FrozenNetwork,
    core: str | os.PathLike[str],
    inputs: np.ndarray,
    *,
    lengths: Sequence[int] | np.ndarray | None = None,
    cut_beats: Sequence[int] | np.ndarray | None = None,
    wrong_indices: Sequence[int] | np.ndarray | None = None,
    channels: Sequence[int] | np.ndarray | None = None,
    simulator: str = "verilator",
    stalls: str = "random",
    seed: int = 0,
    states: bool = True,
    interrupted_clocks: int = 0,
    resets: int = 0,
    netlist: str | None = None,
    build_folder: str | os.PathLike[str] | None = None,
) -> CosimulationReport:
    """Stream ``inputs`` through a simulated core and compare all that comes out with the reference.

    Two runs: short sequences one by one with nothing held up, whose clocks must equal the formulas of the core's
    description exactly; then all sequences back to back with stalls at all ends of the streams. A third one, where
    ``resets`` are asked for, resets the core at many moments.

    Parameters
    ----------
    network : what the core was generated from
    core : folder that holds the core's Verilog and description (``*.json``), or the description
    inputs : integers, shape ``(N, T, m)``; for ``input_kind`` ``index`` shape ``(N, T)``
    lengths : integers from 1 to T, shape ``(N,)``, optional
        Steps of each sequence; all T unless given.
    cut_beats, wrong_indices, channels : integers, shape ``(N,)``, optional
        Malformed sequences, and the channel of each, as of :class:`~.plan.Stimulus`.
    simulator : ``"verilator"`` or ``"icarus"``
    stalls : ``"none"``, ``"random"`` or ``"worst"`` (:mod:`~hadamrnn.sim.stalls`)
    seed : of the stalls and of the timed run
    states : whether to compare every state too; needs a core with ``trace``
    interrupted_clocks : clocks of unfinished sequences, ended by a reset, before the second run
    resets : resets of a third run, each in the middle of sequences, at every moment from the first clock on or, where
        that is more, at so many moments drawn from them; a sequence follows each, and must be as if it were the first
    netlist : name of a target (:mod:`~hadamrnn.hw.targets.catalogue`) of family ice40 or ecp5; the netlist that Yosys
        maps the Verilog to is simulated in its place, on Icarus
    build_folder : keeps compiled simulations for further calls; without it the core is compiled each time

    Raises
    ------
    InputError
        Inputs, options or a netlist that cannot be used, a core of another network, no simulator or no compiler.
    SimulationError
        The core could not be compiled, or the simulation ended without a verdict.
    """
    start = time.perf_counter()
    description = read_description(core)
    check_options(network, description, stalls, states, interrupted_clocks, resets)
    target = None if netlist is None else _netlist_target(netlist, simulator)
    stimulus = Stimulus(
        inputs=inputs,
        lengths=lengths,
        cut_beats=cut_beats,
        wrong_indices=wrong_indices,
        channels=channels,
        stalls=stalls,
        seed=seed,
        states=states,
        interrupted_clocks=interrupted_clocks,
        resets=resets,
    )
    runs = plan_runs(network, description, stimulus)
    bench, records = _run(description, stimulus, runs, simulator, build_folder, target, start)
    return _report(network, description, stimulus, bench, runs, records)


def _run(
    description: CoreDescription,
    stimulus: Stimulus,
    runs: Sequence[PlannedRun],
    simulator: str,
    build_folder: str | os.PathLike[str] | None,
    target: Target | None,
    start: float,
) -> tuple[Bench, dict[str, Record]]:
    """Compile the core, or its netlist for ``target``, and simulate it; ``start`` is when the whole began."""
    found = find_simulator(simulator)
    with tempfile.TemporaryDirectory(prefix="hadamrnn-") as scratch:
        build_start, mapped = time.perf_counter(), None
        copied, digest = description.with_copy(Path(scratch))
        verilog = copied.verilog
        if target is not None:
            mapped = mapped_netlist(verilog, description.name, target)
            verilog = Path(scratch, "netlist.v")
            verilog.write_text(mapped.verilog, encoding="utf-8")
        build = build_core(found, verilog, description.name, Path(build_folder or Path(scratch, "build")))
        build_seconds = time.perf_counter() - build_start
        phases = sorted((run.phase for run in runs), key=lambda phase: phase.name != TIMING)  # the cycle counts first
        records = simulate(found, build, description.name, phases, Path(scratch))
    bench = Bench(
        engine="cocotb",
        engine_version=version("cocotb"),
        simulator=found.name,
        simulator_version=found.version,
        verilog_sha256=digest,
        stalls=stimulus.stalls,
        seed=stimulus.seed,
        build_seconds=build_seconds,
        start=start,
        netlist=None if mapped is None else mapped.to_json(),
    )
    return bench, records


def _report(
    network: FrozenNetwork,
    description: CoreDescription,
    stimulus: Stimulus,
    bench: Bench,
    runs: Sequence[PlannedRun],
    records: dict[str, Record],
) -> CosimulationReport:
    """Compare what came out of all runs with what was expected, and sum it up."""
    verdicts = [verdict(description, run, records[run.phase.name]) for run in runs]
    expected = {run.phase.name: run.expected for run in runs}
    (timed,) = (run for run in runs if run.phase.name == TIMING)
    streams = [channel.expectation for channel in expected[STREAM] if channel.expectation is not None]
    return sum_up(
        network,
        description,
        bench,
        Streamed(
            sequences=sum(len(stream.sequences) for stream in streams),
            sequences_with_states=sum(len(stream.sequences) for stream in streams if stream.states is not None),
            steps=sum(len(stream.step_number) for stream in streams),
            saturations=sum(stream.saturations for stream in streams),
            resets=sum(len(run.phase.interruptions) for run in runs) + bool(runs[0].phase.interrupted_clocks),
            coverage=functional_coverage(network, description, stimulus, runs, records),
        ),
        verdicts,
        measured(description, timed, records[TIMING]),
    )


def _netlist_target(name: str, simulator: str) -> Target:
    """The target of that name, if its netlists can be simulated."""
    target = get_target(name)
    check_models(target)
    if simulator != "icarus":
        raise InputError(f"simulator must be icarus where a netlist is simulated, not {simulator!r}")
    return target


def check_options(
    network: FrozenNetwork,
    description: CoreDescription,
    stalls: str,
    states: bool,
    interrupted_clocks: int,
    resets: int = 0,
) -> None:
    """Refuse, with an :class:`~hadamrnn.errors.InputError`, what cannot be co-simulated."""
    description.check_network(network)
    description.wrong_figures(network)  # refuses parameters that are none; what it finds is for the report
    check_pattern(stalls)
    if states and not description.trace:
        raise InputError(
            f"{description.name} has no trace port: generate it with trace, or compare results only (states false)"
        )
    for name, value in (("interrupted_clocks", interrupted_clocks), ("resets", resets)):
        if type(value) is not int or value < 0:
            raise InputError(f"{name} must be an integer of at least 0, not {value!r}")
