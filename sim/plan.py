"""What a co-simulation streams, as the runs of its bench and what each must bring."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..quant.integer import FrozenNetwork
from .description import CoreDescription
from .interleaving import Channel, compare_channels, expect_channels, streamed
from .job import Phase, Record
from .phases import reset_inputs, reset_moments, reset_phase, stream_phase, timed_inputs, timing_phase
from .timing import Timing, measure, measure_channels, timed_channels
from .verdict import RunVerdict


@dataclass(frozen=True, kw_only=True)
class Stimulus:
    """What is streamed and how; those not named here as of :func:`~hadamrnn.sim.cosimulation.cosimulate`.

    Attributes
    ----------
    cut_beats : integers, shape ``(N,)``, optional
        Where not 0 the sequence is malformed: ``tlast`` comes with this beat of its last step, before the step is
        whole. The core must drop the step, send no result, pulse ``error`` and be ready for the next sequence.
    wrong_indices : integers from 0 to the length of each sequence, shape ``(N,)``, optional
        Where not 0 the sequence is malformed: instead of the index of that step (1 is the first) an index of m or more
        comes. The core must pulse ``error`` and drop that step and all that follow in the sequence.
    channels : integers from 0 to C − 1, shape ``(N,)``, optional
        The channel of each sequence of a core with several; 0, 1, … in turn unless given. Each channel streams its own
        in their order, with stalls and gaps of its own; a channel without any stays silent and must send nothing.
    """

    inputs: np.ndarray
    lengths: Sequence[int] | np.ndarray | None = None
    cut_beats: Sequence[int] | np.ndarray | None = None
    wrong_indices: Sequence[int] | np.ndarray | None = None
    channels: Sequence[int] | np.ndarray | None = None
    stalls: str = "random"
    seed: int = 0
    states: bool = True
    interrupted_clocks: int = 0
    resets: int = 0

    def part(self, sequences: slice) -> "Stimulus":
        """Some of the sequences, streamed in the same way."""
        names = ("inputs", "lengths", "cut_beats", "wrong_indices", "channels")
        values = {name: getattr(self, name) for name in names}
        return replace(self, **{name: value[sequences] for name, value in values.items() if value is not None})


@dataclass(frozen=True)
class PlannedRun:
    """A phase, what it must bring on each channel, and what its differences begin with."""

    phase: Phase
    expected: list[Channel]
    prefix: str = ""


def plan_runs(network: FrozenNetwork, description: CoreDescription, stimulus: Stimulus) -> list[PlannedRun]:
    """The runs, in the order in which their differences are told: with stalls, timed, with resets.

    Raises
    ------
    InputError
        Inputs that the network does not read, lengths and places that are none of theirs.
    """
    states, seed = stimulus.states, stimulus.seed
    of_sequence = {name: getattr(stimulus, name) for name in ("lengths", "cut_beats", "wrong_indices")}
    main = expect_channels(network, description, stimulus.inputs, stimulus.channels, of_sequence, states=states)
    runs = [
        PlannedRun(stream_phase(description, streamed(main), stimulus.stalls, seed, stimulus.interrupted_clocks), main),
        plan_timed(network, description, seed, states=states),
    ]
    if stimulus.resets:
        moments = reset_moments(description, stimulus.resets, seed)
        inputs, steps = reset_inputs(network, seed, len(moments))
        after = expect_channels(network, description, inputs, None, {"lengths": steps}, states=states)
        runs.append(PlannedRun(reset_phase(description, streamed(after), moments), after, "after a reset, "))
    return runs


def plan_timed(network: FrozenNetwork, description: CoreDescription, seed: int, *, states: bool) -> PlannedRun:
    """The timed run of random inputs."""
    inputs = timed_inputs(network, seed, description.channels)
    channels, lengths = zip(*timed_channels(description.channels), strict=True)
    expected = expect_channels(network, description, inputs, channels, {"lengths": lengths}, states=states)
    return PlannedRun(timing_phase(description, streamed(expected)), expected, "timed run, ")


def measured(description: CoreDescription, timed: PlannedRun, record: Record) -> Timing:
    """The clocks of the timed run against the formulas."""
    if description.channels == 1:
        (only,) = timed.expected
        assert only.expectation is not None
        return measure(description, only.expectation, record)
    return measure_channels(description, streamed(timed.expected), record)


def verdict(description: CoreDescription, run: PlannedRun, record: Record) -> RunVerdict:
    """All that came of a run compared with all that was expected."""
    return RunVerdict(
        name=f"{run.phase.name} run",
        prefix=run.prefix,
        comparison=compare_channels(run.expected, record, description.lanes),
        violation=record.violation,
        clocks=record.clocks,
        seconds=record.seconds,
        last_transfer=record.last_transfer,
    )
