"""``hadamrnn generate``: a frozen network as Verilog, and a JSON that describes it."""

from pathlib import Path
from typing import Any

import click

from ..hw.parameters import CoreParameters
from .core_options import core_options
from .network_file import NetworkFile
from .output import json_option, print_json


@click.command(
    epilog="""\b
Example:
  hadamrnn generate digits.safetensors -o core --lanes 2 --output logits
  hadamrnn generate zoo:digits-d64 -o core
"""
)
@click.argument("network", metavar="NET", type=NetworkFile())
@click.option(
    "-o", "--out", "folder", required=True, metavar="DIR", type=click.Path(path_type=Path), help="Folder to write to."
)
@click.option("--name", default="hadamard_core", show_default=True, help="Name of the top module and of the files.")
@core_options()
@json_option
def command(network: Path, folder: Path, name: str, parameters: CoreParameters, as_json: bool) -> None:
    """Write the frozen network NET as DIR/NAME.v, with AXI4-Stream ports, and DIR/NAME.json, which describes it.

    The same network, options and tool versions give the same Verilog, byte for byte.
    """
    from ..hw.verilog import generate
    from ..quant.integer import read_network

    description = generate(read_network(network), parameters, folder, name)
    if as_json:
        print_json(description)
    else:
        _print_summary(folder, description)


def _print_summary(folder: Path, description: dict[str, Any]) -> None:
    latency = description["sequence_latency"]
    network, parameters = description["network"], description["parameters"]
    click.echo(f"{folder / description['verilog']}: module {description['name']}")
    click.echo(
        f"  d = {network['hidden_size']}, n = {network['block_size']}, {network['state_bits']} state bits, "
        f"{parameters['lanes']} lanes, {parameters['output']} output"
    )
    click.echo(f"  {description['cycles_per_step']} cycles per step")
    click.echo(
        f"  {latency['constant']} + {latency['per_further_step']} (T - 1) cycles from the first input beat of a "
        "sequence of T steps to the last beat of its result"
    )
