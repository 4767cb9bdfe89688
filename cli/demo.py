"""``hadamrnn demo``: the whole pipeline on the embedded digits, from training to a placed and routed core."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import click

from ..errors import InputError
from .counts import count_option, seed_option
from .output import json_option, print_json, write_json

PROGRAM = "hadamrnn demo"
_TARGETS = ("ice40-up5k", "ice40-hx8k", "ecp5-25k", "ecp5-85k")  # without --target
_MARK = "demo.json"  # says that a folder is a demo's
_RESULTS = ("run", "core", "core-with-trace", "digits.safetensors", "report.html", _MARK)


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
@count_option("--sequences", "N", "Test images to simulate.", default=24)
@seed_option("Seed of the training run.")
@json_option
def command(folder: Path, targets: Sequence[str], sequences: int, seed: int, as_json: bool) -> int:
    """Train a network of 64 units on the handwritten digits of scikit-learn, freeze it to integers, generate its core,
    prove bit for bit that the Verilog agrees, synthesise, place and route it, and write DIR/report.html.
    """
    from ..hw.synthesis.synthesise import check_tools
    from ..hw.targets.catalogue import get_target
    from ..sim.simulators import find_simulator
    from .demo_report import core_report
    from .demonstration import demo_config, demonstrate, summary_lines
    from .report.contents import report_contents
    from .report.page import write_report

    chosen = [get_target(name) for name in targets or _TARGETS]
    find_simulator("verilator")  # what is missing is said before the training, not after it
    for target in chosen:
        check_tools(target)
    config = demo_config(seed)
    _make_room(folder)
    result = demonstrate(folder, config, chosen, sequences=sequences)
    write_report(folder / "report.html", report_contents(core_report(result, folder)))
    write_json({"program": PROGRAM} | result.to_json(), folder / _MARK)
    if as_json:
        print_json(result.to_json())
    else:
        for line in summary_lines(result, folder):
            click.echo(line)
    return int(not result.verification.passed)


def _make_room(folder: Path) -> None:
    """A folder for a demo: a new or empty one, or an earlier demo's, whose results go and whose other files stay.

    Raises
    ------
    InputError
        The folder holds something else, or cannot be made.
    """
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise InputError(f"--out {folder}: is not a folder")
    if folder.is_dir() and any(folder.iterdir()) and not _is_demo(folder):
        raise InputError(f"--out {folder}: holds something that is not a demo's; name an empty or a new folder")
    for name in _RESULTS:
        result = folder / name
        if result.is_dir() and not result.is_symlink():
            shutil.rmtree(result)
        else:
            result.unlink(missing_ok=True)
    folder.mkdir(parents=True, exist_ok=True)
    write_json({"program": PROGRAM}, folder / _MARK)


def _is_demo(folder: Path) -> bool:
    try:
        return json.loads((folder / _MARK).read_text(encoding="utf-8"))["program"] == PROGRAM
    except (OSError, ValueError, KeyError, TypeError):
        return False
