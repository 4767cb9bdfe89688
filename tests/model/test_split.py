"""Splits: in memory and generated, they are read the same way."""

from collections.abc import Callable

import numpy as np
import pytest

from hadamrnn.errors import InputError
from hadamrnn.model.split import Batch, GeneratedSplit, Split
from hadamrnn.model.task import Task


def held(count: int = 7) -> Split:
    random = np.random.default_rng(0)
    x = random.random((count, 5, 2), dtype=np.float32)
    return Split(x=x, y=random.integers(0, 3, count), lengths=np.full(count, 5))


def generated(count: int = 7) -> GeneratedSplit:
    return GeneratedSplit(count, held(count).batch)


def test_generated_sequences_are_read_as_those_in_memory_are() -> None:
    one, other = held(), generated()
    assert (len(one), one.x_shape, one.y_shape) == (len(other), other.x_shape, other.y_shape) == (7, (5, 2), ())
    for name in ("x", "y", "lengths"):
        assert np.array_equal(getattr(one, name), getattr(other, name))
    indices = np.array([6, 0, 6])
    for left, right in zip(one.batch(indices), other.batch(indices), strict=True):
        assert np.array_equal(left, right)
        assert len(left) == 3
    assert Split(x=one.x, y=one.y).batch(indices)[2] is None


@pytest.mark.parametrize("make", [held, generated])
def test_the_first_sequences_are_a_split_in_memory(make: Callable[[], Split]) -> None:
    whole, reference = make(), held()
    part = whole.first(3)
    assert type(part) is Split
    assert (len(part), part.x_shape, part.y_shape) == (3, (5, 2), ())
    for name in ("x", "y", "lengths"):
        assert np.array_equal(getattr(part, name), getattr(reference, name)[:3])
    assert whole.first(7) is whole.first(8) is whole
    assert Split(x=reference.x, y=reference.y).first(3).lengths is None


def test_no_more_is_generated_than_the_first_sequences() -> None:
    asked = []

    def generate(indices: np.ndarray) -> Batch:
        asked.append(len(indices))
        return held(200).batch(indices % 200)

    assert len(GeneratedSplit(10**9, generate).first(100)) == 100
    assert sum(asked) <= 101


def test_a_task_looks_at_a_few_generated_sequences_only() -> None:
    asked = []

    def generate(indices: np.ndarray) -> Batch:
        asked.append(len(indices))
        return held(200).batch(indices % 200)

    split = GeneratedSplit(10**9, generate)
    task = Task(name="toy", labels=("a", "b", "c"), train=split, validation=held(), test=held())
    assert (task.steps, task.input_size, len(task.train)) == (5, 2, 10**9)
    assert sum(asked) <= 101


def test_a_task_refuses_what_is_generated_wrongly() -> None:
    def generate(indices: np.ndarray) -> Batch:
        x, y, lengths = held(10).batch(indices)
        return x, y + 3, lengths

    with pytest.raises(InputError, match=r"^toy \(train\): label \d of sequence 0 is outside the classes 0 to 2$"):
        Task(name="toy", labels=("a", "b", "c"), train=GeneratedSplit(10, generate), validation=held(), test=held())


def test_nothing_generated_is_an_empty_data_set() -> None:
    with pytest.raises(InputError, match=r"^toy \(train\): empty data set of shape \(0, 5, 2\)"):
        Task(name="toy", labels=("a", "b", "c"), train=generated(0), validation=held(), test=held())
