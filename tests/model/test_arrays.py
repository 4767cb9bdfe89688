"""The user's own arrays: what is read, and how it is divided."""

from pathlib import Path

import numpy as np
import pytest

from hadamrnn.model.task import SPLITS, Task
from hadamrnn.model.tasks import load_task

from .user_arrays import COUNT, STEPS, divided, load, tokens, x, y


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


def test_the_digest_is_that_of_names_types_shapes_and_values(tmp_path: Path) -> None:
    arrays = {"x": x(), "y": y()}
    digest = load(tmp_path, **arrays).digest
    assert digest is not None
    assert len(digest) == 64
    assert load(tmp_path, y=y(), x=np.asfortranarray(x())).digest == digest
    (tmp_path / "data").mkdir()
    for key, array in arrays.items():
        np.save(tmp_path / "data" / f"{key}.npy", array)
    assert load_task("arrays", path=str(tmp_path / "data")).digest == digest
    swapped = x()
    swapped[[0, 1]] = swapped[[1, 0]]
    others = [
        {"x": swapped},
        {"x": x().astype(np.float64)},
        {"x": x().astype(">f4")},
        {"x": x().reshape(COUNT, 2, STEPS)},
        {"y": y().astype(np.int32)},
        {"lengths": np.full(COUNT, STEPS)},
    ]
    digests = [load(tmp_path, **(arrays | changed)).digest for changed in others]
    assert len({digest, *digests}) == 1 + len(others)
    assert load_task("digits").digest is None
