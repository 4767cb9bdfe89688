"""The runs of a co-simulation as phases of a test bench: one timed, one with stalls, one with resets."""

import random

import numpy as np

from ..quant.integer import FrozenNetwork
from .description import CoreDescription
from .job import RESETS, STREAM, TIMING, Phase, Sequence
from .stimulus import corner_inputs
from .timing import timed_batches, timed_channels


def timed_inputs(network: FrozenNetwork, seed: int, channels: int = 1) -> np.ndarray:
    """Random sequences for the timed run, one for each of :func:`~hadamrnn.sim.timing.timed_channels`."""
    lengths = [length for _, length in timed_channels(channels)]
    shape = (len(lengths), max(lengths)) + (network.input_size,) * (network.input_kind == "vector")
    return np.random.default_rng(seed).integers(*network.input_range, shape, endpoint=True)


def timing_phase(description: CoreDescription, sequences: tuple[Sequence, ...]) -> Phase:
    """Sequence after sequence, each alone, with nothing held up; then, of several channels, one of each at once."""
    return Phase(
        name=TIMING,
        sequences=sequences,
        alone=True,
        settle=32 + 2 * description.cycles_per_step,
        patience=_patience(description),
        batch_sizes=timed_batches(description.channels),
    )


def stream_phase(
    description: CoreDescription, sequences: tuple[Sequence, ...], stalls: str, seed: int, interrupted_clocks: int = 0
) -> Phase:
    """All sequences back to back; parameters as of :func:`~hadamrnn.sim.cosimulation.cosimulate`."""
    return Phase(
        name=STREAM,
        sequences=sequences,
        alone=False,
        settle=32 + description.cycles_per_step + description.latency_of_one_step,
        patience=_patience(description),
        stalls=stalls,
        seed=seed,
        interrupted_clocks=interrupted_clocks,
    )


def reset_moments(description: CoreDescription, most: int, seed: int) -> tuple[int, ...]:
    """Clocks after which a reset comes: all moments until the second step of a second sequence, or ``most`` of them."""
    last = description.latency_of_one_step + 3 * description.cycles_per_step
    if last <= most:
        return tuple(range(1, last + 1))
    return tuple(sorted(random.Random(seed).sample(range(1, last + 1), most)))


def reset_inputs(network: FrozenNetwork, seed: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Sequences of one and of two steps in turn, and their lengths: one for each reset."""
    inputs, _ = corner_inputs(network, seed + 1, sequences=count, steps=2)
    return inputs, 1 + np.arange(count) % 2


def reset_phase(description: CoreDescription, sequences: tuple[Sequence, ...], moments: tuple[int, ...]) -> Phase:
    """Sequence after sequence, each after a reset that comes ``moments`` clocks into others; nothing held up."""
    return Phase(
        name=RESETS,
        sequences=sequences,
        alone=True,
        settle=4,
        patience=_patience(description),
        interruptions=moments,
    )


def _patience(description: CoreDescription) -> int:
    """Random stalls of all ports together stay far below 1000 clocks."""
    return 1000 + 2 * (description.cycles_per_step + description.latency_of_one_step)
