"""A core on a board as files: Verilog, constraints, bitstream, and the JSON that says what it takes."""

import contextlib
import hashlib
import importlib.metadata
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import InputError
from ...quant.integer import FrozenNetwork
from ...replacement import write_all
from ..parameters import CoreParameters
from ..synthesis.place_and_route import Placement, place_and_route
from ..synthesis.synthesise import check_tools, count_resources, map_design
from ..synthesis.tool_process import run_tool
from ..verilog.generation import describe
from ..verilog.module_name import check_module_name
from .board import Board
from .board_top import BoardTop
from .serial_core import SerialCore

VERSION = 1
DEFAULT_BAUD = 1_000_000


def build(
    network: FrozenNetwork,
    parameters: CoreParameters,
    board: Board,
    folder: str | os.PathLike[str],
    *,
    name: str = "hadamard_board",
    clock_mhz: float | None = None,
    baud: int = DEFAULT_BAUD,
    seed: int = 1,
    keep: str | os.PathLike[str] | None = None,
    progress: Callable[[str], None] = lambda stage: None,
) -> dict[str, Any]:
    """Build the bitstream of a core on a board.

    Writes ``NAME.v``, the constraints (``NAME.pcf`` or ``NAME.lpf``), the bitstream (``NAME.bin`` or ``NAME.bit``) and
    ``NAME.json`` into ``folder``, which is made if need be; all of them or none. Equal network, options and tool
    versions give equal files, the ``seconds`` in the JSON aside.

    Parameters
    ----------
    network : FrozenNetwork
    parameters : CoreParameters
    board : Board
    folder : to write to
    name : of the top module and of the files
    clock_mhz : of the core, in MHz; the board's own choice unless given
    baud : bits per second on the serial line
    seed : of the placer, from 0 to 2^31 − 1
    keep : where scripts, logs and netlist stay; a temporary folder that goes unless given
    progress : called with the name of each stage as it begins

    Returns
    -------
    dict
        What the JSON holds (docs/boards.md).

    Raises
    ------
    InputError
        Parameters that do not fit the network or the board, a tool that is not installed, a design that does not fit
        on the board or does not reach its clock there, a folder that cannot be written.
    """
    check_module_name(name)
    check_tools(board.target)
    if type(seed) is not int or not 0 <= seed < 1 << 31:
        raise InputError(f"seed must be an integer from 0 to 2147483647, not {seed!r}")
    clock_hz = board.clock_hz if clock_mhz is None else _whole_hertz(clock_mhz)
    serial_core = SerialCore(network, parameters, clock_hz=clock_hz, baud=baud)
    progress("Amaranth: pins, clock and Verilog")
    texts = design_files(board, serial_core, clock_hz, name)
    with _work_folder(keep) as work:
        for suffix, text in texts.items():
            (work / f"design.{suffix}").write_text(text, encoding="utf-8")
        made = _implement(work, board, name, clock_hz, seed, progress)
    description = _description(board, serial_core, made, name=name, clock_hz=clock_hz, baud=baud, seed=seed)
    files: dict[str, str | bytes] = {f"{name}.{suffix}": text for suffix, text in texts.items()}
    files[f"{name}.{board.packing.bitstream}"] = made.bitstream
    files[f"{name}.json"] = json.dumps(description, indent=2) + "\n"
    write_all(Path(folder), files)
    return description


@contextlib.contextmanager
def _work_folder(keep: str | os.PathLike[str] | None) -> Iterator[Path]:
    """The folder to keep, made if need be, or a temporary one."""
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="hadamrnn-board-") as folder:
            yield Path(folder)
    else:
        Path(keep).mkdir(parents=True, exist_ok=True)
        yield Path(keep)


def _whole_hertz(clock_mhz: float) -> int:
    if not 0 < clock_mhz < 1000:
        raise InputError(f"clock must be a number of MHz above 0 and below 1000, not {clock_mhz!r}")
    return round(clock_mhz * 1e6)


def _data_sheet(serial_core: SerialCore) -> dict[str, Any]:
    """What describes the core, but not as files of its own."""
    return {key: value for key, value in describe(serial_core.core, "core").items() if key not in ("verilog", "files")}


def design_files(board: Board, serial_core: SerialCore, clock_hz: int, name: str) -> dict[str, str]:
    """What the tools start from, by suffix: the Verilog of the whole design, and the constraints.

    Raises
    ------
    InputError
        A clock that the board cannot make, or amaranth-boards is not installed.
    """
    top = BoardTop(board, serial_core, clock_hz)
    plan = board.platform().prepare(top, name, debug_verilog=True, emit_src=False)
    constraints = board.packing.constraints
    files = {"v": plan.files[f"{name}.debug.v"], constraints: plan.files[f"{name}.{constraints}"]}
    return {suffix: text if isinstance(text, str) else text.decode() for suffix, text in files.items()}


@dataclass(frozen=True)
class _Made:
    """What the tools made of a design: its bitstream, and what it takes."""

    bitstream: bytes
    achieved_mhz: float
    resources: dict[str, Any]
    tools: dict[str, str]
    seconds: dict[str, float]


def _description(
    board: Board, serial_core: SerialCore, made: _Made, *, name: str, clock_hz: int, baud: int, seed: int
) -> dict[str, Any]:
    """What the JSON holds."""
    return {
        "version": VERSION,
        "board": board.name,
        "name": name,
        "target": board.target.name,
        "core": _data_sheet(serial_core),
        "serial": {"baud": baud, "bit_clocks": serial_core.divisor, "store_bytes": serial_core.identity.store_bytes},
        "clock": {"mhz": clock_hz / 1e6, "achieved_mhz": made.achieved_mhz},
        "resources": made.resources,
        "bitstream_sha256": hashlib.sha256(made.bitstream).hexdigest(),
        "load": f"{board.load} {name}.{board.packing.bitstream}",
        "seed": seed,
        "tools": made.tools,
        "seconds": made.seconds,
    }


def _implement(work: Path, board: Board, name: str, clock_hz: int, seed: int, progress: Callable[[str], None]) -> _Made:
    """Map, place, route and pack ``design.v`` with its constraints."""
    target, tool, packing = board.target, board.place_and_route, board.packing
    progress(f"Yosys: mapping to {target.name}")
    cells, mapping_seconds = map_design(work, "the design", name, target)
    placement = place_and_route(work, tool, "clk", clock_hz / 1e6, seed, progress)
    counts, _ = count_resources(target, cells, placement)
    achieved = _check_placement(board, placement, clock_hz)
    progress("packing the bitstream")
    placed, packed = f"design.{packing.placed}", f"design.{packing.bitstream}"
    (work / packed).unlink(missing_ok=True)
    entry = f"import sys; from {tool.module} import {packing.function} as run; sys.exit(run(sys.argv[1:]))"
    run = run_tool([sys.executable, "-P", "-c", entry, placed, packed], work, "packing.log")
    if run.status or not (work / packed).is_file():
        raise InputError(f"{packing.function.removeprefix('run_')} makes no bitstream: {run.error}")
    version = importlib.metadata.version
    return _Made(
        bitstream=(work / packed).read_bytes(),
        achieved_mhz=round(achieved, 3),
        resources={resource: count.to_json() for resource, count in counts.items()},
        tools={"yosys": version("pyosys"), tool.tool: version(tool.distribution)}
        | {package: version(package) for package in ("amaranth", "amaranth-boards")},
        seconds={
            "yosys": round(mapping_seconds, 2),
            tool.tool: round(placement.seconds, 2),
            "packing": round(run.seconds, 2),
        },
    )


def _check_placement(board: Board, placement: Placement, clock_hz: int) -> float:
    """The achieved clock in MHz, or an InputError where the design does not fit or is too slow."""
    if not placement.fits:
        raise InputError(f"the design does not fit on the {board.title}: {placement.reason}")
    if placement.achieved_mhz is None:
        raise InputError(f"the clock of the design is not known: {placement.unknown['achieved_mhz']}")
    if placement.achieved_mhz * 1e6 < clock_hz:
        raise InputError(
            f"the design reaches {placement.achieved_mhz:.1f} MHz on the {board.title}, not the {clock_hz / 1e6:g} MHz "
            "of its clock: choose a lower --clock or another --seed"
        )
    return placement.achieved_mhz
