"""``hadamrnn train``: a network for a task, in a run folder."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .output import json_option, print_json
from .progress import counted
from .refusal import refuse_options
from .task_options import parse_task_options, task_option

if TYPE_CHECKING:
    from ..model.progress import StepReport
    from ..quant.configuration import ExperimentConfig

# Parameters that make a configuration, and so do not go with a file or a run that has one.
_OF_TASK = ("options", "hidden", "block", "weight_bits", "signs")


@click.command(
    epilog="""\b
Example:
  hadamrnn train --task digits --hidden 64 -o run
  hadamrnn train mnist.toml -o run --epochs 10
  hadamrnn train --resume -o run
"""
)
@click.argument("config", metavar="[CONFIG.toml]", required=False, type=click.Path(path_type=Path))
@click.option(
    "-o", "--out", "folder", required=True, metavar="RUN", type=click.Path(path_type=Path), help="Run folder."
)
@click.option("--task", metavar="NAME", help="Train on this task, instead of CONFIG.toml.")
@task_option
@click.option("--hidden", type=int, default=64, show_default=True, metavar="D", help="Hidden size d.")
@click.option("--block", type=int, default=0, metavar="N", help="Block size n.  [default: n = d]")
@click.option("--weight-bits", default="4", show_default=True, metavar="P|ternary", help="Bits of U and V.")
@click.option("--signs", default="learned", show_default=True, metavar="learned|drawn", help="Train the signs or not.")
@click.option("--epochs", type=int, help="Passes over the training set.")
@click.option("--batch-size", type=int, help="Sequences per step of the optimiser.")
@click.option("--learning-rate", type=float, help="Of the weights, in the first epoch.")
@click.option("--seed", type=int, help="Of the initial values and of the order of the sequences.")
@click.option("--resume", is_flag=True, help="Go on with the interrupted run in RUN.")
@click.option("--overwrite", is_flag=True, help="Replace an earlier run in RUN.")
@json_option
def command(
    config: Path | None,
    folder: Path,
    task: str | None,
    options: Sequence[str],
    hidden: int,
    block: int,
    weight_bits: str,
    signs: str,
    resume: bool,
    overwrite: bool,
    as_json: bool,
    **training: Any,
) -> None:
    """Train a network, from CONFIG.toml or for --task, and evaluate it.

    RUN receives the configuration as used, checkpoints, metrics as JSON lines, the curve as PNG and the result. An
    interrupted run goes on with --resume, and ends with the same weights as one that was not interrupted.
    """
    from ..quant.configuration import read_config

    if resume and overwrite:
        raise click.UsageError("--resume does not go with --overwrite")
    if (config is None) == (task is None) and not (resume and config is None):
        raise click.UsageError("give either CONFIG.toml or --task")
    if task is None:
        refuse_options(_OF_TASK, "goes with --task: a configuration has its own")
        experiment = read_config(folder / "config.toml" if config is None else config)
    else:
        network = {"hidden_size": hidden, "block_size": block, "weight_bits": _weight_bits(weight_bits), "signs": signs}
        experiment = _configuration(task, options, network)
    experiment = experiment.replace(**{name: value for name, value in training.items() if value is not None})

    from ..quant.experiment import train  # torch, a second or two: only once the options are known to be good

    with _progress(experiment.training.epochs) as report:
        try:
            run = train(experiment, folder, resume=resume, overwrite=overwrite, report=report)
        except KeyboardInterrupt:
            click.echo(f"interrupted; go on with: hadamrnn train --resume -o {folder}", err=True)
            raise
    if as_json:
        print_json(run.result)
        return
    click.echo(
        f"{folder}: {run.config.task}, d = {run.config.network.hidden_size}, n = {run.config.network.block_size}"
    )
    for split in ("train", "validation", "test"):
        click.echo(f"  {split:10} accuracy {run.result[split]['accuracy']:7.2%}, loss {run.result[split]['loss']:.4f}")
    click.echo(f"  best epoch {run.result['best_epoch']} of {run.result['epochs']}, {run.result['seconds']:.0f} s")


def _configuration(task: str, options: Sequence[str], network: dict[str, Any]) -> ExperimentConfig:
    from ..model.options import TrainingOptions
    from ..quant.configuration import ExperimentConfig, NetworkOptions

    return ExperimentConfig(
        task=task,
        task_options=parse_task_options(task, options),
        network=NetworkOptions(**network),
        training=TrainingOptions(),
    )


def _weight_bits(text: str) -> int | str:
    return int(text) if text.isdecimal() else text


@contextmanager
def _progress(epochs: int) -> Iterator[Callable[[StepReport], None]]:
    """A bar with loss and accuracy on a terminal, some lines elsewhere."""
    if sys.stderr.isatty():
        from ..model.progress import progress_bar

        with progress_bar() as show:
            yield show
        return
    with counted("training: epochs", epochs) as done:
        yield lambda report: done(report.epoch + (report.step == report.steps))
