"""The user's own arrays: one line for everything that does not fit."""

import contextlib
import os
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hadamrnn.errors import InputError
from hadamrnn.model.tasks import load_task

from .user_arrays import COUNT, divided, load, tokens, x, y


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
        (
            {"x": x()[:0], "y": y(0)},
            "{path}: x is float32 (0, 5, 2), expected numbers of shape (N, T, m), N, T and m at least 1",
        ),
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
        (
            {"x": x(), "y": np.ones((40, 0))},
            "{path}: y is float64 (40, 0), expected targets of shape (40, o) or (40, 5, o), o at least 1",
        ),
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
            "{path}: x: 1e+39 in sequence 3, step 4, expected numbers of single precision, up to 3.4e+38",
        ),
        (
            {"x": x(), "y": changed(np.ones(40), (3,), -1e300)},
            "{path}: y: -1e+300 in sequence 3, expected numbers of single precision, up to 3.4e+38",
        ),
        (
            {"x": x(), "y": changed(changed(np.ones((40, 2)), (3, 1), np.inf), (4, 0), 1e300)},
            "{path}: y: NaN or infinity in sequence 3, expected finite values",
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
        (tokens()[:, :0], "x is int64 (40, 0), expected integers of shape (N, T), N and T at least 1"),
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
        (lambda path: None, "cannot be read (No such file or directory)"),
        (lambda path: path.write_bytes(b""), "not an .npy or .npz file of numbers"),
        (lambda path: path.write_bytes(b"hello"), "not an .npy or .npz file of numbers"),
        (lambda path: path.write_bytes(b"PK\3\4"), "a damaged file of arrays"),
        (pickled, "elements are Python objects, expected numbers"),
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
        with pytest.raises(InputError, match=r"a damaged file of arrays$") as error:
            load_task("arrays", path=str(path))
        assert "\n" not in str(error.value)


def test_refuses_files_damaged_anywhere(tmp_path: Path) -> None:
    """Headers, methods of compression, flags: whatever NumPy and zipfile raise is one line, or the damage does none."""
    load(tmp_path, x=x(), y=y())
    path, random = tmp_path / "data.npz", np.random.default_rng(0)
    whole, messages = path.read_bytes(), []
    for _ in range(300):
        data = bytearray(whole)
        data[random.integers(len(data))] = random.integers(256)
        path.write_bytes(data)
        try:
            load_task("arrays", path=str(path))
        except InputError as error:
            messages.append(str(error))
    assert len(messages) > 100
    assert all(message.startswith(str(path)) and "\n" not in message for message in messages)
    folder = tmp_path / "folder"
    folder.mkdir()
    np.save(folder / "y.npy", y())
    np.save(folder / "x.npy", x())
    whole = (folder / "x.npy").read_bytes()
    for place in range(128):  # the header
        (folder / "x.npy").write_bytes(whole[:place] + b"(" + whole[place + 1 :])
        with contextlib.suppress(InputError):
            load_task("arrays", path=str(folder))


def test_refuses_a_pipe_at_once(tmp_path: Path) -> None:
    path = tmp_path / "data.npz"
    os.mkfifo(path)
    writer = threading.Thread(target=lambda: path.write_bytes(b"PK\3\4"), daemon=True)
    writer.start()
    with pytest.raises(InputError, match=r"a damaged file of arrays$"):
        load_task("arrays", path=str(path))
    writer.join()


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
