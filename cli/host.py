"""``hadamrnn host``: sequences to a core on a board, and its results against the reference."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .counts import count_option
from .network_file import NetworkFile
from .output import json_option, print_json
from .progress import counted
from .refusal import refuse_options
from .task_options import task_option
from .task_sequences import task_sequences

if TYPE_CHECKING:
    import numpy as np

    from ..host.comparison import Comparison
    from ..hw.boards.protocol import Identity
    from ..quant.integer import FrozenNetwork


class NoAnswer(click.ClickException):
    """The board did not answer, or not usefully: neither agreement nor a difference."""

    exit_code = 3


@click.command(
    epilog="""\b
Example:
  hadamrnn host zoo:digits-d64 --port /dev/ttyUSB1 --task digits --sequences 100
  hadamrnn host digits.safetensors --port COM4 --inputs mine.npz --json
"""
)
@click.argument("network_path", metavar="NET", type=NetworkFile())
@click.option("--port", required=True, metavar="PORT", help="Serial port of the board, such as /dev/ttyUSB0 or COM3.")
@count_option("--baud", None, "Bits per second, as the board was built.", default=1_000_000)
@click.option("--task", metavar="NAME", help="Send sequences of that task's test set.")
@task_option
@count_option("--sequences", "N", "Sequences of the task to send.", default=20)
@click.option(
    "--inputs",
    "inputs_path",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Send the sequences of an .npy or .npz file instead.",
)
@click.option(
    "--timeout", type=float, default=1.0, show_default=True, metavar="S", help="Seconds to wait for an answer."
)
@json_option
def command(
    network_path: Path,
    port: str,
    baud: int,
    task: str | None,
    options: Sequence[str],
    sequences: int,
    inputs_path: Path | None,
    timeout: float,
    as_json: bool,
) -> int:
    """Send sequences to a board with the core of the frozen network NET, print the classes that it answers, and compare
    every value with the reference. Without --task and --inputs, only ask the board who it is.

    A board with another network is refused. The status is 0 where all is equal and 1 on any difference, the first of
    which is named; 3 where the board does not answer.
    """
    from ..host.comparison import compare, expected_results
    from ..host.line import LineError
    from ..host.serial_port import SerialPort
    from ..host.session import Session
    from ..quant.integer import read_frozen

    _check_options(task, inputs_path, timeout)
    network = read_frozen(network_path)
    inputs, lengths = _inputs(network, task, options, sequences, inputs_path)
    try:
        with SerialPort(port, baud) as line:
            session = Session(line, network, timeout=timeout, byte_seconds=10 / baud)
            results: list[np.ndarray] = []
            if inputs is not None:
                with counted("host", len(inputs)) as progress:
                    results = session.run(inputs, lengths, progress=progress)
    except LineError as error:
        raise NoAnswer(f"{port}: {error}") from error
    if inputs is None:
        comparison = compare([], [])
    else:
        comparison = compare(expected_results(network, session.identity, inputs, lengths), results)
    if as_json:
        print_json(_to_json(session.identity, results, comparison, session.repairs))
    else:
        _print(network, session.identity, results, comparison, session.repairs)
    return int(comparison.differences > 0)


def _check_options(task: str | None, inputs_path: Path | None, timeout: float) -> None:
    if not 0 < timeout < 3600:
        raise click.UsageError(f"--timeout must be above 0 and below 3600 seconds, not {timeout:g}")
    if task is None:
        refuse_options(("options", "sequences"), "goes with --task")
    elif inputs_path is not None:
        raise click.UsageError("--inputs does not go with --task")


def _inputs(
    network: FrozenNetwork, task: str | None, options: Sequence[str], sequences: int, inputs_path: Path | None
) -> tuple[Any, Any]:
    """Inputs and lengths, both None where nothing is to be sent."""
    if inputs_path is not None:
        from ..sim.sequence_file import read_sequences

        return read_sequences(network, inputs_path)
    if task is None:
        return None, None
    return task_sequences(network, task, options, sequences)


def _classes(identity: Identity, result: np.ndarray) -> list[int]:
    """The class of each result of a sequence: the smallest index of a largest logit."""
    return (result.argmax(axis=1) if identity.logits else result[:, 0]).tolist()


def _to_json(identity: Identity, results: Sequence[np.ndarray], comparison: Comparison, repairs: int) -> dict[str, Any]:
    return {
        "board": vars(identity) | {"fingerprint": identity.fingerprint.hex()},
        "sequences": [
            {"classes": _classes(identity, result)} | ({"logits": result.tolist()} if identity.logits else {})
            for result in results
        ],
        "values_compared": comparison.values,
        "differences": comparison.differences,
        "first_difference": comparison.first or None,
        "repairs": repairs,
    }


def _print(
    network: FrozenNetwork, identity: Identity, results: Sequence[np.ndarray], comparison: Comparison, repairs: int
) -> None:
    kind = "logits" if identity.logits else "class"
    click.echo(
        f"network {identity.fingerprint.hex()[:16]}…: d = {identity.hidden_size}, m = {identity.input_size}, "
        f"o = {identity.output_size}, {kind} output, {identity.clock_hz / 1e6:g} MHz"
    )
    if not results:
        return
    for index, result in enumerate(results):
        names = [str(one) if network.labels is None else network.labels[one] for one in _classes(identity, result)]
        click.echo(f"  sequence {index}: {' '.join(names)}")
    if repairs:
        click.echo(f"  {repairs} times something went wrong on the line and was sent again")
    click.echo(f"  {comparison.values} values compared, {comparison.differences} differences")
    click.echo(comparison.first or "equal, bit for bit")
