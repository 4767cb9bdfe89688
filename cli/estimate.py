"""``hadamrnn estimate``: what cores of several sizes cost, before synthesis."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from ..hw.parameters import CoreParameters
from .core_options import core_options
from .list_options import ListOptions
from .network_file import NetworkFile
from .output import json_option, print_json, print_table
from .refusal import refuse_options

_SHAPE = ("block", "input_size", "output_size", "input_bits", "state_bits", "weight_bits")
# Figures of the text table, in this order, with their headings; --json holds all there are.
_COLUMNS = {
    "hidden_size": "d",
    "block_size": "n",
    "lanes": "P",
    "cycles_per_step": "cycles\nper step",
    "sequence_clocks": "clocks per\nsequence",
    "adders": "adders",
    "multipliers": "multi-\npliers",
    "state_memory_bits": "state\nbits",
    "pipeline_register_bits": "pipeline\nbits",
    "weight_memory_bits": "weight\nbits",
    "logic_cells": "logic\ncells",
    "flip_flops": "flip-\nflops",
    "block_rams": "block\nRAMs",
    "dsps": "DSPs",
    "clock_mhz": "clock,\nMHz",
}


@click.command(
    cls=ListOptions,
    epilog="""\b
Example:
  hadamrnn estimate --hidden 64 128 256 --lanes 1 8 --steps 784
  hadamrnn estimate digits.safetensors --lanes 1 2 4
""",
)
@click.argument("network", metavar="[NET]", required=False, type=NetworkFile())
@click.option("--hidden", multiple=True, type=int, metavar="D ...", help="Hidden sizes d; one network of each.")
@click.option("--block", multiple=True, type=int, metavar="N ...", help="Block sizes n.  [default: n = d]")
@click.option("--lanes", multiple=True, type=int, metavar="P ...", help="Words per clock.  [default: 1]")
@click.option("--steps", type=int, default=1, show_default=True, metavar="T", help="Steps of a sequence.")
@click.option("--input-size", type=int, default=1, show_default=True, metavar="M", help="Input elements a step.")
@click.option("--output-size", type=int, default=10, show_default=True, metavar="O", help="Logits.")
@click.option("--input-bits", type=int, default=8, show_default=True, help="Bits of an input element.")
@click.option("--state-bits", type=int, default=12, show_default=True, help="Bits of a state word.")
@click.option("--weight-bits", type=int, default=4, show_default=True, help="Bits of an input or output weight.")
@core_options(without=("lanes",))
@json_option
def command(
    network: Path | None,
    hidden: Sequence[int],
    block: Sequence[int],
    lanes: Sequence[int],
    steps: int,
    parameters: CoreParameters,
    as_json: bool,
    **shape: Any,
) -> None:
    """Estimate the core of the frozen network NET, or of networks of the given shapes, in milliseconds.

    Without NET the widths are upper bounds, for the largest weights there are. A figure that is not known before
    synthesis is "?" in the table and null in JSON, with the reason.
    """
    from ..hw.estimate import estimate, worst_case_network
    from ..quant.integer import read_network

    if (network is None) == (not hidden):
        raise click.UsageError("give either NET or --hidden")
    if network is not None:
        refuse_options(_SHAPE, "goes with --hidden: NET has its own")
        networks = [read_network(network)]
    else:
        networks = [worst_case_network(d, n, **shape) for d in hidden for n in block or (d,)]
    estimates = [
        estimate(one, replace(parameters, lanes=count), steps=steps).to_json()
        for one in networks
        for count in lanes or (1,)
    ]
    if as_json:
        print_json(estimates)
    else:
        _print_table(estimates)


def _print_table(estimates: Sequence[dict[str, Any]]) -> None:
    from rich.table import Table

    table = Table()
    for heading in _COLUMNS.values():
        table.add_column(heading, justify="right")
    for one in estimates:
        sums = {
            "adders": one["butterfly_adders"] + one["multiplier_adders"] + one["state_adders"],
            "multipliers": one["input_multipliers"] + one["readout_multipliers"],
        }
        values = (sums.get(name, one.get(name)) for name in _COLUMNS)
        table.add_row(*("?" if value is None else str(value) for value in values))
    print_table(table)
    reasons = {(name, reason): None for one in estimates for name, reason in one["reasons"].items()}
    for text in dict.fromkeys(reason for _, reason in reasons):
        names = ", ".join(name.replace("_", " ") for name, reason in reasons if reason == text)
        click.echo(f"?: {names}: {text}")
