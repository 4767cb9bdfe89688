"""``hadamrnn train``: a network for a task, in a run folder; or several seeds of it, in a folder of run folders."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import InputError
from ..model.options import TrainingOptions
from .list_options import ListOptions
from .network_file import ConfigFile
from .output import json_option, print_json
from .progress import counted
from .refusal import given, refuse_options, refuse_without_block
from .run_result import print_result, print_summary
from .settings import parse_settings, setting_option
from .task_options import parse_task_options, task_option

if TYPE_CHECKING:
    from ..model.progress import StepReport
    from ..quant.configuration import ExperimentConfig

# Parameters that make a configuration, and so do not go with a file or a run that has one.
_OF_TASK = ("options", "hidden", "block", "weight_bits", "signs", "embedding")
# Parameters that are not named as the key of the configuration that they set.
_KEYS = {"hidden": "hidden_size", "block": "block_size", "embedding": "embedding_size", "seeds": "seed"}


def _help(text: str, key: str) -> str:
    """``text``, and what ``key`` of ``[training]`` is where neither the option nor a file gives it."""
    return f"{text}  [default: CONFIG.toml's, else {getattr(TrainingOptions, key):g}]"


@click.command(
    cls=ListOptions,
    epilog="""\b
Example:
  hadamrnn train --task digits --hidden 64 -o run
  hadamrnn train zoo:digits-d64 -o run          # the settings and seed of a network of the zoo
  hadamrnn train configs/digits.toml --seeds 0 1 2 -o runs
  hadamrnn train configs/digits.toml --kind qornn --set strategy=ptq --set recurrent_bits=5 -o run
  hadamrnn train --resume -o runs
""",
)
@click.argument("config", metavar="[CONFIG.toml]", required=False, type=ConfigFile())
@click.option(
    "-o", "--out", "folder", required=True, metavar="RUN", type=click.Path(path_type=Path), help="Run folder."
)
@click.option("--task", metavar="NAME", help="Train on this task, instead of CONFIG.toml.")
@task_option
@click.option("--hidden", type=int, default=64, show_default=True, metavar="D", help="Hidden size d.")
@click.option("--block", type=int, default=0, metavar="N", help="Block size n.  [default: n = d]")
@click.option("--weight-bits", default="4", show_default=True, metavar="P|ternary", help="Bits of U and V.")
@click.option(
    "--signs",
    default="searched",
    show_default=True,
    metavar="searched|learned|drawn",
    help="Search for signs, train them with the weights, or leave them as drawn.",
)
@click.option("--embedding", type=int, default=0, metavar="E", help="Values of a token's learnt vector.  [default: 0]")
@click.option(
    "--kind",
    metavar="KIND",
    help="hadamard or qornn; or a baseline in full precision: float, lstm, gru, fastrnn, fastgrnn or ornn.  "
    "[default: CONFIG.toml's, else hadamard]",
)
@setting_option
@click.option("--epochs", type=int, help=_help("Passes over the training set.", "epochs"))
@click.option(
    "--patience",
    type=int,
    metavar="N",
    help=_help("Stop after N epochs without a better one; 0 for never.", "patience"),
)
@click.option("--batch-size", type=int, help=_help("Sequences per step of the optimiser.", "batch_size"))
@click.option("--learning-rate", type=float, help=_help("Of the weights, in the first epoch.", "learning_rate"))
@click.option("--seed", type=int, help=_help("Of the initial values and of the order of the sequences.", "seed"))
@click.option("--seeds", type=int, multiple=True, metavar="N ...", help="Train each of them, in RUN/seed-N.")
@click.option("--device", default="cpu", show_default=True, metavar="cpu|cuda", help="Where to compute.")
@click.option("--resume", is_flag=True, help="Go on with the interrupted run or runs in RUN.")
@click.option("--overwrite", is_flag=True, help="Replace an earlier run in RUN.")
@json_option
def command(
    config: Path | None,
    folder: Path,
    task: str | None,
    options: Sequence[str],
    kind: str | None,
    settings: Sequence[str],
    seeds: Sequence[int],
    device: str,
    resume: bool,
    overwrite: bool,
    as_json: bool,
    hidden: int,
    block: int,
    weight_bits: str,
    signs: str,
    embedding: int,
    **training: Any,
) -> None:
    """Train a network, from CONFIG.toml or for --task, and evaluate it.

    RUN receives the configuration as used, checkpoints, metrics as JSON lines, the curve as PNG and the result. A run
    that was interrupted or killed goes on with --resume, and ends with the same weights as one that was not.

    zoo:NAME in place of CONFIG.toml is the configuration that a network of the zoo was trained with. The figures may
    come out different where training has changed since, or the machine is another (docs/training.md).
    """
    if resume and overwrite:
        raise click.UsageError("--resume does not go with --overwrite")
    if seeds and training["seed"] is not None:
        raise click.UsageError("--seed does not go with --seeds")
    if (config is None) == (task is None) and not (resume and config is None):
        raise click.UsageError("give either CONFIG.toml or --task")
    changes = parse_settings(settings, given=_given())
    changes |= {name: value for name, value in training.items() if value is not None}
    if task is None:
        refuse_options(_OF_TASK, "goes with --task: a configuration has its own")
        experiment = None if config is None else _read(config)
    else:
        network = {"hidden_size": hidden, "block_size": block, "weight_bits": _weight_bits(weight_bits), "signs": signs}
        network |= {"embedding_size": embedding, "kind": kind or "hadamard"}
        experiment = _configuration(task, options, network)
    runs = _runs(experiment, folder, seeds, kind, changes)
    results = _train(runs, folder, device=device, resume=resume, overwrite=overwrite)
    if runs[0][1] == folder:
        print_json(results[0]) if as_json else print_result(folder, runs[0][0], results[0])
    else:
        names = [path.name for _, path in runs]
        print_summary(folder, runs[0][0], dict(zip(names, results, strict=True)), as_json=as_json)


def _given() -> list[str]:
    """The keys of a configuration that the command was given by options of their own."""
    names = [parameter.name or "" for parameter in click.get_current_context().command.params]
    return [_KEYS.get(name, name) for name in names if given(name)]


def _read(path: Path, *, recorded: bool = False) -> ExperimentConfig:
    from ..quant.configuration import read_config

    return read_config(path, recorded=recorded)


def _runs(
    experiment: ExperimentConfig | None, folder: Path, seeds: Sequence[int], kind: str | None, changes: dict[str, Any]
) -> list[tuple[ExperimentConfig, Path]]:
    """Experiments and their folders; ``experiment`` is None where the folder says what to resume."""
    from ..quant.seeds import found_seed_runs, seed_runs

    found = [] if experiment is not None or seeds else found_seed_runs(folder)
    if experiment is None and not found and not (folder / "config.toml").exists():
        raise InputError(f"{folder}: nothing to resume, it has no config.toml")
    if not found:
        found = [(experiment if experiment is not None else _read(folder / "config.toml", recorded=True), folder)]
    if kind is not None:
        found = [(one.replace_kind(kind), path) for one, path in found]
    found = [(one.replace_settings(**changes), path) for one, path in found]
    return seed_runs(found[0][0], seeds, folder) if seeds else found


def _train(
    runs: Sequence[tuple[ExperimentConfig, Path]], folder: Path, *, device: str, resume: bool, overwrite: bool
) -> list[dict[str, Any]]:
    """The results of all runs, one after the other; every folder is that of a run before the first one is trained."""
    from ..model.tasks import load_task
    from ..quant.experiment import begin, check_free, train  # torch, a second or two: only once the options are good

    if not resume and len(runs) > 1:
        for _, path in runs:
            check_free(path, overwrite)
        load_task(runs[0][0].task, **runs[0][0].task_options)  # which says what is wrong before a run is overwritten
        for experiment, path in runs:
            begin(experiment, path)
        resume, overwrite = True, False
    results, noted = [], set()

    def note(line: str) -> None:
        if line not in noted:  # by another seed, of the same data
            noted.add(line)
            click.echo(f"hadamrnn: note: {line}", err=True)

    for number, (experiment, path) in enumerate(runs, 1):
        title = "training" if path == folder else f"training {path.name}, {number} of {len(runs)}"
        with _progress(title, experiment.training.epochs) as report:
            try:
                options: dict[str, Any] = {"resume": resume, "overwrite": overwrite, "device": device}
                run = train(experiment, path, **options, report=report, note=note)
            except KeyboardInterrupt:
                click.echo(f"interrupted; go on with: hadamrnn train --resume -o {folder}", err=True)
                raise
        results.append(run.result)
        del run  # and its data set
    return results


def _configuration(task: str, options: Sequence[str], network: dict[str, Any]) -> ExperimentConfig:
    from ..quant.configuration import ExperimentConfig, NetworkOptions

    unused = NetworkOptions(kind=network["kind"], hidden_size=1).unused
    without = [name for name in _OF_TASK if _KEYS.get(name, name) in unused]
    refuse_options(without, f"does not go with --kind {network['kind']}")
    if not network["block_size"] and "block_size" not in unused:
        refuse_without_block(network["hidden_size"])
    return ExperimentConfig(
        task=task,
        task_options=parse_task_options(task, options),
        network=NetworkOptions(**network),
        training=TrainingOptions(),
    )


def _weight_bits(text: str) -> int | str:
    return int(text) if text.isdecimal() else text


@contextmanager
def _progress(title: str, epochs: int) -> Iterator[Callable[[StepReport], None]]:
    """A bar with loss and accuracy on a terminal, some lines elsewhere."""
    if sys.stderr.isatty():
        from ..model.progress import progress_bar

        if title != "training":
            click.echo(title, err=True)
        with progress_bar() as show:
            yield show
        return
    with counted(f"{title}: epochs", epochs) as done:
        yield lambda report: done(report.epoch + (report.step == report.steps))
