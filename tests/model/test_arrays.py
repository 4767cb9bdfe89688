"""The user's own arrays: what is read, how it is divided, and one line for everything that does not fit."""

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hadamrnn.errors import InputError
from hadamrnn.model.task import SPLITS, Task
from hadamrnn.model.tasks import load_task

COUNT, STEPS = 40, 5


def x(*, count: int = COUNT, kind: Any = np.float32) -> np.ndarray:
    return np.random.default_rng(0).normal(scale=50, size=(count, STEPS, 2)).astype(kind)


def y(*shape: int) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 3, shape or COUNT)


def tokens(count: int = COUNT) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 9, (count, STEPS))


def load(folder: Path, *, labels: str = "", are_tokens: bool = False, **arrays: Any) -> Task:
    """Load ``arrays`` from a file."""
    np.savez(folder / "data.npz", **arrays)
    return load_task("arrays", path=str(folder / "data.npz"), labels=labels, tokens=are_tokens)


def whole(task: Task, key: str) -> np.ndarray:
    return np.concatenate([getattr(getattr(task, split), key) for split in SPLITS])


def rows(*arrays: np.ndarray) -> list[bytes]:
    """Rows of all arrays together, sorted: equal for equal data in any order."""
    return sorted(b"".join(np.ascontiguousarray(part).tobytes() for part in row) for row in zip(*arrays, strict=True))


def test_undivided_data_are_divided_with_every_class_in_proportion(tmp_path: Path) -> None:
    labels = np.repeat([0, 1], [30, 10])  # sorted by class
    task = load(tmp_path, x=x(), y=labels)
    assert [len(getattr(task, split)) for split in SPLITS] == [28, 4, 8]
    assert [int(getattr(task, split).y.sum()) for split in SPLITS] == [7, 1, 2]
    assert rows(whole(task, "x"), whole(task, "y")) == rows(x(), labels)
    again = load(tmp_path, x=x(), y=labels)
    assert np.array_equal(whole(again, "x"), whole(task, "x"))
    assert (task.steps, task.input_size, task.labels) == (STEPS, 2, ("0", "1"))
    assert (task.objective, task.readout, task.input_kind, task.input_scale) == (
        "classification",
        "last",
        "vector",
        None,
    )


def test_a_folder_is_read_as_a_file_is(tmp_path: Path) -> None:
    arrays = {"x": x(), "y": y(), "lengths": np.full(COUNT, STEPS)}
    (tmp_path / "data").mkdir()
    for key, array in arrays.items():
        np.save(tmp_path / "data" / f"{key}.npy", array)
    (tmp_path / "data" / "notes.txt").write_text("ignored")
    one, other = load_task("arrays", path=str(tmp_path / "data")), load(tmp_path, **arrays)
    for key in ("x", "y", "lengths"):
        assert np.array_equal(whole(one, key), whole(other, key))
    assert one.options == {"path": str(tmp_path / "data"), "labels": "", "tokens": False}


def divided(**counts: int) -> dict[str, np.ndarray]:
    arrays: dict[str, np.ndarray] = {}
    for number, (name, count) in enumerate(counts.items()):
        arrays[f"{name}_x"] = x(count=count) + number
        arrays[f"{name}_y"] = y(count)
    return arrays


def test_divided_data_stay_divided(tmp_path: Path) -> None:
    arrays = divided(train=20, validation=7, test=9)
    task = load(tmp_path, **arrays)
    assert rows(task.train.x, task.train.y) == rows(arrays["train_x"], arrays["train_y"])
    for name in ("validation", "test"):  # in their order
        assert np.array_equal(getattr(task, name).x, arrays[f"{name}_x"])
        assert np.array_equal(getattr(task, name).y, arrays[f"{name}_y"])


def test_without_a_validation_part_a_tenth_of_the_training_part_is_it(tmp_path: Path) -> None:
    arrays = divided(train=20, test=9)
    task = load(tmp_path, **arrays)
    assert [len(getattr(task, split)) for split in SPLITS] == [18, 2, 9]
    both = [np.concatenate([getattr(task.train, key), getattr(task.validation, key)]) for key in ("x", "y")]
    assert rows(*both) == rows(arrays["train_x"], arrays["train_y"])
    assert np.array_equal(task.test.x, arrays["test_x"])


@pytest.mark.parametrize(
    ("low", "high", "bits", "signed"),
    [
        (0, 0, 1, False),
        (0, 1, 1, False),
        (3, 255, 8, False),
        (0, 256, 9, False),
        (0, 65535, 16, False),
        (-1, 0, 2, True),
        (-128, 127, 8, True),
        (-129, 0, 9, True),
        (-1, 128, 9, True),
        (-32768, 32767, 16, True),
    ],
)
def test_integers_are_inputs_as_they_are(tmp_path: Path, low: int, high: int, bits: int, signed: bool) -> None:
    data = np.full((10, 2, 1), low)
    data[4, 1, 0] = high
    task = load(tmp_path, x=data, y=y(10))
    assert (task.input_scale, task.input_bits, task.input_signed) == (1.0, bits, signed)
    assert sorted(np.unique(whole(task, "x")).tolist()) == sorted({low, high})


@pytest.mark.parametrize(("low", "high"), [(0, 65536), (-32769, 0), (-1, 32768)])
def test_integers_of_more_bits_are_calibrated(tmp_path: Path, low: int, high: int) -> None:
    data = np.full((10, 2, 1), low)
    data[4, 1, 0] = high
    assert load(tmp_path, x=data, y=y(10)).input_scale is None


def test_integers_beside_floats_are_calibrated(tmp_path: Path) -> None:
    arrays = divided(train=20, test=9)
    arrays["train_x"] = arrays["train_x"].astype(int)
    assert load(tmp_path, **arrays).input_scale is None


def test_tokens(tmp_path: Path) -> None:
    task = load(tmp_path, x=tokens().astype(np.uint8), y=y(COUNT, STEPS), are_tokens=True)
    assert (task.input_kind, task.vocabulary, task.readout, task.train.x.dtype) == ("index", 9, "every", np.int32)
    assert rows(whole(task, "x"), whole(task, "y")) == rows(tokens().astype(np.int32), y(COUNT, STEPS))


@pytest.mark.parametrize(
    ("shape", "readout", "size"),
    [((COUNT,), "last", 1), ((COUNT, 3), "last", 3), ((COUNT, STEPS, 3), "every", 3)],
)
def test_targets(tmp_path: Path, shape: tuple[int, ...], readout: str, size: int) -> None:
    values = np.random.default_rng(0).normal(size=shape)
    task = load(tmp_path, x=x(), y=values)
    assert (task.objective, task.readout, task.output_size, task.labels) == ("regression", readout, size, ())
    assert rows(whole(task, "x"), whole(task, "y")) == rows(x(), values.astype(np.float32))


def test_what_follows_the_end_is_of_no_account(tmp_path: Path) -> None:
    lengths = np.random.default_rng(2).integers(1, STEPS + 1, COUNT)
    after = np.arange(STEPS) >= lengths[:, None]
    for values, filler in ((y(COUNT, STEPS), 99), (np.ones((COUNT, STEPS, 2)), np.nan)):
        data, answers = x(), values.copy()
        data[after], answers[after] = np.nan, filler
        task = load(tmp_path, x=data, y=answers, lengths=lengths.astype(np.uint8))
        for split in (task.train, task.validation, task.test):
            padding = np.arange(STEPS) >= split.lengths[:, None]
            assert not split.x[padding].any()
            assert not split.y[padding].any()
        assert sorted(whole(task, "lengths").tolist()) == sorted(lengths.tolist())
        assert task.output_size == (3 if filler == 99 else 2)


def test_names_of_classes(tmp_path: Path) -> None:
    assert load(tmp_path, x=x(), y=y(), labels="low, mid,high,never").labels == ("low", "mid", "high", "never")


def test_smallest_data(tmp_path: Path) -> None:
    task = load(tmp_path, x=x(count=3), y=y(3))
    assert [len(getattr(task, split)) for split in SPLITS] == [1, 1, 1]


def changed(array: np.ndarray, index: tuple[int, ...], value: float) -> np.ndarray:
    array = array.copy()
    array[index] = value
    return array


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": x()}, "{path}: no array y, found: x"),
        ({"y": y()}, "{path}: no array x, found: y"),
        ({}, "{path}: no array x, found: none"),
        ({"train_x": x(), "train_y": y()}, "{path}: no array test_x, found: train_x, train_y"),
        (
            {**divided(train=5, test=5), "validation_y": y(5)},
            "{path}: no array validation_x, found: test_x, test_y, train_x, train_y, validation_y",
        ),
        ({"x": x(), "y": y(), "train_y": y()}, "{path}: train_y beside x, expected one kind"),
        ({"X": x(), "y": y()}, "{path}: unknown array 'X'; arrays: x, y, lengths, train_x, "),
        (
            {"x": x()[:, :, 0], "y": y()},
            "{path}: x is float32 (40, 5), expected numbers of shape (N, T, m); for tokens set tokens=true",
        ),
        ({"x": x()[:0], "y": y(0)}, "{path}: x is float32 (0, 5, 2), expected numbers of shape (N, T, m)"),
        ({"x": x().astype(complex), "y": y()}, "{path}: x is complex128 (40, 5, 2), expected numbers of shape"),
        ({"x": x().astype(str), "y": y()}, "{path}: x is <U32 (40, 5, 2), expected numbers of shape (N, T, m)"),
        (
            {"x": x(), "y": y(39)},
            "{path}: y is int64 (39,), expected integers (classes) or floats (targets) of shape (40,) or (40, 5)",
        ),
        (
            {"x": x(), "y": y(40, 6)},
            "{path}: y is int64 (40, 6), expected integers (classes) or floats (targets) of shape (40,) or (40, 5)",
        ),
        (
            {"x": x(), "y": np.ones((40, 6, 1))},
            "{path}: y is float64 (40, 6, 1), expected targets of shape (40, o) or (40, 5, o)",
        ),
        ({"x": x(), "y": np.ones((40, 0))}, "{path}: y is float64 (40, 0), expected targets of shape (40, o)"),
        ({"x": x(), "y": y() - 1}, "{path}: y: -1 in sequence "),
        ({"x": x(), "y": changed(y(), (7,), 65536)}, "{path}: y: 65536 in sequence 7, expected classes 0 to 65535"),
        (
            {"x": x(), "y": changed(y(40, 5), (7, 2), -4)},
            "{path}: y: -4 in sequence 7, step 2, expected classes 0 to 65535",
        ),
        (
            {"x": changed(x(), (3, 1, 1), np.nan), "y": y()},
            "{path}: x: NaN or infinity in sequence 3, step 1, expected finite values",
        ),
        (
            {"x": changed(x(kind=np.float64), (3, 4, 1), 1e39), "y": y()},
            "{path}: x: NaN or infinity in sequence 3, step 4, expected finite values",
        ),
        (
            {"x": x(), "y": changed(np.ones(40), (3,), np.nan)},
            "{path}: y: NaN or infinity in sequence 3, expected finite values",
        ),
        (
            {"x": x(), "y": y(), "lengths": np.ones(40)},
            "{path}: lengths is float64 (40,), expected integers of shape (40,)",
        ),
        (
            {"x": x(), "y": y(), "lengths": changed(np.full(40, 5), (6,), 0)},
            "{path}: lengths: 0 in sequence 6, expected 1 to 5 steps",
        ),
        (
            {"x": x(), "y": y(), "lengths": changed(np.full(40, 5), (6,), 6)},
            "{path}: lengths: 6 in sequence 6, expected 1 to 5 steps",
        ),
        ({"x": x(count=2), "y": y(2)}, "{path}: x has 2 sequences, expected at least 3"),
        (
            {**divided(train=5, test=5), "test_x": x(count=5)[:, :3]},
            "{path}: test_x is float32 (5, 3, 2), expected the like of {path}: train_x, float32 (5, 5, 2)",
        ),
        (
            {**divided(train=5, test=5), "test_y": np.ones((5, 1))},
            "{path}: test_y is float32 (5, 1), expected the like of {path}: train_y, int64 (5,)",
        ),
    ],
)
def test_refuses_arrays_that_do_not_fit(tmp_path: Path, arrays: dict[str, np.ndarray], message: str) -> None:
    with pytest.raises(InputError) as error:
        load(tmp_path, **arrays)
    assert str(error.value).startswith(message.format(path=tmp_path / "data.npz"))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (x(), "x is float32 (40, 5, 2), expected integers of shape (N, T)"),
        (x()[:, :, 0], "x is float32 (40, 5), expected integers of shape (N, T)"),
        (changed(tokens(), (2, 3), -1), "x: -1 in sequence 2, step 3, expected tokens 0 to 16777215"),
        (changed(tokens(), (2, 3), 1 << 40), "x: 1099511627776 in sequence 2, step 3, expected tokens 0 to 16777215"),
    ],
)
def test_refuses_what_are_no_tokens(tmp_path: Path, data: np.ndarray, message: str) -> None:
    with pytest.raises(InputError) as error:
        load(tmp_path, x=data, y=y(), are_tokens=True)
    assert str(error.value) == f"{tmp_path / 'data.npz'}: {message}"


@pytest.mark.parametrize(
    ("labels", "answers", "message"),
    [
        ("a,b", y(), "labels must name each of 3 classes of {path}: y, not 'a,b'"),
        ("a,,b", y(), "labels must name each of 3 classes of {path}: y, not 'a,,b'"),
        ("a,b", np.ones(COUNT), "labels must be left out for a regression, not 'a,b'"),
    ],
)
def test_refuses_names_that_do_not_fit(tmp_path: Path, labels: str, answers: np.ndarray, message: str) -> None:
    with pytest.raises(InputError) as error:
        load(tmp_path, x=x(), y=answers, labels=labels)
    assert str(error.value) == message.format(path=tmp_path / "data.npz")


def pickled(path: Path) -> None:
    np.savez(path, x=np.array([{}], object), y=y())


@pytest.mark.parametrize(
    ("write", "reason"),
    [
        (lambda path: None, "cannot read this file of arrays (No such file or directory)"),
        (lambda path: path.write_bytes(b""), "cannot read this file of arrays ("),
        (lambda path: path.write_bytes(b"hello"), "cannot read this file of arrays ("),
        (pickled, "cannot read this file of arrays (Object arrays cannot be loaded when allow_pickle=False"),
        (lambda path: np.save(path.open("wb"), x()), "a single array, expected an .npz file or a folder"),
    ],
)
def test_refuses_files_that_cannot_be_read(tmp_path: Path, write: Callable[[Path], Any], reason: str) -> None:
    path = tmp_path / "data.npz"
    write(path)
    with pytest.raises(InputError) as error:
        load_task("arrays", path=str(path))
    assert str(error.value).startswith(f"{path}: {reason}")
    assert "\n" not in str(error.value)


def test_refuses_damaged_files(tmp_path: Path) -> None:
    load(tmp_path, x=x(), y=y())
    path = tmp_path / "data.npz"
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as file:
        at = file.getinfo("x.npy").header_offset + 300
    data[at] ^= 1
    for damaged in (bytes(data), bytes(data[:-30])):
        path.write_bytes(damaged)
        with pytest.raises(InputError, match=r"cannot read this file of arrays \(") as error:
            load_task("arrays", path=str(path))
        assert "\n" not in str(error.value)


def test_refuses_damaged_arrays_of_a_folder(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", x())
    path = tmp_path / "y.npy"
    for write in (lambda: path.write_bytes(b"?"), lambda: np.savez(path.open("wb"), y=y())):
        write()
        with pytest.raises(InputError) as error:
            load_task("arrays", path=str(tmp_path))
        assert str(error.value).startswith(f"{path}: ")
    np.save(path, y(39))
    with pytest.raises(InputError) as error:
        load_task("arrays", path=str(tmp_path))
    assert str(error.value).startswith(f"{path} is int64 (39,), expected integers (classes)")


def test_a_path_is_needed() -> None:
    with pytest.raises(InputError, match=r"^task 'arrays' needs the option path: an \.npz file or a folder of"):
        load_task("arrays")
