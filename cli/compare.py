"""``hadamrnn compare``: one table and one picture over runs, frozen networks and the zoo."""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import InputError
from .comparison import CORE_FIGURES, ORDERS, gather, ordered
from .comparison_plot import draw_comparison
from .output import check_writable, json_option, print_fitting_table, print_json
from .picture import check_format

if TYPE_CHECKING:
    from .comparison import Row

# Columns in their order; where a terminal is too narrow they go from the largest number on, 0 never.
_COLUMNS = {
    "name": 0,
    "task": 2,
    "family": 0,
    "strategy": 1,
    "d": 0,
    "n": 8,
    "W bits": 3,
    "p": 9,
    "state bits": 10,
    "kB": 0,
    "float": 0,
    "integer": 0,
    "float loss": 6,
    "integer loss": 6,
    "clocks a step": 4,
    "logic cells": 5,
    "block RAMs": 7,
    "MHz": 7,
}
_LEFT = ("name", "task", "family", "strategy")
# Figures of a row as the table names them.
_HEADINGS = {
    "kilobytes": "kB",
    "cycles_per_step": "clocks a step",
    "logic_cells": "logic cells",
    "block_rams": "block RAMs",
    "clock_mhz": "MHz",
}


@click.command(
    epilog="""\b
Example:
  hadamrnn compare runs zoo:pmnist-d64 zoo:pmnist-d128 -o comparison.png
  hadamrnn compare runs nets/*.safetensors --by kB --lanes 4 --target ecp5-25k
  hadamrnn compare --zoo --csv > zoo.csv
"""
)
@click.argument("sources", metavar="[RUNS|NET]...", nargs=-1)
@click.option("--zoo", is_flag=True, help="All networks of the zoo too.")
@click.option("--lanes", type=int, default=1, show_default=True, metavar="P", help="Words per clock of the cores.")
@click.option("--target", "target_name", metavar="NAME", help="FPGA (docs/synthesis.md): cells and clock are for it.")
@click.option("--by", default="d", show_default=True, metavar="d|kB", help="Order within a task.")
@click.option(
    "-o", "--out", "path", metavar="PLOT", type=click.Path(path_type=Path), help="Picture to draw: .png, .svg or .pdf."
)
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV instead of a table.")
@json_option
def command(
    sources: Sequence[str],
    zoo: bool,
    lanes: int,
    target_name: str | None,
    by: str,
    path: Path | None,
    as_csv: bool,
    as_json: bool,
) -> None:
    """Compare networks of all families: the finished runs in and below the folders RUNS, frozen networks NET, zoo:NAME.

    Sizes are in kB of 1000 bytes. Float and integer are the share of sequences with every label right where every step
    has one, else the accuracy, of the test set. A run has integers once it is frozen: give the file beside it, and it
    takes the place of its run. Clocks a step are those of `hadamrnn estimate`, and with --target so are logic
    cells, block RAMs and clock. What is not known is "?" in the table, with the reason below it, and null in JSON.
    """
    from ..hw.parameters import CoreParameters
    from ..hw.targets.catalogue import get_target
    from ..model.shape import check_choice

    if as_csv and as_json:
        raise click.UsageError("--csv does not go with --json")
    if not sources and not zoo:
        raise click.UsageError("give run folders, frozen networks or --zoo")
    check_choice("--by", by, ORDERS)
    parameters = CoreParameters(lanes=lanes)
    if lanes & (lanes - 1):  # figures are those of Hadamard networks
        raise InputError(f"lanes must be a power of two, not {lanes}")
    target = None if target_name is None else get_target(target_name)
    if path is not None:
        check_writable(path, "-o")
        check_format(path)
    rows, lines = gather([*sources, *_zoo(zoo)], parameters, target=target)
    if not rows:
        raise InputError("; ".join(lines) or f"no runs in {', '.join(sources)}")
    rows = ordered(rows, by)
    if path is not None:
        draw_comparison(rows, path)
    if as_json:
        print_json([row.to_json() for row in rows])
    elif as_csv:
        _print_csv(rows)
    else:
        print_fitting_table([_texts(row) for row in rows], _COLUMNS, left=_LEFT)
        _print_reasons(rows)
    for line in lines:
        click.echo(line, err=as_json or as_csv)


def _zoo(wanted: bool) -> list[str]:
    from ..zoo import names

    return [f"zoo:{name}" for name in names()] if wanted else []


def _print_csv(rows: Sequence[Row]) -> None:
    records = [row.to_json() for row in rows]
    for record in records:
        del record["reasons"]
    writer = csv.DictWriter(sys.stdout, records[0], lineterminator="\n")
    writer.writeheader()
    writer.writerows(records)


def _print_reasons(rows: Sequence[Row]) -> None:
    """Each reason once, with what it is the reason of."""
    found: dict[str, dict[str, None]] = {}
    for row in rows:
        for figure, reason in row.reasons.items():
            found.setdefault(reason, {})[_HEADINGS.get(figure, figure)] = None
    for reason, figures in found.items():
        click.echo(f"?: {', '.join(figures)}: {reason}")


def _texts(row: Row) -> dict[str, str]:
    loss = {name: figures.get("loss") for name, figures in (("float", row.in_floats), ("integer", row.in_integers))}
    return {
        "name": row.name,
        "task": row.task or "?",
        "family": row.family,
        "strategy": row.strategy or "",
        "d": str(row.hidden_size),
        "n": "" if row.block_size is None else str(row.block_size),
        "W bits": str(row.recurrent_bits),
        "p": str(row.weight_bits),
        "state bits": "" if row.state_bits is None else str(row.state_bits),
        "kB": _number(row.kilobytes),
        "float": _share(row.in_floats),
        "integer": _share(row.in_integers),
        **{f"{name} loss": _number(value) for name, value in loss.items()},
        **{_HEADINGS[figure]: _number(row.core.get(figure)) for figure in CORE_FIGURES},
    }


def _share(figures: dict[str, Any]) -> str:
    for measure in ("sequence_accuracy", "accuracy"):
        if figures.get(measure) is not None:
            return f"{figures[measure]:.2%}"
    return "" if figures.get("loss") is not None else "?"


def _number(value: float | None) -> str:
    return "?" if value is None else f"{value:.3g}" if isinstance(value, float) else str(value)
