"""Arrays as a user may have them, for the tests of the task ``arrays``."""

from pathlib import Path
from typing import Any

import numpy as np

from hadamrnn.model.task import Task
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


def divided(**counts: int) -> dict[str, np.ndarray]:
    arrays: dict[str, np.ndarray] = {}
    for number, (name, count) in enumerate(counts.items()):
        arrays[f"{name}_x"] = x(count=count) + number
        arrays[f"{name}_y"] = y(count)
    return arrays
