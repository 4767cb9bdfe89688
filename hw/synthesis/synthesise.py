"""Real synthesis, place and route with Yosys and nextpnr from PyPI: what a design costs on a target, and its clock.

The core is measured *out of context*, as the part of a larger design that it is. An AXI-Stream core has more ports than
a small package has pins (a UP5K-SG48 has 39), its ports end in other logic and not in pads, and nextpnr has no
out-of-context mode for iCE40. So the design is mapped with all its ports, that is with nothing optimised away, its
cells are counted, and then the ports other than ``clk`` and ``rst`` are cut from the netlist (Yosys ``delete -port``):
their nets stay, without a driver or without a load outside, as an out-of-context mode would leave them. ``clk`` and
``rst`` keep their pins, so that they reach the global networks as they would in a real design. Nothing is added, so
nothing has to be subtracted; docs/synthesis.md compares the counts with those of the same core on real pins.
"""

import hashlib
import importlib.metadata
import importlib.util
import json
import math
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from os import PathLike
from pathlib import Path
from typing import Any

from ...errors import InputError
from ..targets.target import Target
from .place_and_route import Placement, place_and_route
from .report import ResourceCount, SynthesisReport
from .tool_process import run_tool

CLOCK, RESET = "clk", "rst"
YOSYS = "import sys; from pyosys import libyosys; libyosys.Design().run_pass(sys.argv[1])"


def synthesise(
    verilog_path: str | PathLike[str],
    top: str,
    target: Target,
    *,
    clock_mhz: float | None = None,
    seed: int = 1,
    work_folder: str | PathLike[str] | None = None,
    progress: Callable[[str], None] = lambda stage: None,
) -> SynthesisReport:
    """Map, place and route a design for a target, out of context, and count.

    Paths from the inputs and to the outputs are not timed: the achieved clock is that between flip-flops of ``clk``.
    Equal Verilog, tool versions and seed give equal reports.

    Parameters
    ----------
    verilog_path : Verilog-2005, everything in one file
    top : name of the top module; its clock is ``clk``, its reset ``rst``
    target : from :func:`~hadamrnn.hw.targets.catalogue.get_target`
    clock_mhz : MHz that placement aims at; what nextpnr defaults to unless given
    seed : of the placer, from 0 to 2^31 − 1
    work_folder : where scripts, logs, netlist and nextpnr's own report stay; a temporary one that goes unless given
    progress : called with the name of each stage as it begins

    Raises
    ------
    InputError
        A file that is missing or that Yosys refuses, a bad argument, or a tool that is not installed. A design that
        does not fit is not an error: the report says so.
    """
    verilog_path = Path(verilog_path)
    _check(verilog_path, top, target, clock_mhz, seed)
    with ExitStack() as stack:
        if work_folder is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hadamrnn-synthesis-")))
        else:
            folder = Path(work_folder)
            folder.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copyfile(verilog_path, folder / "design.v")
        except OSError as error:
            raise InputError(f"{verilog_path}: cannot be read ({error.strerror})") from error
        digest = hashlib.sha256((folder / "design.v").read_bytes()).hexdigest()
        progress(f"Yosys: mapping to {target.name}")
        cells, seconds = map_design(folder, verilog_path, top, target, cut=cut_ports(target))
        tools = {"yosys": importlib.metadata.version("pyosys")}
        times = {"yosys": seconds}
        placement = Placement.absent(target.clock_unknown or "")
        if target.place_and_route is not None:
            placement = place_and_route(folder, target.place_and_route, CLOCK, clock_mhz, seed, progress)
            tools[target.place_and_route.tool] = importlib.metadata.version(target.place_and_route.distribution)
            times[target.place_and_route.tool] = placement.seconds
    return _report(
        target, cells, placement, top=top, seed=seed, clock=clock_mhz, sha=digest, tools=tools, seconds=times
    )


def _check(verilog_path: Path, top: str, target: Target, clock_mhz: float | None, seed: int) -> None:
    if not verilog_path.is_file():
        raise InputError(f"{verilog_path}: no such file, expected Verilog")
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", top):
        raise InputError(f"top must be the name of a module, not {top!r}")
    if clock_mhz is not None and not 0 < clock_mhz < math.inf:
        raise InputError(f"clock_mhz must be a positive number of MHz, not {clock_mhz!r}")
    if type(seed) is not int or not 0 <= seed < 1 << 31:
        raise InputError(f"seed must be an integer from 0 to 2147483647, not {seed!r}")
    check_tools(target)


def check_tools(target: Target) -> None:
    """Raise :class:`InputError` where Yosys or the target's nextpnr is not installed."""
    check_yosys()
    if target.place_and_route is not None:
        _check_tool(target.place_and_route.module, target.place_and_route.tool)


def check_yosys() -> None:
    """Raise :class:`InputError` where Yosys is not installed."""
    _check_tool("pyosys", "Yosys")


def _check_tool(module: str, tool: str) -> None:
    if importlib.util.find_spec(module) is None:
        raise InputError(f"{tool} is not installed, expected it from: pip install 'hadamrnn[synth]'")


def map_design(
    folder: Path, source: Path | str, top: str, target: Target, *, cut: Sequence[str] = ()
) -> tuple[dict[str, int], float]:
    """Map ``folder/design.v`` to cells of the target; ``netlist.json`` is left there.

    Returns the number of cells by type, and the seconds that it took. ``source`` is what messages call the design;
    ``cut`` are commands between the count and the netlist.
    """
    for name in ("statistics.json", "netlist.json"):
        (folder / name).unlink(missing_ok=True)
    script = (
        "read_verilog design.v",
        *target.preparation,
        f"{target.synthesis} -top {top}",
        "tee -q -o statistics.json stat -json",
        *cut,
        "write_json netlist.json",
    )
    (folder / "synthesis.ys").write_text("\n".join(script) + "\n", encoding="utf-8")
    run = run_tool([sys.executable, "-P", "-c", YOSYS, "script synthesis.ys"], folder, "yosys.log")
    if run.status or not (folder / "netlist.json").is_file():
        raise InputError(f"Yosys refuses {source}: {run.error.replace('design.v:', 'line ')}")
    statistics: dict[str, Any] = json.loads((folder / "statistics.json").read_text(encoding="utf-8"))
    return statistics["design"]["num_cells_by_type"], run.seconds


def cut_ports(target: Target) -> list[str]:
    """Yosys commands that cut all ports but clock and reset from a mapped netlist, as out of context."""
    pads = target.place_and_route.pads if target.place_and_route is not None else None
    return [f"delete -port i:* o:* %u i:{CLOCK} i:{RESET} %u %d", *([pads] if pads else [])]


def count_resources(
    target: Target, cells: dict[str, int], placement: Placement
) -> tuple[dict[str, ResourceCount], dict[str, str]]:
    """The resources of a target that a design takes, by name, and the reason for each figure that is unknown.

    Parameters
    ----------
    cells : number of each type of cell after mapping
    """
    counts, unknown = {}, dict(placement.unknown)
    for resource in target.resources:
        if resource.placed_as is not None:
            used = placement.used.get(resource.placed_as)
            if used is None:
                unknown[resource.name] = f"place-and-route gave no count of {resource.placed_as}"
        else:
            used = resource.count(cells)
        counts[resource.name] = ResourceCount(
            unit=resource.unit, used=used, available=resource.available, bits=resource.bits
        )
    return counts, unknown


def _report(
    target: Target,
    cells: dict[str, int],
    placement: Placement,
    *,
    top: str,
    seed: int,
    clock: float | None,
    sha: str,
    tools: dict[str, str],
    seconds: dict[str, float],
) -> SynthesisReport:
    counts, unknown = count_resources(target, cells, placement)
    fits, reason = placement.fits, placement.reason
    over = [f"{name} {c.used} of {c.available}" for name, c in counts.items() if c.used and c.used > c.available]
    if over:
        fits, reason = False, "the device has too few: " + ", ".join(over)
    return SynthesisReport(
        target=target.name,
        top=top,
        verilog_sha256=sha,
        fits=fits,
        reason=reason,
        resources=counts,
        requested_mhz=clock,
        achieved_mhz=placement.achieved_mhz,
        critical_path=placement.critical_path,
        unknown=unknown,
        seed=seed,
        tools=tools,
        seconds=seconds,
    )
