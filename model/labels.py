"""What is odd about the labels of a task, in words: no fault, but seldom meant. Numpy only."""

import numpy as np

from .split import GeneratedSplit, Split
from .task import SPLITS, Task

NAMED = 5  # classes in one line


def label_notes(task: Task) -> list[str]:
    """One line for each oddity: classes that no training sequence has, classes that none has, classes as floats.

    Generated data, and names of classes beyond the largest label, are never odd.
    """
    if isinstance(task.train, GeneratedSplit):
        return []
    if task.objective == "regression":
        return _float_notes(task)
    seen = {split: _classes(getattr(task, split), task.classes) for split in SPLITS}
    found = np.logical_or.reduce(list(seen.values()))
    notes = []
    unseen = np.flatnonzero(found & ~seen["train"])
    if unseen.size:
        where = " and ".join(split for split in SPLITS[1:] if seen[split][unseen].any())
        notes.append(f"{_named(task, unseen)} in no training sequence, but in {where}: nothing is learnt of it")
    absent = np.flatnonzero(~found[: int(found.nonzero()[0].max(initial=-1)) + 1])
    if absent.size:
        notes.append(f"{_named(task, absent)} in no sequence; labels go to {found.nonzero()[0].max()}, so the network")
        notes[-1] += f" has {task.classes} outputs"
    return notes


def _classes(split: Split, count: int) -> np.ndarray:
    """Which of the classes occur, steps beyond the length of a sequence apart."""
    y = split.y
    if y.ndim == 2 and split.lengths is not None:
        y = y[np.arange(y.shape[1]) < split.lengths[:, None]]
    return np.bincount(y.ravel(), minlength=count) > 0


def _named(task: Task, classes: np.ndarray) -> str:
    names = ", ".join(task.labels[label] for label in classes[:NAMED])
    if len(classes) == 1:
        return f"class {names} is"
    return f"classes {names}" + (f" … ({len(classes)} of them)" if len(classes) > NAMED else "") + " are"


def _float_notes(task: Task) -> list[str]:
    """Targets that may be classes: one each, a whole number from 0."""
    y = task.train.y
    if y.shape[-1] > 1 or (y < 0).any() or (y != np.rint(y)).any():
        return []
    return ["targets are floats, all of them whole numbers, and so of a regression; classes have to be integers"]
