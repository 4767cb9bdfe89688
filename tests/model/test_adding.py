"""The adding problem: what is marked is what is added, and the constant answer is as bad as it should be."""

from typing import Any

import numpy as np
import pytest

from hadamrnn.errors import InputError
from hadamrnn.model.task import SPLITS
from hadamrnn.model.tasks import load_task
from hadamrnn.model.tasks.adding import random_bits

MASK = (1 << 64) - 1


def mixed(z: int) -> int:
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & MASK
    z = (z ^ z >> 27) * 0x94D049BB133111EB & MASK
    return z ^ z >> 31


def test_bits_are_those_of_the_published_generator() -> None:
    state, expected = mixed(2000), []
    for _ in range(5):
        state = state + 0x9E3779B97F4A7C15 & MASK
        expected.append(mixed(state))
    assert random_bits(np.arange(5, dtype=np.uint64), 2000).tolist() == expected
    assert mixed(0x9E3779B97F4A7C15) == 0xE220A8397B1DCDAF  # the first output of the reference for seed 0


@pytest.mark.parametrize("steps", [2, 3, 50])
def test_target_is_the_sum_of_the_marked_values_one_in_each_half(steps: int) -> None:
    x, y, lengths = load_task("adding", steps=steps).train.batch(np.arange(3000))
    assert (x.dtype, y.dtype, lengths) == (np.float32, np.float32, None)
    assert (x.shape, y.shape) == ((3000, steps, 2), (3000, 1))
    values, marks = x[:, :, 0], x[:, :, 1]
    assert set(np.unique(marks)) <= {0, 1}
    for half in (marks[:, : steps // 2], marks[:, steps // 2 :]):
        assert (half.sum(1) == 1).all()
        assert np.abs(half.mean(0) - 1 / half.shape[1]).max() < 0.02  # every step is marked as often
    assert np.allclose((values * marks).sum(1), y[:, 0], rtol=0, atol=2**-23)
    assert 0 <= values.min() < 0.01
    assert 0.99 < values.max() < 1


def test_answering_one_has_a_squared_error_of_a_sixth() -> None:
    task = load_task("adding", steps=10, test_sequences=20_000)  # five standard deviations are 4 %
    assert np.mean((task.test.y - 1) ** 2) == pytest.approx(1 / 6, rel=0.04)
    assert np.mean(task.test.y) == pytest.approx(1, abs=0.01)


def test_shape() -> None:
    task = load_task("adding")
    assert (task.steps, task.input_size, task.output_size, task.classes) == (1000, 2, 1, 0)
    assert (task.objective, task.readout, task.input_kind, task.labels) == ("regression", "last", "vector", ())
    assert [len(getattr(task, split)) for split in SPLITS] == [100_000, 2_000, 2_000]


def test_values_are_uniform_and_differ_between_splits_and_sequences() -> None:
    task = load_task("adding", steps=20)
    parts = [getattr(task, split).batch(np.arange(2000))[0][:, :, 0] for split in SPLITS]
    for values in parts:
        assert np.abs(np.histogram(values, 10, (0, 1))[0] / values.size - 0.1).max() < 0.0075
        assert abs(np.corrcoef(values[:, :-1].ravel(), values[:, 1:].ravel())[0, 1]) < 0.02
    assert len(np.unique(np.concatenate(parts), axis=0)) == 6000


def test_sequences_never_change_however_they_are_read() -> None:
    split = load_task("adding", steps=5, sequences=30).train
    assert np.array_equal(split.batch(np.array([29, 3]))[0], split.x[[29, 3]])
    assert np.array_equal(split.batch(np.array([29, 3]))[1], split.y[[29, 3]])
    assert (split.x[0] * 2**24).astype(int).tolist() == PINNED


PINNED = [[8715453, 0], [13922656, 16777216], [8893184, 0], [15447048, 16777216], [78877, 0]]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps": 1}, "steps must be at least 2, not 1"),
        ({"sequences": 0}, "sequences must be a positive integer, not 0"),
        ({"steps": -3}, "steps must be a positive integer, not -3"),
    ],
)
def test_refuses_what_cannot_be(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as error:
        load_task("adding", **options)
    assert str(error.value) == message
