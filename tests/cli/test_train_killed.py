"""A process killed with SIGKILL at any moment: what it leaves resumes to the very same weights."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from hadamrnn.model.options import TrainingOptions
from hadamrnn.quant.configuration import ExperimentConfig, NetworkOptions

CONFIG = ExperimentConfig(
    task="digits",
    network=NetworkOptions(hidden_size=16, block_size=4),
    training=TrainingOptions(epochs=30, batch_size=100, seed=3),
).to_toml()


def tensors(state: object, name: str = "") -> dict[str, torch.Tensor]:
    """Every tensor of a checkpoint, by its path in it."""
    if isinstance(state, torch.Tensor):
        return {name: state}
    if isinstance(state, dict):
        items = state.items()
    elif isinstance(state, list | tuple):
        items = enumerate(state)
    else:
        return {}
    return {path: tensor for key, value in items for path, tensor in tensors(value, f"{name}/{key}").items()}


def train(folder: Path, *options: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "hadamrnn.cli", "train", str(folder.parent / "c.toml"), "-o", str(folder)]
    return subprocess.Popen([*command, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def modified(path: Path) -> int:
    """When a file was written last, ns; 0 where there is none."""
    return path.stat().st_mtime_ns if path.exists() else 0


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run of a process that nobody disturbs."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    (folder.parent / "c.toml").write_text(CONFIG)
    assert train(folder).wait() == 0
    return folder


@pytest.mark.long
def test_a_killed_run_resumes_to_the_same_weights(whole: Path, tmp_path: Path) -> None:
    """Killed once while Python still starts, and once at a random moment after training has begun."""
    moments = random.Random(0)
    (tmp_path / "c.toml").write_text(CONFIG)
    folder, killed_in_training = tmp_path / "run", 0
    for patience in (moments.uniform(0.1, 0.5), None):
        process = train(folder, "--resume")
        if patience is None:  # the time that Python takes to start is no part of the moment
            before = modified(folder / "metrics.jsonl")
            while process.poll() is None and modified(folder / "metrics.jsonl") == before:
                time.sleep(0.002)
            patience = moments.uniform(0, 0.1)
        time.sleep(patience)
        process.kill()
        process.wait()
        killed_in_training += (folder / "metrics.jsonl").exists() and not (folder / "result.json").exists()
    assert killed_in_training
    assert train(folder, "--resume").wait() == 0
    for name in ("best.pt", "last.pt"):
        expected, found = (tensors(torch.load(one / name, weights_only=True)) for one in (whole, folder))
        assert expected.keys() == found.keys()
        assert len(expected) >= 5
        for path, tensor in expected.items():
            assert torch.equal(found[path], tensor), f"{name}{path}"
    assert sorted(path.name for path in folder.iterdir()) == sorted(path.name for path in whole.iterdir())
