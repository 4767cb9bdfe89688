"""``hadamrnn estimate``: what cores of several sizes cost, before synthesis."""

import csv
import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from ..hw.parameters import CoreParameters
from .core_options import core_options
from .list_options import ListOptions
from .network_file import NetworkFile
from .output import check_writable, json_option, print_json, print_table
from .picture import check_format
from .refusal import refuse_options
from .shape_options import SHAPE, shape_options

# Figures of the text table, in this order, with their headings; --json and --csv hold all there are. Channels are
# shown where a core has several.
_COLUMNS = {
    "hidden_size": "d",
    "block_size": "n",
    "lanes": "P",
    "channels": "C",
    "cycles_per_step": "cycles\nper step",
    "sequence_clocks": "clocks per\nsequence",
    "adders": "adders",
    "multipliers": "multi-\npliers",
    "state_memory_bits": "state\nbits",
    "pipeline_register_bits": "pipeline\nbits",
    "weight_memory_bits": "weight\nbits",
    "input_memory_bits": "input\nbits",
    "logic_cells": "logic\ncells",
    "flip_flops": "flip-\nflops",
    "block_rams": "block\nRAMs",
    "dsps": "DSPs",
    "clock_mhz": "clock,\nMHz",
    "steps_per_second": "steps\na second",
    "fits": "fits",
}


@click.command(
    cls=ListOptions,
    epilog="""\b
Example:
  hadamrnn estimate --hidden 64 128 256 --lanes 1 8 --steps 784 --target ecp5-25k
  hadamrnn estimate --hidden 32 64 128 256 512 1024 --lanes 1 4 16 --target ecp5-85k -o sizes.svg
  hadamrnn estimate digits.safetensors --lanes 1 2 4 --target ice40-up5k
""",
)
@click.argument("network", metavar="[NET]", required=False, type=NetworkFile())
@click.option("--hidden", multiple=True, type=int, metavar="D ...", help="Hidden sizes d; one network of each.")
@click.option("--block", multiple=True, type=int, metavar="N ...", help="Block sizes n.  [default: n = d]")
@click.option("--lanes", multiple=True, type=int, metavar="P ...", help="Words per clock.  [default: 1]")
@click.option("--steps", type=int, default=1, show_default=True, metavar="T", help="Steps of a sequence.")
@click.option("--target", "target_name", metavar="NAME", help="FPGA (docs/synthesis.md): cells and clock are for it.")
@click.option(
    "-o",
    "--plot",
    "plot_path",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Draw cells, memory and throughput against the hidden size, a line for each number of lanes: SVG, PNG or PDF.",
)
@click.option("--csv", "as_csv", is_flag=True, help="Print comma-separated values instead of text.")
@shape_options
@core_options(without=("lanes",))
@json_option
def command(
    network: Path | None,
    hidden: Sequence[int],
    block: Sequence[int],
    lanes: Sequence[int],
    steps: int,
    target_name: str | None,
    plot_path: Path | None,
    as_csv: bool,
    parameters: CoreParameters,
    as_json: bool,
    **shape: Any,
) -> None:
    """Estimate the core of the frozen network NET, or of networks of the given shapes, in milliseconds.

    Cycles, adders and memory bits are exact. With --target also cells and the clock, as place and route should find
    them: docs/estimates.md says how near. Without NET the widths are upper bounds, for the largest weights there are. A
    figure that is not known is "?" in the table and null in JSON, with the reason; "none" is what the device has not.
    """
    from ..hw.estimate import estimate, worst_case_network
    from ..hw.targets.catalogue import get_target
    from ..quant.integer import read_network

    if (network is None) == (not hidden):
        raise click.UsageError("give either NET or --hidden")
    if as_json and as_csv:
        raise click.UsageError("give either --json or --csv")
    target = None if target_name is None else get_target(target_name)
    if plot_path is not None:
        check_writable(plot_path, "--plot")
        check_format(plot_path)
    if network is not None:
        refuse_options(("block", *SHAPE), "goes with --hidden: NET has its own")
        networks = [read_network(network)]
    else:
        networks = [worst_case_network(d, n, **shape) for d in hidden for n in block or (d,)]
    estimates = [
        estimate(one, replace(parameters, lanes=count), steps=steps, target=target).to_json()
        for one in networks
        for count in lanes or (1,)
    ]
    if plot_path is not None:
        from .estimate_plot import plot_estimates

        plot_estimates(estimates, plot_path)
    if as_json:
        print_json(estimates)
    elif as_csv:
        click.echo(_csv(estimates), nl=False)
    else:
        _print_table(estimates)


def _csv(estimates: Sequence[dict[str, Any]]) -> str:
    """A row for each estimate, all figures; what is not known is empty."""
    text = io.StringIO()
    names = [name for name in estimates[0] if name != "reasons"]
    writer = csv.DictWriter(text, names, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(estimates)
    return text.getvalue()


def _print_table(estimates: Sequence[dict[str, Any]]) -> None:
    from rich.table import Table

    from ..hw.estimate.figures import NOT_THERE

    table = Table()
    names = [name for name in _COLUMNS if name != "channels" or any(one["channels"] > 1 for one in estimates)]
    for name in names:
        table.add_column(_COLUMNS[name], justify="right")
    for one in estimates:
        sums = {
            "adders": one["butterfly_adders"] + one["multiplier_adders"] + one["state_adders"],
            "multipliers": one["input_multipliers"] + one["readout_multipliers"],
        }
        row = one | sums | {name: "none" for name, reason in one["reasons"].items() if reason == NOT_THERE}
        table.add_row(*(_text(name, row[name]) for name in names))
    print_table(table)
    reasons = {(name, reason): None for one in estimates for name, reason in one["reasons"].items()}
    for text in dict.fromkeys(reason for _, reason in reasons if reason != NOT_THERE):
        names = ", ".join(name.replace("_", " ") for name, reason in reasons if reason == text)
        click.echo(f"?: {names}: {text}")


def _text(name: str, value: Any) -> str:
    if value is None:
        return "?"
    if name == "clock_mhz":
        return f"{value:.0f}"
    if name == "steps_per_second":
        return f"{value:,.0f}"
    return {True: "yes", False: "no"}[value] if name == "fits" else str(value)
