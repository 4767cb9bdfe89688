"""``hadamrnn board``: a core on a real board, down to the bitstream."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ..hw.parameters import CoreParameters
from .core_options import core_options
from .network_file import NetworkFile
from .output import check_folder, json_option, print_json
from .progress import stages


@click.command(
    epilog="""\b
Example:
  hadamrnn board zoo:digits-d64 --board icebreaker -o digits-on-icebreaker
  hadamrnn board digits.safetensors --board ulx3s-25f --clock 50 --output logits -o build
"""
)
@click.argument("network", metavar="NET", type=NetworkFile())
@click.option("--board", "board_name", required=True, metavar="NAME", help="Board: icebreaker, ulx3s-25f or ulx3s-85f.")
@click.option(
    "-o", "--out", "folder", required=True, metavar="DIR", type=click.Path(path_type=Path), help="Folder to write to."
)
@click.option("--name", default="hadamard_board", show_default=True, help="Name of the top module and of the files.")
@click.option("--clock", "clock_mhz", type=float, metavar="MHZ", help="Clock of the core.  [default: the board's own]")
@click.option("--baud", type=int, default=1_000_000, show_default=True, help="Bits per second on the serial line.")
@click.option("--seed", type=int, default=1, show_default=True, help="Seed of the placer.")
@click.option(
    "--keep", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="Keep scripts, logs and netlist."
)
@core_options(without=("trace",))
@json_option
def command(
    network: Path,
    board_name: str,
    folder: Path,
    name: str,
    clock_mhz: float | None,
    baud: int,
    seed: int,
    keep: Path | None,
    parameters: CoreParameters,
    as_json: bool,
) -> None:
    """Build the frozen network NET for a board: its core behind a UART, placed, routed and packed.

    Writes DIR/NAME.v, the constraints, the bitstream, and NAME.json with cells and clock. A design that does not fit
    on the board or misses its clock is refused. hadamrnn host talks to the board.
    """
    from ..hw.boards.board import get_board
    from ..hw.boards.build import build
    from ..quant.integer import read_frozen

    board = get_board(board_name)
    frozen = read_frozen(network)
    parameters.check(frozen)
    check_folder(folder, "--out")
    with stages(board.name) as stage:
        description = build(
            frozen,
            parameters,
            board,
            folder,
            name=name,
            clock_mhz=clock_mhz,
            baud=baud,
            seed=seed,
            keep=keep,
            progress=stage,
        )
    if as_json:
        print_json(description)
    else:
        _print_summary(folder, board.title, description)


def _print_summary(folder: Path, title: str, description: dict[str, Any]) -> None:
    clock, serial = description["clock"], description["serial"]
    click.echo(f"{folder / description['name']}: {title}")
    for kind, count in description["resources"].items():
        click.echo(f"  {kind.replace('_', ' ')}: {count['used']} of {count['available']} ({count['utilisation']:.0%})")
    click.echo(f"  clock: {clock['mhz']:g} MHz, the design reaches {clock['achieved_mhz']:.1f} MHz")
    click.echo(f"  serial line: {serial['baud']} baud")
    click.echo(f"  load it with: {description['load']}")
