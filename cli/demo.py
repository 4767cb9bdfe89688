"""``hadamrnn demo``: the whole pipeline on the embedded digits, from training to a placed and routed core."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import click

from ..errors import InputError
from .output import json_option, print_json

_MARK = "demo.json"  # what says that a folder is a demo's, and may be replaced


@click.command(
    epilog="""\b
Example:
  hadamrnn demo -o demo --target ice40-up5k --target ecp5-25k
"""
)
@click.option(
    "-o",
    "--out",
    "folder",
    default="demo",
    show_default=True,
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Folder to write to; the results of an earlier demo in it are replaced.",
)
@click.option(
    "--target",
    "targets",
    multiple=True,
    metavar="NAME",
    help="FPGA target; may be given several times.  [default: all that there are]",
)
@click.option("--sequences", type=int, default=24, show_default=True, metavar="N", help="Test images to simulate.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the training run.")
@json_option
def command(folder: Path, targets: Sequence[str], sequences: int, seed: int, as_json: bool) -> int:
    """Train a network of 64 units on the handwritten digits of scikit-learn, freeze it to integers, generate its core,
    prove bit for bit that the Verilog agrees, synthesise, place and route it, and write DIR/report.html.
    """
    from ..hw.targets import TARGETS, get_target
    from ..sim.simulators import find_simulator
    from .demonstration import demonstrate, summary_lines
    from .report import write_report
    from .report.contents import report_contents

    chosen = [get_target(name) for name in targets or TARGETS]
    if sequences < 1:
        raise click.UsageError(f"--sequences must be at least 1, not {sequences}")
    find_simulator("verilator")  # what is missing is said before the training, not after it
    _make_room(folder)
    result = demonstrate(folder, chosen, sequences=sequences, seed=seed)
    write_report(folder / "report.html", report_contents(result))
    if as_json:
        print_json(result.to_json())
    else:
        for line in summary_lines(result, folder):
            click.echo(line)
    return int(not result.verification.passed)


def _make_room(folder: Path) -> None:
    """An empty folder: a new one, or an earlier demo's.

    Raises
    ------
    InputError
        The folder holds something else, or cannot be made.
    """
    if folder.exists():
        if not folder.is_dir():
            raise InputError(f"--out {folder}: is not a folder")
        if any(folder.iterdir()) and not (folder / _MARK).is_file():
            raise InputError(f"--out {folder}: holds something that is not a demo's; name an empty or a new folder")
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    (folder / _MARK).write_text("{}\n", encoding="utf-8")
