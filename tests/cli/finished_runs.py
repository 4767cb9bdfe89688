"""Run folders without the training."""

import json
import zipfile
from pathlib import Path
from typing import Any

from hadamrnn.model.task import SPLITS
from hadamrnn.quant.configuration import ExperimentConfig, NetworkOptions


def finished_run(folder: Path, result: dict[str, Any] | None = None, **network: Any) -> Path:
    """A run folder as training leaves it, of a network that nobody has trained."""
    config = ExperimentConfig(task="digits", network=NetworkOptions(**{"hidden_size": 64} | network))
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text(config.to_toml())
    with zipfile.ZipFile(folder / "best.pt", "w"):
        pass
    figures = {split: {"loss": 0.1, "accuracy": 0.75} for split in SPLITS}
    known = {"best_epoch": 1, "epochs": 1, "seconds": 1.0, "versions": {}} | figures
    (folder / "result.json").write_text(json.dumps(known | (result or {})))
    return folder
