"""What a task refuses, and how tasks are found by name."""

from typing import Any

import numpy as np
import pytest

from hadamrnn.errors import InputError
from hadamrnn.model.task import Split, Task
from hadamrnn.model.tasks import check_task, load_task, task_names, task_options


def split(count: int = 4, **changes: Any) -> Split:
    x = np.random.default_rng(0).random((count, 5, 2), dtype=np.float32)
    return Split(**{"x": x, "y": np.arange(count) % 3} | changes)


def task(**changes: Any) -> Task:
    splits = {"train": split(), "validation": split(), "test": split()}
    return Task(**{"name": "toy", "labels": ("a", "b", "c")} | splits | changes)


def with_value(index: tuple[int, ...], value: float) -> np.ndarray:
    x = split().x.copy()
    x[index] = value
    return x


def test_sizes_follow_from_the_arrays() -> None:
    toy = task()
    assert (toy.steps, toy.input_size, toy.classes, len(toy.train)) == (5, 2, 3, 4)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"train": Split(x=np.zeros((0, 5, 2), np.float32), y=np.zeros(0, np.int64))},
            "toy (train): empty data set of shape (0, 5, 2), expected at least one sequence and step",
        ),
        (
            {"test": split(x=np.zeros((4, 0, 2), np.float32))},
            "toy (test): empty data set of shape (4, 0, 2), expected at least one sequence and step",
        ),
        (
            {"test": split(x=with_value((2, 3, 1), np.nan))},
            "toy (test): NaN or infinity in sequence 2, step 3, expected finite values",
        ),
        (
            {"validation": split(x=with_value((0, 4, 0), np.inf))},
            "toy (validation): NaN or infinity in sequence 0, step 4, expected finite values",
        ),
        (
            {"train": split(y=np.array([0, 1, 3, 2]))},
            "toy (train): label 3 of sequence 2 is outside the classes 0 to 2",
        ),
        (
            {"train": split(y=np.array([0, -1, 0, 2]))},
            "toy (train): label -1 of sequence 1 is outside the classes 0 to 2",
        ),
        (
            {"train": split(x=np.zeros((4, 5, 2)))},
            "toy (train): x must be a float32 array of shape (N, T, m), not float64 of shape (4, 5, 2)",
        ),
        (
            {"train": split(x=[[1.0]])},
            "toy (train): x must be a float32 array of shape (N, T, m), not list",
        ),
        (
            {"train": split(y=np.arange(3))},
            "toy (train): y must be an int64 array of shape (4,), not int64 of shape (3,)",
        ),
        (
            {"test": split(x=np.zeros((4, 6, 2), np.float32))},
            "toy (test): sequences of shape (6, 2), those to train on have (5, 2)",
        ),
    ],
)
def test_refuses_what_cannot_be(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as error:
        task(**changes)
    assert str(error.value) == message


def test_names_and_options() -> None:
    assert {"digits", "mnist"} <= set(task_names())
    assert task_options("digits") == {}
    assert task_options("mnist") == {"permuted": False}


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("mnsit", {}, "unknown task 'mnsit'; tasks: "),
        ("digits", {"permuted": True}, "task 'digits' has no option 'permuted'; it has: none"),
        ("mnist", {"permutd": True}, "task 'mnist' has no option 'permutd'; it has: permuted"),
        ("mnist", {"permuted": 1}, "option 'permuted' of task 'mnist' must be of type bool, not 1"),
    ],
)
def test_refuses_what_is_not_there(name: str, options: dict[str, Any], message: str) -> None:
    for function in (lambda: check_task(name, options), lambda: load_task(name, **options)):
        with pytest.raises(InputError) as error:
            function()
        assert str(error.value).startswith(message)
