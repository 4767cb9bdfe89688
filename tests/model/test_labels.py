"""What is said of labels that are seldom meant as they are."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hadamrnn.model.labels import label_notes
from hadamrnn.model.tasks import load_task

from .user_arrays import COUNT, STEPS, divided, load, x, y

ABSENT = "in no sequence; labels go to"


def parts(train: list[int], validation: list[int], test: list[int]) -> dict[str, np.ndarray]:
    arrays = divided(train=20, validation=10, test=10)
    for name, labels in (("train", train), ("validation", validation), ("test", test)):
        arrays[f"{name}_y"] = np.resize(labels, len(arrays[f"{name}_y"]))
    return arrays


def noted(folder: Path, labels: str, arrays: dict[str, Any]) -> list[str]:
    return label_notes(load(folder, labels=labels, **arrays))


@pytest.mark.parametrize(
    ("labels", "names", "notes"),
    [
        (([0, 1, 2], [0], [1]), "", []),
        (([0, 1], [0], [1]), "a,b,never", []),
        (([0, 1], [2], [1]), "", ["class 2 is in no training sequence, but in validation: nothing is learnt of it"]),
        (
            ([0, 1], [2], [3]),
            "a,b,c,d",
            ["classes c, d are in no training sequence, but in validation and test: nothing is learnt of it"],
        ),
        (([0, 2], [2], [2]), "", [f"class 1 is {ABSENT} 2, so the network has 3 outputs"]),
        (
            ([0, 1, 2, 1000], [2], [9]),
            "",
            [
                "class 9 is in no training sequence, but in test: nothing is learnt of it",
                f"classes 3, 4, 5, 6, 7 … (996 of them) are {ABSENT} 1000, so the network has 1001 outputs",
            ],
        ),
        (([7], [7], [7]), "", [f"classes 0, 1, 2, 3, 4 … (7 of them) are {ABSENT} 7, so the network has 8 outputs"]),
    ],
)
def test_classes_that_cannot_be_learnt_are_named(
    tmp_path: Path, labels: tuple[list[int], ...], names: str, notes: list[str]
) -> None:
    assert noted(tmp_path, names, parts(*labels)) == notes


def test_labels_beyond_the_ends_of_sequences_do_not_count(tmp_path: Path) -> None:
    labels = np.full((COUNT, STEPS), 2)
    labels[:, 3:] = 0
    [note] = label_notes(load(tmp_path, x=x(), y=labels, lengths=np.full(COUNT, 3)))
    assert note == f"classes 0, 1 are {ABSENT} 2, so the network has 3 outputs"
    assert label_notes(load(tmp_path, x=x(), y=np.clip(labels, 0, 1))) == []


def test_targets_that_may_be_classes_are_named(tmp_path: Path) -> None:
    whole = y().astype(float)
    [note] = label_notes(load(tmp_path, x=x(), y=whole))
    assert note == "targets are floats, all of them whole numbers, and so of a regression; classes have to be integers"
    for targets in (whole + 0.5, whole - 1, np.stack([whole, whole], 1)):
        assert label_notes(load(tmp_path, x=x(), y=targets)) == []


@pytest.mark.parametrize("name", ["digits", "copy", "adding"])
def test_nothing_is_said_of_the_tasks_here(name: str) -> None:
    assert label_notes(load_task(name)) == []
