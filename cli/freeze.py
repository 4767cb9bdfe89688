"""``hadamrnn freeze``: a trained run as integers."""

from __future__ import annotations

from pathlib import Path

import click

from .output import check_writable, json_option, print_json
from .progress import stages


@click.command(
    epilog="""\b
Example:
  hadamrnn freeze run -o digits.safetensors --state-bits 12
"""
)
@click.argument("folder", metavar="RUN", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--out",
    "path",
    required=True,
    metavar="NET.safetensors",
    type=click.Path(path_type=Path),
    help="File to write.",
)
@click.option("--state-bits", type=int, default=12, show_default=True, metavar="W", help="Bits of a state word.")
@click.option("--input-bits", type=int, default=8, show_default=True, help="Of inputs that are not integers by nature.")
@json_option
def command(folder: Path, path: Path, state_bits: int, input_bits: int, as_json: bool) -> None:
    """Calibrate the network of the finished run RUN on its training data and freeze it to integers.

    Prints the accuracy on the test set in floating point and in integers, side by side.
    """
    check_writable(path, "-o")
    with stages("freeze") as stage:
        stage("loading")
        import numpy as np

        from ..quant.experiment import load_run
        from ..quant.freeze import freeze
        from ..quant.integer import quantise_inputs, write_network
        from ..sim import reference

        run = load_run(folder)
        stage("calibrating")
        network, report = freeze(
            run.network, run.task, state_bits=state_bits, input_bits=input_bits, trained=run.origin
        )
        stage("integer accuracy on the test set")
        test = run.task.test
        result = reference.run(network, quantise_inputs(network, test.x))
        write_network(network, path)
    accuracy = {
        "float": run.result["test"]["accuracy"],
        "integer": float(np.mean(result.classes == test.y)),
        "test_sequences": len(test),
    }
    if as_json:
        print_json({"accuracy": accuracy, "saturations": result.saturations, "freeze": report.to_json()})
        return
    click.echo(f"{path}: d = {network.hidden_size}, n = {network.block_size}, {network.state_bits} state bits")
    click.echo(
        f"  test accuracy  float {accuracy['float']:.2%}  integer {accuracy['integer']:.2%}  ({len(test)} sequences)"
    )
    click.echo(f"  largest state {report.largest_state:.0f} of {report.state_limit} in calibration")
    click.echo(f"  {result.saturations} states saturated on the test set")
