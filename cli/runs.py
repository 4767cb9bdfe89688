"""``hadamrnn runs``: a table over run folders."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .output import json_option, print_fitting_table, print_json
from .run_result import named_task

if TYPE_CHECKING:
    from ..quant.run_folder import RunState

# Columns in their order. Where a terminal is too narrow for all, they go from the largest number on; 0 always stays.
_COLUMNS = {
    "run": 0,
    "task": 4,
    "d": 1,
    "n": 3,
    "p": 7,
    "recurrent": 5,
    "seed": 6,
    "epochs": 9,
    "validation": 2,
    "test": 0,
    "loss": 10,
    "kB": 8,
    "time": 11,
    "state": 0,
}
_LEFT = ("run", "task", "recurrent", "state")


@click.command(
    epilog="""\b
Example:
  hadamrnn runs --json
  hadamrnn runs experiments/copy experiments/mnist
"""
)
@click.argument("folders", metavar="[FOLDER]...", nargs=-1, type=click.Path(path_type=Path))
@json_option
def command(folders: Sequence[Path], as_json: bool) -> None:
    """List the runs in each FOLDER and below it; in the working folder where none is given.

    Validation and test are accuracies in floating point (of a run that is not finished, that of its best epoch so far),
    or squared errors for a regression; loss is that of the test set. kB (1000 bytes) is what inference has to store,
    with biases of 12 bits where the network can be frozen.
    """
    from ..quant.run_folder import find_runs

    folders = folders or (Path(),)
    runs = find_runs(folders)
    if as_json:
        print_json([_plain(run) for run in runs])
    elif runs:
        print_fitting_table([_row(run) for run in runs], _COLUMNS, left=_LEFT)
        for run in runs:
            if run.reason is not None:
                click.echo(f"{run.folder}: {run.reason}")
    else:
        click.echo(f"no runs in {', '.join(str(folder.resolve()) for folder in folders)}")


def _plain(run: RunState) -> dict[str, Any]:
    """A run as plain JSON; what is not known is null."""
    known = None if run.config is None else run.config.to_tables()
    return {
        "folder": str(run.folder),
        "state": run.state,
        "reason": run.reason,
        "epochs_done": run.epochs,
        "config": known,
        "best": _best(run),
        "result": run.result or None,
    }


def _row(run: RunState) -> dict[str, str]:
    row = {"run": str(run.folder), "state": run.state}
    if run.config is None:
        return row
    network, training = run.config.network, run.config.training
    table = network.to_table()
    row |= {
        "task": named_task(run.config),
        "d": str(network.hidden_size),
        "n": str(table.get("block_size", "")),
        "p": str(table.get("weight_bits", "float")),
        "recurrent": _recurrent(table),
        "seed": str(training.seed),
        "epochs": f"{run.epochs}/{training.epochs}",
    }
    if run.state == "unfinished":
        row["state"] = f"unfinished at epoch {run.epochs}"
    best = _best(run)
    if best:
        row["validation"] = _figure(best["validation_accuracy"], best["validation_loss"])
        row["time"] = _duration(run.metrics[-1].get("seconds"))
    if run.result:
        test = run.result["test"]
        row["test"] = _figure(test["accuracy"], test["loss"])
        row["loss"] = _loss(test["loss"])
        row["kB"] = _loss(run.result.get("kilobytes"))
        row["time"] = _duration(run.result["seconds"])
    return row


def _recurrent(network: dict[str, Any]) -> str:
    """How the recurrent matrix is made: signs, strategy and bits, or the baseline that has another one."""
    if "strategy" in network:
        return f"{network['strategy']} {network['recurrent_bits']}"
    return f"float, {network['signs']}" if network["kind"] == "float" else network.get("signs", network["kind"])


def _best(run: RunState) -> dict[str, Any] | None:
    """Validation of the epoch that the run keeps, or of the best one so far."""
    keys = ("epoch", "validation_loss", "validation_accuracy")
    records: list[dict[str, Any]] = [{key: record.get(key) for key in keys} for record in run.metrics]
    records = [record for record in records if isinstance(record["validation_loss"], int | float)]
    kept = [record for record in records if record["epoch"] == run.result.get("best_epoch")]
    if kept or not records:
        return kept[0] if kept else None
    if all(isinstance(record["validation_accuracy"], int | float) for record in records):
        return max(records, key=lambda record: (record["validation_accuracy"], record["epoch"]))
    return min(records, key=lambda record: (record["validation_loss"], -record["epoch"]))


def _figure(accuracy: Any, loss: Any) -> str:
    return f"{accuracy:.2%}" if isinstance(accuracy, int | float) else _loss(loss)


def _loss(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, int | float) else "?"


def _duration(seconds: Any) -> str:
    if not isinstance(seconds, int | float):
        return "?"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s" if minutes else f"{rest} s"
