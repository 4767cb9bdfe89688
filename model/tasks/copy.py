"""The copy task: remember some symbols for a long time, then repeat them (Hochreiter and Schmidhuber 1997)."""

from collections.abc import Callable

import numpy as np

from ...errors import InputError
from ..shape import check_positive
from ..split import Batch, GeneratedSplit
from ..task import SPLITS, Task

SEEDS = {split: 1000 + number for number, split in enumerate(SPLITS)}
LARGEST_ALPHABET = 256  # symbols are held as bytes


def load(
    steps: int = 1000,
    symbols: int = 10,
    alphabet: int = 8,
    sequences: int = 512_000,
    validation_sequences: int = 2_000,
    test_sequences: int = 2_000,
) -> Task:
    """One token a step, one label a step: T = ``steps``, m = ``alphabet`` + 2, ``alphabet`` + 1 classes.

    With K = ``symbols`` and a = ``alphabet``, steps counted from 0::

        steps    0 … K−1        K … T−K−2     T−K−1       T−K … T−1
        input    K symbols      blank         marker      blank
        label    blank          blank         blank       the K symbols, in their order

    Tokens 0 … a−1 are the symbols, a is the blank, a + 1 the marker; the classes are the first a + 1 of these. For
    T = 1000 and K = 10 that is 10 symbols, 979 blanks, the marker, 10 blanks: the form of Arjovsky, Shah and Bengio
    (2016, arXiv:1511.06464), whose own T, the time from the last symbol to the first answer, is the 980 steps between.

    The loss is the mean over all steps, so saying blank, and any symbol in the last K steps with equal probability,
    gives K · ln(a) / T (0.0208), and an accuracy of 1 − K/T + K/(T · a) (0.991). Of interest is the share of sequences
    with every label right.

    The symbols of every split are drawn uniformly, from a seed of its own (:data:`SEEDS`), and always the same; the
    sequences are generated from them when they are read. 512,000 of 1,000 steps take 5 MB.

    Raises
    ------
    InputError
        If a number is not positive, there are more than 256 symbols to choose from, or ``steps`` is below 2 K + 1.
    """
    counts = {"sequences": sequences, "validation_sequences": validation_sequences, "test_sequences": test_sequences}
    check_positive(steps=steps, symbols=symbols, alphabet=alphabet, **counts)
    if alphabet > LARGEST_ALPHABET:
        raise InputError(f"alphabet must be at most {LARGEST_ALPHABET}, not {alphabet}")
    if steps < 2 * symbols + 1:
        raise InputError(f"steps must be at least {2 * symbols + 1} to copy {symbols} symbols, not {steps}")
    train, validation, test = (
        GeneratedSplit(count, sequence_generator(drawn_symbols(count, symbols, alphabet, seed), steps, alphabet))
        for count, seed in zip(counts.values(), SEEDS.values(), strict=True)
    )
    return Task(
        name="copy",
        options={"steps": steps, "symbols": symbols, "alphabet": alphabet, **counts},
        train=train,
        validation=validation,
        test=test,
        labels=(*(str(symbol) for symbol in range(alphabet)), "blank"),
        readout="every",
        input_kind="index",
        vocabulary=alphabet + 2,
        blank=alphabet,
    )


def drawn_symbols(count: int, symbols: int, alphabet: int, seed: int) -> np.ndarray:
    """Symbols of ``count`` sequences, uint8 of shape ``(count, symbols)``; of a stream that numpy will not change."""
    return np.random.RandomState(seed).randint(0, alphabet, (count, symbols), np.uint8)


def sequence_generator(drawn: np.ndarray, steps: int, alphabet: int) -> Callable[[np.ndarray], Batch]:
    """The function that makes inputs and labels, both of shape ``(len(indices), steps)``, of symbols at ``indices``."""
    symbols = drawn.shape[1]

    def generate(indices: np.ndarray) -> Batch:
        chosen = drawn[indices]
        x = np.full((len(chosen), steps), alphabet, np.int32)
        y = np.full((len(chosen), steps), alphabet, np.int64)
        x[:, :symbols] = y[:, steps - symbols :] = chosen
        x[:, steps - symbols - 1] = alphabet + 1
        return x, y, None

    return generate
