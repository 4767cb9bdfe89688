"""MNIST: small files in the place of the real ones, with their own checksums, and the real ones where present."""

import gzip
import hashlib
from pathlib import Path

import numpy as np
import pytest

from hadamrnn.errors import InputError
from hadamrnn.model.download import data_folder
from hadamrnn.model.tasks import load_task, mnist

NAMES = list(mnist.SHA256)
IMAGES, LABELS, TEST_IMAGES, TEST_LABELS = NAMES
TRAINING, VALIDATION, TEST = 30, 10, 8


def idx(array: np.ndarray) -> bytes:
    """An array of bytes as an IDX file."""
    return bytes((0, 0, 8, array.ndim)) + np.array(array.shape, ">u4").tobytes() + array.tobytes()


@pytest.fixture
def arrays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, np.ndarray]:
    """Small files in the data folder, by name, with their own checksums."""
    random, whole = np.random.default_rng(0), TRAINING + VALIDATION
    arrays = {
        IMAGES: random.integers(0, 256, (whole, 28, 28), np.uint8),
        LABELS: random.integers(0, 10, whole, np.uint8),
        TEST_IMAGES: random.integers(0, 256, (TEST, 28, 28), np.uint8),
        TEST_LABELS: random.integers(0, 10, TEST, np.uint8),
    }
    monkeypatch.setattr(mnist, "TRAINING_SIZE", TRAINING)
    monkeypatch.setattr(mnist, "SHA256", {name: hashlib.sha256(idx(a)).hexdigest() for name, a in arrays.items()})
    monkeypatch.setattr(mnist, "HOMES", ("file:///nowhere/", (tmp_path / "home").as_uri() + "/"))
    monkeypatch.setenv("HADAMRNN_DATA", str(tmp_path / "data"))
    put(tmp_path / "data" / "mnist", arrays)
    return arrays


def put(folder: Path, arrays: dict[str, np.ndarray]) -> None:
    folder.mkdir(parents=True)
    for name, array in arrays.items():
        (folder / name).write_bytes(gzip.compress(idx(array)))


def test_splits_follow_the_files(arrays: dict[str, np.ndarray]) -> None:
    task = load_task("mnist")
    assert (task.steps, task.input_size, task.classes) == (784, 1, 10)
    pixels = np.concatenate([task.train.x, task.validation.x])[:, :, 0] / np.float32(task.input_scale)
    assert np.array_equal(np.rint(pixels), arrays[IMAGES].reshape(-1, 784))
    assert np.abs(pixels - np.rint(pixels)).max() < 1e-4
    assert [len(task.train), len(task.validation), len(task.test)] == [TRAINING, VALIDATION, TEST]
    assert np.array_equal(np.concatenate([task.train.y, task.validation.y]), arrays[LABELS])
    assert np.array_equal(task.test.y, arrays[TEST_LABELS])


@pytest.mark.usefixtures("arrays")
def test_permutation_is_the_published_one() -> None:
    plain, permuted = load_task("mnist"), load_task("mnist", permuted=True)
    order = np.random.RandomState(92916).permutation(784)
    assert order[:4].tolist() == [319, 576, 323, 107]  # the stream is what it was
    assert np.array_equal(permuted.test.x, plain.test.x[:, order])
    assert np.array_equal(permuted.train.x, plain.train.x[:, order])
    assert permuted.options == {"permuted": True}


def test_missing_files_are_downloaded_from_the_first_home_that_answers(
    arrays: dict[str, np.ndarray], tmp_path: Path
) -> None:
    before = load_task("mnist")
    (tmp_path / "data" / "mnist").rename(tmp_path / "home")
    after = load_task("mnist")
    assert np.array_equal(after.test.x, before.test.x)
    assert sorted(path.name for path in (tmp_path / "data" / "mnist").iterdir()) == sorted(arrays)


def test_a_download_of_something_else_is_not_kept(arrays: dict[str, np.ndarray], tmp_path: Path) -> None:
    (tmp_path / "data" / "mnist" / LABELS).unlink()
    put(tmp_path / "home", {LABELS: arrays[LABELS] ^ 1})
    with pytest.raises(InputError, match=r"SHA-256 of its content is [0-9a-f]{64}, expected [0-9a-f]{64}"):
        load_task("mnist")
    assert not (tmp_path / "data" / "mnist" / LABELS).exists()


@pytest.mark.parametrize("name", NAMES)
def test_every_file_is_checked(arrays: dict[str, np.ndarray], tmp_path: Path, name: str) -> None:
    path = tmp_path / "data" / "mnist" / name
    path.write_bytes(gzip.compress(idx(arrays[name] ^ 1)))
    with pytest.raises(InputError, match=r"SHA-256 of its content is [0-9a-f]{64}, expected") as error:
        load_task("mnist")
    assert str(error.value).startswith(f"{path}: ")


@pytest.mark.skipif(
    not all((data_folder() / "mnist" / name).is_file() for name in NAMES),
    reason="the four MNIST files are not in the data folder (set HADAMRNN_DATA)",
)
def test_the_real_files() -> None:
    task = load_task("mnist")
    assert [len(task.train), len(task.validation), len(task.test)] == [50_000, 10_000, 10_000]
    assert task.train.y[:5].tolist() == [5, 0, 4, 1, 9]
    assert task.test.y[:5].tolist() == [7, 2, 1, 0, 4]
    assert (float(task.train.x.min()), float(task.train.x.max())) == (0, 1)
    assert abs(float(task.train.x.mean()) - 0.1307) < 0.001  # the well-known mean of the training images
