"""The adding problem: the sum of two marked values among many (Hochreiter and Schmidhuber 1997)."""

from collections.abc import Callable

import numpy as np

from ...errors import InputError
from ..shape import check_positive
from ..split import Batch, GeneratedSplit
from ..task import SPLITS, Task

SEEDS = {split: 2000 + number for number, split in enumerate(SPLITS)}


def load(
    steps: int = 1000, sequences: int = 100_000, validation_sequences: int = 2_000, test_sequences: int = 2_000
) -> Task:
    """Two values a step: m = 2, the first uniform in [0, 1), the second a mark, 1 in two steps and else 0.

    One step of the first ⌊T/2⌋ is marked and one of the others, each with equal probability; the target, after the last
    step, is the sum of the two values marked. A regression, as in Arjovsky, Shah and Bengio (2016, arXiv:1511.06464):
    always answering 1 gives a mean squared error of 1/6 (0.167), the variance of that sum.

    Sequences are generated when they are read, of numbers that depend on split, sequence and step alone
    (:func:`random_bits`), so they are always the same. Values are multiples of 2^−24.

    Raises
    ------
    InputError
        If a number is not positive or ``steps`` is 1.
    """
    counts = {"sequences": sequences, "validation_sequences": validation_sequences, "test_sequences": test_sequences}
    check_positive(steps=steps, **counts)
    if steps < 2:
        raise InputError(f"steps must be at least 2, not {steps}")
    train, validation, test = (
        GeneratedSplit(count, sequence_generator(steps, seed))
        for count, seed in zip(counts.values(), SEEDS.values(), strict=True)
    )
    return Task(
        name="adding",
        options={"steps": steps, **counts},
        train=train,
        validation=validation,
        test=test,
        objective="regression",
    )


def sequence_generator(steps: int, seed: int) -> Callable[[np.ndarray], Batch]:
    """The function that makes ``x`` of shape ``(batch, steps, 2)`` and ``y`` of shape ``(batch, 1)`` for indices."""
    halves = ((0, steps // 2), (steps // 2, steps - steps // 2))  # first step and size

    def generate(indices: np.ndarray) -> Batch:
        rows = np.arange(len(indices))
        positions = np.asarray(indices, np.uint64)[:, None] * np.uint64(steps + 2) + np.arange(
            steps + 2, dtype=np.uint64
        )
        bits = random_bits(positions, seed)
        x = np.zeros((len(indices), steps, 2), np.float32)
        x[:, :, 0] = (bits[:, 2:] >> np.uint64(40)) * 2.0**-24
        y = np.zeros((len(indices), 1), np.float32)
        for column, (first, size) in enumerate(halves):
            marked = first + (bits[:, column] % np.uint64(size)).astype(np.int64)
            x[rows, marked, 1] = 1
            y[:, 0] += x[rows, marked, 0]
        return x, y, None

    return generate


def random_bits(positions: np.ndarray, seed: int) -> np.ndarray:
    """64 random bits for each of ``positions``, uint64: element ``positions`` of the SplitMix64 stream of ``seed``.

    Random access, where a generator would have to run up to the sequence that is asked for. The start of the stream is
    itself mixed, so that those of neighbouring seeds do not overlap. Source: Steele, Lea and Flood, "Fast Splittable
    Pseudorandom Number Generators" (OOPSLA 2014), its figure 17 with the 64-bit variant 13 of the mixing function.
    """
    start = _mixed(np.array([seed], np.uint64))
    return _mixed(start + (positions + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15))


def _mixed(z: np.ndarray) -> np.ndarray:
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))
