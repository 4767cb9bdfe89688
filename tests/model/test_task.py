"""What a task refuses, and how tasks are found by name."""

from typing import Any

import numpy as np
import pytest

from hadamrnn.errors import InputError
from hadamrnn.model.task import SPLITS, Split, Task
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


def tokens(count: int = 4, **changes: Any) -> Split:
    x = np.random.default_rng(0).integers(0, 6, (count, 5), np.int32)
    return Split(**{"x": x, "y": np.arange(5 * count).reshape(count, 5) % 3} | changes)


def token_task(**changes: Any) -> Task:
    kinds = {"readout": "every", "input_kind": "index", "vocabulary": 6, "labels": ("a", "b", "c")}
    return Task(**{"name": "toy", "train": tokens(), "validation": tokens(), "test": tokens()} | kinds | changes)


def targets(*shape: int, count: int = 4) -> Split:
    y = np.random.default_rng(0).random((count, *shape), dtype=np.float32)
    return split(count, y=y)


def regression(**changes: Any) -> Task:
    splits = {name: targets(2) for name in SPLITS}
    return Task(**{"name": "toy", "objective": "regression"} | splits | changes)


def ends(*lengths: int) -> dict[str, np.ndarray]:
    """Tokens, labels and lengths of sequences that end there; labels after the end are nonsense."""
    part, lasts = tokens(), np.array(lengths)
    padding = np.arange(5) >= lasts[:, None]
    return {"x": np.where(padding, 0, part.x).astype(np.int32), "y": np.where(padding, -1, part.y), "lengths": lasts}


def test_sizes_of_tokens_and_of_regressions() -> None:
    toy = token_task()
    assert (toy.steps, toy.input_size, toy.output_size, toy.classes) == (5, 6, 3, 3)
    toy = regression()
    assert (toy.steps, toy.input_size, toy.output_size, toy.classes) == (5, 2, 2, 0)
    every = regression(readout="every", **{name: targets(5, 3) for name in SPLITS})
    assert (every.steps, every.output_size) == (5, 3)


def test_padding_may_have_any_label_and_target() -> None:
    part = Split(**ends(5, 1, 2, 4))
    toy = token_task(train=part)
    assert toy.train.lengths.tolist() == [5, 1, 2, 4]
    x, y, lengths = part.batch(np.array([2, 0]))
    assert (x.tolist(), y.tolist()) == (part.x[[2, 0]].tolist(), part.y[[2, 0]].tolist())
    assert lengths.tolist() == [2, 5]
    data = targets(5, 3)
    data.y[1, 2:], data.x[1, 2:] = np.nan, 0
    cut = Split(x=data.x, y=data.y, lengths=np.array([5, 2, 5, 5]))
    regression(readout="every", **dict.fromkeys(SPLITS, cut))


@pytest.mark.parametrize(
    ("make", "changes", "message"),
    [
        (task, {"objective": "guess"}, "objective of toy must be one of classification, regression, not 'guess'"),
        (task, {"readout": "first"}, "readout of toy must be one of last, every, not 'first'"),
        (task, {"input_kind": "text"}, "input_kind of toy must be one of vector, index, not 'text'"),
        (task, {"labels": ()}, "toy: labels (), expected the name of each class"),
        (regression, {"labels": ("a",)}, "toy: labels ('a',), expected no labels for a regression"),
        (task, {"vocabulary": 3}, "toy: vocabulary 3, expected none for vectors"),
        (token_task, {"vocabulary": None}, "toy: vocabulary must be a positive integer for tokens, not None"),
        (token_task, {"blank": 6}, "toy: blank must be a token of the vocabulary, not 6"),
        (task, {"blank": 0}, "toy: blank must be a token of the vocabulary, not 0"),
        (token_task, {"vocabulary": 0}, "toy: vocabulary must be a positive integer for tokens, not 0"),
        (
            token_task,
            {"test": tokens(x=np.array([[0, 1], [5, 6]], np.int32), y=np.zeros((2, 2), np.int64))},
            "toy (test): token 6 in sequence 1, step 1 is outside the vocabulary 0 to 5",
        ),
        (
            token_task,
            {"test": tokens(x=np.array([[0, -1]], np.int32), y=np.zeros((1, 2), np.int64))},
            "toy (test): token -1 in sequence 0, step 1 is outside the vocabulary 0 to 5",
        ),
        (
            token_task,
            {"train": tokens(x=np.zeros((4, 5), np.int64))},
            "toy (train): x must be an int32 array of shape (N, T), not int64 of shape (4, 5)",
        ),
        (
            token_task,
            {"train": tokens(x=np.zeros((4, 5, 1), np.int32))},
            "toy (train): x must be an int32 array of shape (N, T), not int32 of shape (4, 5, 1)",
        ),
        (
            token_task,
            {"train": tokens(y=np.arange(4))},
            "toy (train): y must be an int64 array of shape (4, 5), not int64 of shape (4,)",
        ),
        (
            token_task,
            {"train": tokens(y=np.full((4, 5), 3))},
            "toy (train): label 3 of sequence 0, step 0 is outside the classes 0 to 2",
        ),
        (
            token_task,
            {"readout": "last"},
            "toy (train): y must be an int64 array of shape (4,), not int64 of shape (4, 5)",
        ),
        (
            token_task,
            {"train": Split(**ends(5, 0, 5, 5))},
            "toy (train): length 0 of sequence 1, expected 1 to 5 steps",
        ),
        (
            token_task,
            {"train": Split(**ends(5, 5, 5, 6))},
            "toy (train): length 6 of sequence 3, expected 1 to 5 steps",
        ),
        (
            token_task,
            {"train": tokens(x=np.ones((4, 5), np.int32), lengths=np.array([5, 5, 3, 5]))},
            "toy (train): sequence 2 is not zero in step 3, expected zeros after its 3 steps",
        ),
        (
            token_task,
            {"train": tokens(lengths=np.array([5, 5, 5]))},
            "toy (train): lengths must be an int64 array of shape (4,), not int64 of shape (3,)",
        ),
        (
            token_task,
            {"train": tokens(lengths=np.array([5, 5, 5, 5], np.int32))},
            "toy (train): lengths must be an int64 array of shape (4,), not int32 of shape (4,)",
        ),
        (
            regression,
            {"train": split()},
            "toy (train): y must be a float32 array of shape (4, o), not int64 of shape (4,)",
        ),
        (
            regression,
            {"train": targets(0)},
            "toy (train): y must be a float32 array of shape (4, o), not float32 of shape (4, 0)",
        ),
        (
            regression,
            {"readout": "every"},
            "toy (train): y must be a float32 array of shape (4, 5, o), not float32 of shape (4, 2)",
        ),
        (
            regression,
            {"test": targets(3)},
            "toy (test): targets of shape (3,), those to train on have (2,)",
        ),
        (
            regression,
            {"test": split(y=np.array([[0, 1], [2, np.nan], [0, 0], [0, 0]], np.float32))},
            "toy (test): NaN or infinity among the targets of sequence 1, expected finite values",
        ),
        (
            regression,
            {"readout": "every", "train": split(y=np.full((4, 5, 1), np.inf, np.float32))},
            "toy (train): NaN or infinity among the targets of sequence 0, step 0, expected finite values",
        ),
    ],
)
def test_refuses_tokens_lengths_and_targets_that_cannot_be(make: Any, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as error:
        make(**changes)
    assert str(error.value) == message


def test_names_and_options() -> None:
    assert {"adding", "arrays", "copy", "digits", "imdb", "mnist"} == set(task_names())
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
