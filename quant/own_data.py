"""Runs on data of the user's own: where these are, and that they are still those of the run. Imports without torch."""

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import DataError, InputError
from ..model.task import Task
from ..model.tasks import load_task, path_options
from .configuration import ExperimentConfig

_OF_INPUTS = ("input_weight", "layer.input_weight", "layer.weight_ih_l0")  # (…, m), of networks and baselines


def located(config: ExperimentConfig) -> ExperimentConfig:
    """The same experiment with absolute paths to its data: it can be run from any folder.

    Relative ones begin at the working folder; links to data stay links.
    """
    return _with_paths(config, lambda path: str(Path(path).parent.resolve() / Path(path).name))


def same_data(config: ExperimentConfig) -> ExperimentConfig:
    """The same experiment with one spelling of each path to its data, links followed: equal where the file is."""
    return _with_paths(config, os.path.realpath)


def portable(config: ExperimentConfig) -> ExperimentConfig:
    """The same experiment with the names of its data's files alone: what is told to others, equal on any machine."""
    return _with_paths(config, lambda path: Path(path).name or Path(path).resolve().name)


def load_run_task(folder: Path, config: ExperimentConfig) -> Task:
    """The task of the run in ``folder``.

    Raises
    ------
    DataError
        If its data cannot be loaded: one line; of the user's own data, it names the run and where they were searched.
    """
    try:
        return load_task(config.task, **located(config).task_options)
    except InputError as error:
        relative = [path for path in _paths(config).values() if path and not Path(path).is_absolute()]
        searched = f"; {relative[0]!r} was searched in {Path.cwd()}" if relative else ""
        run = f"{folder}: the data of this run: " if path_options(config.task) else ""
        raise DataError(f"{run}{error}{searched}") from error


def check_data(folder: Path, config: ExperimentConfig, task: Task, checkpoint: Mapping[str, Any]) -> None:
    """Refuse data of the user's own that are not those which the run in ``folder`` was trained on.

    Parameters
    ----------
    config, task : of the run
    checkpoint : of the run. One of a run from before checkpoints had a digest of the data tells other data only by
        their number of inputs and outputs.

    Raises
    ------
    DataError
        One line with the run and the file.
    """
    if task.digest is None:
        return
    path = next(iter(_paths(located(config)).values()), task.name)
    advice = "put the data of the run back there, or train again in another folder"
    known = checkpoint.get("data")
    if known is not None and known != task.digest:
        raise DataError(f"{folder}: {path} no longer holds the data that this run was trained on; {advice}")
    if known is None and not config.network.embedding_size:
        weights = checkpoint.get("network")
        weights = weights if isinstance(weights, Mapping) else {}
        sizes = [("outputs", weights[name].shape[0], task.output_size) for name in ("output_bias",) if name in weights]
        sizes += [("inputs", weights[name].shape[1], task.input_size) for name in _OF_INPUTS if name in weights]
        for name, size, expected in sizes:
            if size != expected:
                found = f"needs {expected} {name}, this run has {size}"
                raise DataError(f"{folder}: {path} {found}, so it holds other data than those of the run; {advice}")


def _paths(config: ExperimentConfig) -> dict[str, str]:
    return {name: config.task_options[name] for name in path_options(config.task)}


def _with_paths(config: ExperimentConfig, change: Callable[[str], str]) -> ExperimentConfig:
    changed = {name: change(path) for name, path in _paths(config).items() if path}
    return replace(config, task_options=config.task_options | changed) if changed else config
