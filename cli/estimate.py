"""``hadamrnn estimate``: what cores of several sizes cost, before synthesis."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import InputError
from ..hw.parameters import CoreParameters
from .core_options import core_options
from .estimate_plot import memory_bits, plot_estimates
from .list_options import ListOptions
from .network_file import NetworkFile
from .output import check_writable, json_option, print_json, print_table
from .picture import check_format
from .refusal import refuse_options, refuse_without_block
from .shape_options import SHAPE, shape_options

if TYPE_CHECKING:
    from ..quant.integer import FrozenNetwork

DENSE_BITS = (1, 4)  # of the dense matrices beside each core; the latter is also the default

# Figures of the text table, in this order, with their headings; --json and --csv hold all there are. Channels are
# shown where a core has several, the matrix and M where one is dense.
_COLUMNS = {
    "matrix": "recurrent\nmatrix",
    "hidden_size": "d",
    "block_size": "n",
    "lanes": "P",
    "recurrent_words": "M",
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
  hadamrnn estimate --hidden 64 512 --target ecp5-85k --dense
  hadamrnn estimate digits.safetensors --lanes 1 2 4 --target ice40-up5k
""",
)
@click.argument("network", metavar="[NET]", required=False, type=NetworkFile())
@click.option("--hidden", multiple=True, type=int, metavar="D ...", help="Hidden sizes d; one network of each.")
@click.option(
    "--block", "block_size", multiple=True, type=int, metavar="N ...", help="Block sizes n.  [default: n = d]"
)
@click.option("--lanes", multiple=True, type=int, metavar="P ...", help="Words per clock.  [default: 1]")
@click.option(
    "--family", type=click.Choice(("hadamard", "dense")), default="hadamard", help="Of the networks of --hidden."
)
@click.option("--recurrent-bits", type=int, metavar="B", help="Of dense weights; 1: all are +1 or −1.  [default: 4]")
@click.option("--dense", is_flag=True, help="Beside each core a dense one of 1 bit and one of 4, of the same rate.")
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
    block_size: Sequence[int],
    lanes: Sequence[int],
    family: str,
    recurrent_bits: int | None,
    dense: bool,
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
    figure that is not known is "?" in the table and null in JSON, with the reason; "none" is what there is not.

    With --dense each core of a Hadamard RNN is followed by those of a dense matrix of the same size, of weights +1 and
    −1 and of 4 bits, each with as few products a clock as make a step in at most as many clocks.
    """
    from ..hw.estimate import estimate
    from ..hw.targets.catalogue import get_target
    from ..quant.integer import read_frozen

    if (network is None) == (not hidden):
        both = f", not both: NET is {network}" if hidden else ""
        raise click.UsageError(f"give either NET or --hidden{both}")
    if as_json and as_csv:
        raise click.UsageError("give either --json or --csv")
    target = None if target_name is None else get_target(target_name)
    if plot_path is not None:
        check_writable(plot_path, "--plot")
        check_format(plot_path)
    if network is not None:
        refuse_options(("block_size", "family", "recurrent_bits", *SHAPE), "goes with --hidden: NET has its own")
        networks: list[FrozenNetwork] = [read_frozen(network)]
    else:
        networks = _of_shapes(hidden, block_size, family, recurrent_bits, shape)
    cores = [(one, replace(parameters, lanes=count)) for one in networks for count in lanes or (1,)]
    lines: list[str] = []
    if dense:
        cores = [core for one in cores for core in _with_dense(*one, lines)]
    estimates = [estimate(*core, steps=steps, target=target).to_json() for core in cores]
    if plot_path is not None:
        plot_estimates(estimates, plot_path)
    if as_json:
        print_json(estimates)
    elif as_csv:
        click.echo(_csv(estimates), nl=False)
    else:
        _print_table(estimates)
        for line in (_ratios(estimates) if dense else []) + lines:
            click.echo(line)


def _of_shapes(
    hidden: Sequence[int], block_size: Sequence[int], family: str, recurrent_bits: int | None, shape: dict[str, Any]
) -> list[FrozenNetwork]:
    """One network of each hidden size, and of a Hadamard RNN of each block size."""
    from ..hw.estimate import worst_case_dense, worst_case_network

    if family == "hadamard":
        refuse_options(("recurrent_bits",), "goes with --family dense")
        for d in hidden if not block_size else ():
            refuse_without_block(d)
        return [worst_case_network(d, n, **shape) for d in hidden for n in block_size or (d,)]
    refuse_options(("block_size",), "goes with --family hadamard")
    return [worst_case_dense(d, DENSE_BITS[-1] if recurrent_bits is None else recurrent_bits, **shape) for d in hidden]


def _with_dense(
    network: FrozenNetwork, parameters: CoreParameters, lines: list[str]
) -> Iterator[tuple[FrozenNetwork, CoreParameters]]:
    """A core, and behind it those of dense matrices of the same rate; ``lines`` get one for each that there is not."""
    from ..hw.data_sheet import DataSheet
    from ..hw.estimate import dense_alternative, equal_rate

    if network.family != "hadamard":
        raise InputError("--dense goes with Hadamard RNNs, not with a network of family dense")
    if parameters.channels > 1:
        raise InputError(f"--dense goes with one channel, not with {parameters.channels}")
    yield network, parameters
    cycles = DataSheet(network, parameters).cycles_per_step
    for bits in DENSE_BITS:
        other = dense_alternative(network, bits)
        fast = equal_rate(other, parameters, cycles)
        if fast is None:
            shape = f"d = {network.hidden_size}, P = {parameters.lanes}"
            lines.append(f"no dense core of {bits} bits makes a step in {cycles} clocks ({shape})")
        else:
            yield other, fast


def _ratios(estimates: Sequence[dict[str, Any]]) -> list[str]:
    """A line for each dense core: what it takes of everything, in times of the Hadamard core before it."""
    lines, ours = [], None
    for one in estimates:
        if one["family"] == "hadamard":
            ours = one
            continue
        assert ours is not None
        sums = (("memory bits", memory_bits), ("multipliers", _multipliers))
        shares = [f"{name} × {total(one) / total(ours):.1f}" for name, total in sums]
        if one["logic_cells"] is not None and ours["logic_cells"] is not None:
            shares.insert(0, f"logic cells × {one['logic_cells'] / ours['logic_cells']:.1f}")
        core = f"d = {one['hidden_size']}, P = {ours['lanes']}"
        lines.append(f"{core}: {_matrix(one)} at {one['cycles_per_step']} clocks a step: {', '.join(shares)}")
    return lines


def _multipliers(one: Mapping[str, Any]) -> int:
    return one["input_multipliers"] + one["recurrent_multipliers"] + one["readout_multipliers"]


def _matrix(one: Mapping[str, Any]) -> str:
    if one["family"] == "hadamard":
        return "Hadamard"
    return f"dense, {one['recurrent_bits']} bit{'s' * (one['recurrent_bits'] > 1)}"


def _csv(estimates: Sequence[dict[str, Any]]) -> str:
    """A row for each estimate, all figures; what is not known is empty."""
    text = io.StringIO()
    names = [name for name in estimates[0] if name not in ("reasons", "notes")]
    writer = csv.DictWriter(text, names, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(estimates)
    return text.getvalue()


def _print_table(estimates: Sequence[dict[str, Any]]) -> None:
    from rich.table import Table

    from ..hw.estimate.figures import NO_BLOCKS, NOT_THERE

    not_there = (NO_BLOCKS, NOT_THERE)
    table = Table()
    hidden = set() if any(one["channels"] > 1 for one in estimates) else {"channels"}
    hidden |= set() if any(one["family"] == "dense" for one in estimates) else {"matrix", "recurrent_words"}
    names = [name for name in _COLUMNS if name not in hidden]
    for name in names:
        table.add_column(_COLUMNS[name], justify="right")
    for one in estimates:
        sums = {
            "matrix": _matrix(one),
            "adders": sum(one[f"{kind}_adders"] for kind in ("butterfly", "recurrent", "multiplier", "state")),
            "multipliers": _multipliers(one),
        }
        if one["family"] == "hadamard":
            sums["recurrent_words"] = "none"
        row = one | sums | {name: "none" for name, reason in one["reasons"].items() if reason in not_there}
        table.add_row(*(_text(name, row[name]) for name in names))
    print_table(table)
    reasons = {(name, reason): None for one in estimates for name, reason in one["reasons"].items()}
    for text in dict.fromkeys(reason for _, reason in reasons if reason not in not_there):
        names = ", ".join(name.replace("_", " ") for name, reason in reasons if reason == text)
        click.echo(f"?: {names}: {text}")
    notes = {text: ", ".join(one["notes"]).replace("_", " ") for one in estimates for text in one["notes"].values()}
    for text, names in notes.items():
        click.echo(f"error not known: {names}: {text}")


def _text(name: str, value: Any) -> str:
    if value is None:
        return "?"
    if name == "clock_mhz":
        return f"{value:.0f}"
    if name == "steps_per_second":
        return f"{value:,.0f}"
    return {True: "yes", False: "no"}[value] if name == "fits" else str(value)
