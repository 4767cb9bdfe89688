"""A small task, and networks trained for it, that the tests of training share."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from hadamrnn.model.checkpoint import read_checkpoint
from hadamrnn.model.network import HadamardRNN
from hadamrnn.model.options import TrainingOptions
from hadamrnn.model.progress import StepReport
from hadamrnn.model.task import Split, Task
from hadamrnn.model.training import LAST, METRICS, Trainer

OPTIONS = TrainingOptions(epochs=4, batch_size=16, learning_rate=0.02, sign_learning_rate=0.02, sign_fraction=0.6)


def split(count: int, seed: int) -> Split:
    """Sequences of twelve values, of the class that says which third of them is loudest."""
    random = np.random.default_rng(seed)
    y = random.integers(0, 3, count)
    x = random.normal(size=(count, 12, 1))
    for sequence, label in enumerate(y):
        x[sequence, 4 * label : 4 * label + 4] += 1.5
    return Split(x=x.astype(np.float32), y=y)


def thirds() -> Task:
    """Of which third of a sequence is loudest."""
    labels = ("first", "second", "third")
    return Task(name="thirds", labels=labels, train=split(90, 0), validation=split(40, 1), test=split(40, 2))


def network(**changes: Any) -> HadamardRNN:
    options = {"input_size": 1, "hidden_size": 16, "output_size": 3, "generator": torch.Generator().manual_seed(5)}
    return HadamardRNN(**options | changes)


def trained(
    task: Task, folder: Path, options: TrainingOptions = OPTIONS, report: Callable[[StepReport], None] | None = None
) -> HadamardRNN:
    folder.mkdir()
    one = network()
    Trainer(one, task, options, folder, report=report).run()
    return one


def state(folder: Path, name: str = LAST) -> dict[str, Any]:
    """A checkpoint without what differs between runs of the same weights: the time they took."""
    checkpoint = read_checkpoint(folder / name)
    checkpoint.pop("seconds", None)
    for record in checkpoint.get("history", []):
        record.pop("seconds")
    return checkpoint


def metrics(folder: Path) -> list[dict[str, Any]]:
    records = [json.loads(line) for line in (folder / METRICS).read_text().splitlines()]
    return [{name: value for name, value in record.items() if name != "seconds"} for record in records]


def assert_same(one: Any, other: Any) -> None:
    """Equal to the last bit, tensors included."""
    assert type(one) is type(other)
    if isinstance(one, torch.Tensor):
        assert torch.equal(one, other)
    elif isinstance(one, dict):
        assert one.keys() == other.keys()
        for key in one:
            assert_same(one[key], other[key])
    elif isinstance(one, list):
        assert len(one) == len(other)
        for left, right in zip(one, other, strict=True):
            assert_same(left, right)
    else:
        assert one == other
