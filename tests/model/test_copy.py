"""The copy task: where symbols, marker and blanks stand, and what the trivial answer gives."""

import math
import pickle
from typing import Any

import numpy as np
import pytest
import torch

from hadamrnn.errors import InputError
from hadamrnn.model.objective import score
from hadamrnn.model.task import SPLITS
from hadamrnn.model.tasks import load_task
from hadamrnn.model.tasks.copy import drawn_symbols, sequence_generator

SMALL = {"sequences": 50, "validation_sequences": 20, "test_sequences": 30}


def test_sequence_by_hand() -> None:
    generate = sequence_generator(np.array([[9, 9, 9], [4, 0, 2]], np.uint8), steps=10, alphabet=5)
    x, y, lengths = generate(np.array([1]))
    assert x.tolist() == [[4, 0, 2, 5, 5, 5, 6, 5, 5, 5]]
    assert y.tolist() == [[5, 5, 5, 5, 5, 5, 5, 4, 0, 2]]
    assert (x.dtype, y.dtype, lengths) == (np.int32, np.int64, None)


def test_published_form() -> None:
    task = load_task("copy")
    assert (task.steps, task.input_size, task.vocabulary, task.output_size) == (1000, 10, 10, 9)
    assert (task.objective, task.readout, task.input_kind) == ("classification", "every", "index")
    assert task.labels == ("0", "1", "2", "3", "4", "5", "6", "7", "blank")
    assert [len(getattr(task, split)) for split in SPLITS] == [512_000, 2_000, 2_000]
    x, y, _ = task.train.batch(np.array([511_999, 0]))
    assert x.shape == y.shape == (2, 1000)
    for tokens, labels in zip(x, y, strict=True):
        assert (tokens[:10] < 8).all()
        assert (tokens[10:989] == 8).all()
        assert tokens[989] == 9
        assert (tokens[990:] == 8).all()
        assert (labels[:990] == 8).all()
        assert np.array_equal(labels[990:], tokens[:10])


def test_shortest_sequence_has_a_marker_and_no_blank_before_it() -> None:
    x, y, _ = load_task("copy", steps=5, symbols=2, alphabet=1, **SMALL).test.batch(np.array([0]))
    assert x.tolist() == [[0, 0, 2, 1, 1]]
    assert y.tolist() == [[1, 1, 1, 0, 0]]


def test_trivial_answer_gives_what_is_published() -> None:
    """Blank with certainty, or any symbol with equal probability: K ln(a) / T."""
    task = load_task("copy", **SMALL)
    logits = torch.full((30, 1000, 9), -1e4)
    logits[:, :990, 8] = 0
    logits[:, 990:, :8] = 0
    found = score(logits.double(), torch.from_numpy(task.test.y))
    assert float(found.loss) == pytest.approx(10 * math.log(8) / 1000, rel=1e-12)
    assert 0.99 <= found.right / found.counted < 0.993
    assert found.sequences_right == 0


def test_symbols_are_uniform_and_differ_between_splits_and_sequences() -> None:
    task = load_task("copy", steps=30)
    drawn = [getattr(task, split).batch(np.arange(2000))[0][:, :10] for split in SPLITS]
    for symbols in drawn:
        assert np.abs(np.bincount(symbols.ravel(), minlength=8) / 20_000 - 1 / 8).max() < 0.01
        assert len(np.unique(symbols, axis=0)) == 2000
    for one, other in ((0, 1), (0, 2), (1, 2)):
        assert abs(np.mean(drawn[one] == drawn[other]) - 1 / 8) < 0.01


def test_data_never_change() -> None:
    assert drawn_symbols(1, 10, 8, 1000).tolist() == [[3, 5, 1, 7, 7, 2, 5, 4, 7, 0]]
    long, short = load_task("copy", **SMALL), load_task("copy", steps=40, **SMALL)
    assert np.array_equal(long.test.x[:, :10], short.test.x[:, :10])
    assert load_task("copy", **short.options).options == short.options


def test_batches_are_the_rows_of_the_whole() -> None:
    split = load_task("copy", steps=40, **SMALL).validation
    indices = np.array([7, 0, 19, 7])
    x, y, lengths = split.batch(indices)
    assert np.array_equal(x, split.x[indices])
    assert np.array_equal(y, split.y[indices])
    assert (lengths, split.lengths) == (None, None)


def test_half_a_million_sequences_take_five_megabytes() -> None:
    assert len(pickle.dumps(drawn_symbols(512_000, 10, 8, 0))) < 5.2e6


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps": 20}, "steps must be at least 21 to copy 10 symbols, not 20"),
        ({"alphabet": 257}, "alphabet must be at most 256, not 257"),
        ({"symbols": 0}, "symbols must be a positive integer, not 0"),
        ({"test_sequences": 0}, "test_sequences must be a positive integer, not 0"),
        ({"steps": True}, "option 'steps' of task 'copy' must be of type int, not True"),
    ],
)
def test_refuses_what_cannot_be(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as error:
        load_task("copy", **options)
    assert str(error.value) == message


def test_largest_alphabet_fits_its_bytes() -> None:
    x = load_task("copy", alphabet=256, steps=40, sequences=2000).train.batch(np.arange(2000))[0]
    assert (x[:, :10].max(), x[:, 10].max(), x.max()) == (255, 256, 257)
