"""``hadamrnn zoo``: the trained networks that come with the package."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .output import json_option, print_fitting_table, print_json
from .progress import stages
from .run_result import task_with_options

if TYPE_CHECKING:
    from ..zoo import ZooEntry

_COLUMNS = {
    "name": 0,
    "task": 4,
    "d": 1,
    "n": 2,
    "q": 8,
    "p": 6,
    "state bits": 5,
    "float": 3,
    "integer": 0,
    "kB": 7,
}
_LEFT = ("name", "task")


@click.group(
    invoke_without_command=True,
    epilog="""\b
Example:
  hadamrnn zoo list
  hadamrnn zoo show digits-d64
  hadamrnn verify zoo:digits-d64 --task digits
""",
)
@click.pass_context
def command(context: click.Context) -> None:
    """Trained integer networks that come with the package: zoo:NAME stands for a file wherever a command takes a
    frozen network, and for its configuration in hadamrnn train, whose figures may differ where training has changed.
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


@command.command(
    "list",
    short_help="List the networks and how good they are.",
    epilog="""\b
Example:
  hadamrnn zoo list --json
""",
)
@json_option
def list_command(as_json: bool) -> None:
    """List the networks: sizes, test accuracy in floating point and in integers (or cross-entropy, or squared error,
    where every step has a label or a target), and the kB that a core stores.
    """
    from ..zoo import entry, names

    entries = [entry(name) for name in names()]
    if as_json:
        print_json([one.description for one in entries])
    elif entries:
        print_fitting_table([_row(one) for one in entries], _COLUMNS, left=_LEFT)
        click.echo(
            "n: units of a block, q: blocks, p: bits of the weights; float and integer: accuracy of the test set,"
        )
        click.echo("or the loss where every step has a result")
    else:
        click.echo("the zoo is empty")


@command.command(
    short_help="All about one network.",
    epilog="""\b
Example:
  hadamrnn zoo show digits-d64
""",
)
@click.argument("name", metavar="NAME")
@json_option
def show(name: str, as_json: bool) -> None:
    """All about the network NAME, and the commands that made it."""
    from ..zoo import entry

    one = entry(name.removeprefix("zoo:"))
    if as_json:
        print_json(one.description | {"file": str(one.network), "config": str(one.config)})
    else:
        _print_entry(one)


@command.command(
    short_help="Make a finished run a network of the zoo.",
    epilog="""\b
Example:
  hadamrnn zoo add run digits-d64 --state-bits 12
  hadamrnn zoo add run digits-d64-8bit --state-bits 8 --fine-tune 500
""",
)
@click.argument("run_folder", metavar="RUN", type=click.Path(path_type=Path))
@click.argument("name", metavar="NAME")
@click.option(
    "--state-bits", type=int, default=12, show_default=True, metavar="W", help="Bits of a state word, 4 to 24."
)
@click.option("--input-bits", type=int, default=8, show_default=True, help="1 to 16, of inputs not integers by nature.")
@click.option("--fine-tune", type=int, default=0, metavar="N", help="Steps of fine-tuning with integers.  [default: 0]")
@click.option("--large", is_flag=True, help="Accept a network file of more than 200 kB.")
@click.option("--overwrite", is_flag=True, help="Replace the network of that name.")
@click.option(
    "--folder", type=click.Path(path_type=Path), metavar="DIR", help="Of the zoo.  [default: that of the package]"
)
@json_option
def add(
    run_folder: Path,
    name: str,
    state_bits: int,
    input_bits: int,
    fine_tune: int,
    large: bool,
    overwrite: bool,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Freeze the finished run RUN, evaluate it on the whole test set and make it the network NAME of the zoo."""
    with stages("zoo") as stage:
        stage("loading")
        from ..quant.experiment import load_run
        from ..zoo import FOLDER
        from ..zoo.add import add_entry

        run = load_run(run_folder)
        stage("freezing and evaluating")
        one = add_entry(
            run,
            name,
            state_bits=state_bits,
            input_bits=input_bits,
            fine_tune=fine_tune,
            large=large,
            overwrite=overwrite,
            folder=folder or FOLDER,
        )
    if as_json:
        print_json(one.description)
    else:
        _print_entry(one)


def _row(one: ZooEntry) -> dict[str, str]:
    about = one.description
    network = about["network"]
    return {
        "name": one.name,
        "task": task_with_options(about["task"], about["task_options"]),
        "d": str(network["hidden_size"]),
        "n": "dense" if network["family"] == "dense" else str(network["block_size"]),
        "q": "" if network["family"] == "dense" else str(network["blocks"]),
        "p": str(network["weights"]),
        "state bits": str(network["state_bits"]),
        "float": _figure(about, about["float"]),
        "integer": _figure(about, about["integer"]),
        "kB": f"{about['stored_bits'] / 8000:.1f}",
    }


def _print_entry(one: ZooEntry) -> None:
    about, network = one.description, one.description["network"]
    click.echo(f"zoo:{one.name}: {task_with_options(about['task'], about['task_options'])}")
    if network["family"] == "dense":
        matrix, made = f"a dense matrix of {network['recurrent_bits']} bits", f"by {network['strategy']}"
    else:
        matrix, made = f"n = {network['block_size']}, q = {network['blocks']}", f"signs {network['signs']}"
    ports = f"{network['input_size']} inputs, {network['output_size']} outputs"
    click.echo(f"  d = {network['hidden_size']}, {matrix}, {ports}, {made}")
    weights = network["weights"] if isinstance(network["weights"], str) else f"{network['weights']}-bit"
    click.echo(f"  {weights} weights, {network['state_bits']}-bit states")
    click.echo(
        f"  {about['stored_bits'] / 8000:.1f} kB stored in a core, network file {about['file_bytes'] / 1000:.1f} kB"
    )
    for kind in ("float", "integer"):
        values = {key: about[kind].get(key) for key in ("accuracy", "sequence_accuracy", "loss")}
        known = (f"{key.replace('_', ' ')} {_value(key, value)}" for key, value in values.items() if value is not None)
        click.echo(f"  {kind:7} {', '.join(known)} on {about['test_sequences']} test sequences")
    epochs = f"best epoch {about['best_epoch']} of {about['epochs']}"
    click.echo(f"  seed {about['seed']}, {epochs}, {about['seconds']:.0f} s")
    click.echo(f"  file    {one.network}")
    click.echo(f"  config  {one.config}")
    for line in about["commands"]:
        click.echo(f"  $ {line}")


def _figure(about: dict[str, Any], figures: dict[str, Any]) -> str:
    """What tells networks of a task apart: accuracy of sequences, or the loss where steps or targets are judged."""
    by_loss = figures["accuracy"] is None or about["network"]["readout"] == "every"
    return _value("loss", figures["loss"]) if by_loss else _value("accuracy", figures["accuracy"])


def _value(figure: str, value: Any) -> str:
    return f"{value:.3g}" if figure == "loss" else f"{value:.2%}"
