"""One experiment with several seeds: a folder each, and what they have in common. Imports without torch."""

import statistics
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..model.task import SPLITS
from .configuration import ExperimentConfig, read_config
from .run_folder import CONFIG

_PREFIX = "seed-"


def seed_runs(config: ExperimentConfig, seeds: Iterable[int], folder: Path) -> list[tuple[ExperimentConfig, Path]]:
    """The experiment with each of ``seeds``, and its folder ``seed-N`` in ``folder``.

    Raises
    ------
    InputError
        If a seed is no integer of at least 0, or comes twice; if ``folder`` is a run itself.
    """
    if (folder / CONFIG).exists():
        raise InputError(f"{folder}: a run already, expected a folder for the runs of several seeds")
    runs = [(config.replace(seed=seed), folder / f"{_PREFIX}{seed}") for seed in seeds]
    names = [path.name for _, path in runs]
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"seeds must be different, {name.removeprefix(_PREFIX)} comes twice")
    return runs


def found_seed_runs(folder: Path) -> list[tuple[ExperimentConfig, Path]]:
    """The runs that an earlier command began in ``folder``, by seed; none where it is not the folder of such runs.

    Raises
    ------
    InputError
        If a configuration in it cannot be read.
    """
    if not folder.is_dir() or (folder / CONFIG).exists():
        return []
    runs = [(read_config(path, recorded=True), path.parent) for path in folder.glob(f"{_PREFIX}*/{CONFIG}")]
    return sorted(runs, key=lambda run: run[0].training.seed)


def summarise(results: Sequence[dict[str, Any]]) -> dict[str, dict[str, dict[str, float | None]]]:
    """Mean and spread over the results of several seeds.

    Returns
    -------
    dict
        For each split and each of its figures (a figure that the task does not have is left out): ``mean``, ``least``,
        ``largest`` and ``standard_deviation`` (of a sample: None for a single seed).
    """
    summary: dict[str, dict[str, dict[str, float | None]]] = {}
    for split in SPLITS:
        summary[split] = {}
        for figure in results[0][split]:
            values = [result[split][figure] for result in results]
            if any(value is None for value in values):
                continue
            summary[split][figure] = {
                "mean": statistics.fmean(values),
                "least": min(values),
                "largest": max(values),
                "standard_deviation": statistics.stdev(values) if len(values) > 1 else None,
            }
    return summary
