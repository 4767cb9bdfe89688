"""What commands print and write: JSON for programs, files that appear whole or not at all."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import InputError
from ..replacement import write_whole

if TYPE_CHECKING:
    from rich.table import Table

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")


def print_json(value: Any) -> None:
    """One JSON document on standard output."""
    click.echo(json.dumps(value, indent=2, allow_nan=False))


def print_table(table: Table) -> None:
    """A table on standard output, as wide as it needs to be where that is not a terminal."""
    from rich.console import Console

    Console(highlight=False, width=None if sys.stdout.isatty() else 240).print(table)


def print_fitting_table(
    rows: Sequence[Mapping[str, str]], columns: Mapping[str, int], *, left: Collection[str]
) -> None:
    """A table that a terminal holds: columns are left out, with a line that says so, where it is too narrow for all.

    Parameters
    ----------
    rows : text by column; what is not there stays empty
    columns : heading of each column, and its turn to go: the largest number first, 0 never
    left : columns of text, flush left; the others hold numbers
    """
    from rich.console import Console

    console = Console(width=None if sys.stdout.isatty() else 240)
    kept, gone = dict(columns), []
    while any(kept.values()) and _width(rows, kept) > console.width:
        name = max(kept, key=kept.__getitem__)
        gone.append(name)
        del kept[name]
    print_table(_table(rows, list(kept), left))
    if gone:
        click.echo(f"too narrow for: {', '.join(name for name in columns if name in gone)}; --json has all")


def _width(rows: Sequence[Mapping[str, str]], columns: Iterable[str]) -> int:
    return 1 + sum(3 + max(len(name), *(len(row.get(name, "")) for row in rows)) for name in columns)


def _table(rows: Sequence[Mapping[str, str]], columns: Sequence[str], left: Collection[str]) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table()
    for name in columns:
        table.add_column(name, justify="left" if name in left else "right", overflow="fold")
    for row in rows:
        table.add_row(*(Text(row.get(name, "")) for name in columns))
    return table


def write_json(value: Any, path: Path) -> None:
    """Write a JSON file: aside, then renamed, so that no reader sees half of it."""
    write_whole(path, json.dumps(value, indent=2, allow_nan=False) + "\n")


def check_writable(path: Path, option: str) -> None:
    """Refuse, before long work begins, an output whose folder is not there or cannot be written.

    Raises
    ------
    InputError
    """
    folder = path.parent
    if not folder.is_dir():
        raise InputError(f"{option} {path}: there is no folder {folder}")
    if path.is_dir():
        raise InputError(f"{option} {path}: is a folder, expected a file name")
    if path.exists() and not path.is_file():
        raise InputError(f"{option} {path}: is no regular file, expected the name of one, or of a new one")
    if not os.access(folder, os.W_OK):
        raise InputError(f"{option} {path}: the folder {folder} cannot be written")


def check_folder(folder: Path, option: str) -> None:
    """Refuse, before long work begins, a folder that cannot be made or written to; whoever writes to it makes it.

    Raises
    ------
    InputError
    """
    there = next(place for place in (folder.absolute(), *folder.absolute().parents) if place.exists())
    if not there.is_dir():
        raise InputError(f"{option} {folder}: {there} is a file, expected a folder")
    if not os.access(there, os.W_OK):
        raise InputError(f"{option} {folder}: the folder {there} cannot be written")
