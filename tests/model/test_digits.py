"""The digits: every image once, in a split that stays what it is."""

import hashlib

import numpy as np
import pytest
from sklearn.datasets import load_digits

from hadamrnn.model.task import SPLITS, Task
from hadamrnn.model.tasks import load_task


@pytest.fixture(scope="module")
def digits() -> Task:
    return load_task("digits")


def test_sizes(digits: Task) -> None:
    assert [len(getattr(digits, split)) for split in SPLITS] == [1257, 180, 360]
    assert (digits.steps, digits.input_size, digits.classes, digits.labels) == (64, 1, 10, tuple("0123456789"))


def test_every_image_is_in_one_split_with_its_label(digits: Task) -> None:
    source = load_digits()

    def images(x: np.ndarray, y: np.ndarray) -> list[tuple[bytes, int]]:
        return sorted((pixels.astype(np.uint8).tobytes(), int(label)) for pixels, label in zip(x, y, strict=True))

    x = np.concatenate([getattr(digits, split).x for split in SPLITS]).reshape(-1, 64) / digits.input_scale
    y = np.concatenate([getattr(digits, split).y for split in SPLITS])
    assert images(x, y) == images(source.data, source.target)


def test_pixels_are_exact_integers_of_the_input_scale(digits: Task) -> None:
    integers = digits.test.x / digits.input_scale
    assert np.array_equal(integers, np.rint(integers))
    assert (integers.min(), integers.max()) == (0, 16)


def test_split_is_stratified(digits: Task) -> None:
    whole = np.bincount(load_digits().target) / 1797
    for split in SPLITS:
        part = getattr(digits, split)
        assert np.abs(np.bincount(part.y) - whole * len(part)).max() <= 1


def test_split_never_changes(digits: Task) -> None:
    content = b"".join(getattr(digits, split).x.tobytes() + getattr(digits, split).y.tobytes() for split in SPLITS)
    assert hashlib.sha256(content).hexdigest() == "5e2d51726775ab8b87f43971a455e1d21d0f8eb1c46dd879e8f36184b6686137"
