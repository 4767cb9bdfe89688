"""Results of training as text: of one run, and of several seeds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .output import print_json

if TYPE_CHECKING:
    from ..quant.configuration import ExperimentConfig

_SPLITS = ("train", "validation", "test")
_BASELINES = {"lstm": "LSTM", "gru": "GRU", "fastrnn": "FastRNN", "fastgrnn": "FastGRNN", "ornn": "ORNN"}
_FIGURES = {"accuracy": "accuracy", "sequence_accuracy": "whole sequences", "loss": "loss"}


def print_result(folder: Path, config: ExperimentConfig, result: dict[str, Any]) -> None:
    """The figures of one run."""
    names = _names(result["test"])
    click.echo(f"{folder}: {described(config)}")
    for split in _SPLITS:
        figures = (f"{name} {_value(key, result[split].get(key))}" for key, name in names.items())
        known = (text for text, key in zip(figures, names, strict=True) if result[split].get(key) is not None)
        click.echo(f"  {split:10} {', '.join(known)}")
    click.echo(f"  best epoch {result['best_epoch']} of {result['epochs']}, {result['seconds']:.0f} s")


def print_summary(folder: Path, config: ExperimentConfig, results: dict[str, dict[str, Any]], *, as_json: bool) -> None:
    """The figures of several seeds, by the name of the run, with mean and spread."""
    from ..quant.seeds import summarise

    summary = summarise(list(results.values()))
    if as_json:
        print_json({"runs": results, "summary": summary})
        return
    click.echo(f"{folder}: {described(config)}, {len(results)} seeds")
    names = _names(summary["test"])
    figures = [key for key in names if key in summary["test"]]
    for name, result in results.items():
        values = ", ".join(f"{names[key]} {_value(key, result['test'][key])}" for key in figures)
        click.echo(f"  {name:10} test {values}")
    for key in figures:
        one = summary["test"][key]
        spread = f"{_value(key, one['least'])} to {_value(key, one['largest'])}"
        deviation = one["standard_deviation"]
        spread += "" if deviation is None else f", standard deviation {_value(key, deviation)}"
        click.echo(f"  test {names[key]}: mean {_value(key, one['mean'])}, {spread}")


def _names(test: dict[str, Any]) -> dict[str, str]:
    """What the figures are called; one without an accuracy is of a regression."""
    return _FIGURES if test.get("accuracy") is not None else _FIGURES | {"loss": "mean squared error"}


def described(config: ExperimentConfig) -> str:
    """Task and network in a few words."""
    network = config.network
    sizes = f"{config.task}, d = {network.hidden_size}"
    if network.kind in _BASELINES:
        return f"{sizes}, {_BASELINES[network.kind]}"
    if network.kind == "qornn":
        return f"{sizes}, dense of {network.recurrent_bits} bits, {network.strategy}"
    return f"{sizes}, n = {network.block_size}" + (", weights in floats" if network.kind == "float" else "")


def named_task(config: ExperimentConfig) -> str:
    """The task of an experiment as :func:`task_with_options` has it; of paths, the name of the file."""
    from ..quant.own_data import portable

    return task_with_options(config.task, portable(config).task_options)


def task_with_options(task: str, options: dict[str, Any]) -> str:
    """A task with those of its options that are not as they are by default, as ``--option`` takes them."""
    from ..model.tasks import task_options

    defaults = task_options(task)
    chosen = {name: value for name, value in options.items() if value != defaults.get(name)}
    typed = {name: value if isinstance(value, str) else json.dumps(value) for name, value in chosen.items()}
    return " ".join([task, *(f"{name}={value}" for name, value in typed.items())])


def _value(figure: str, value: float | None) -> str:
    if value is None:
        return "none"
    return f"{value:.4g}" if figure == "loss" else f"{value:.2%}"
