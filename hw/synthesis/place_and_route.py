"""nextpnr: one run on a mapped netlist, and what its report and its log say."""

import json
import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...errors import InputError
from ..targets.target import PlaceAndRoute
from .report import CriticalPath
from .tool_process import ToolRun, run_tool

# A stage begins with the first log line that holds its mark.
_STAGES = (
    ("Preparing to run", "compiling itself for this machine (first use only)"),
    ("Info: Packing constants", "packing"),
    ("Info: Creating initial analytic placement", "placing"),
    ("Info: Routing..", "routing"),
)
# What nextpnr says when a design is too large or too dense; any other error is a design it does not understand.
_DOES_NOT_FIT = re.compile(
    r"no BELs remaining|Unable to find (a )?(legal )?placement|Unable to place|utili[sz]ation limit"
    r"|[Ff]ailed to (place|route)"
)
_UTILISATION = re.compile(r"Info:\s+([A-Z][A-Z0-9_]*):\s*(\d+)/\s*(\d+)\s+\d+%")


@dataclass(frozen=True, kw_only=True)
class Placement:
    """What place-and-route found.

    Attributes
    ----------
    fits, reason : as in :class:`~hadamrnn.hw.synthesis.report.SynthesisReport`
    used, available : cells of each kind, by nextpnr's names
    achieved_mhz, critical_path : of the clock, after routing
    unknown : the reason for each of the two that is None
    seconds : wall time
    """

    fits: bool | None
    reason: str | None
    used: dict[str, int] = field(default_factory=dict)
    available: dict[str, int] = field(default_factory=dict)
    achieved_mhz: float | None = None
    critical_path: CriticalPath | None = None
    unknown: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0

    @classmethod
    def absent(cls, reason: str) -> "Placement":
        """For a target without place-and-route."""
        return cls(fits=None, reason=reason, unknown={"achieved_mhz": reason, "critical_path": reason})


def place_and_route(
    folder: Path,
    tool: PlaceAndRoute,
    clock: str,
    clock_mhz: float | None,
    seed: int,
    progress: Callable[[str], None],
    *,
    pack_only: bool = False,
) -> Placement:
    """Place and route ``folder/netlist.json``.

    A router that makes no more progress is ended: nextpnr's first router can take the same few arcs from each other for
    ever. ``fits`` is then None, and another seed may do better.

    Parameters
    ----------
    pack_only : count what the cells occupy, in a second or two, without placing or routing; ``fits`` is then None

    Raises
    ------
    InputError
        Where nextpnr refuses the netlist for another reason than its size.
    """
    (folder / "placement.json").unlink(missing_ok=True)
    for name, contents in tool.files:
        (folder / name).write_text(contents, encoding="utf-8")
    stalled = RouterWatch()
    entry = f"import sys; from {tool.module} import {tool.function} as run; sys.exit(run(sys.argv[1:]))"
    command = [sys.executable, "-P", "-c", entry, *tool.arguments]
    # Relative names: the WebAssembly build sees the folder it runs in, but not the machine's /tmp.
    command += ["--json", "netlist.json", "--report", "placement.json", "--seed", str(seed), "--timing-allow-fail"]
    if clock_mhz is not None:
        command += ["--freq", str(clock_mhz)]
    if pack_only:
        command.append("--pack-only")

    def on_line(line: str) -> None:
        stalled.see(line)
        for mark, stage in _STAGES:
            if mark in line:
                progress(f"{tool.tool}: {stage}")

    try:
        run = run_tool(command, folder, "nextpnr.log", on_line)
    except RouterStalled as error:
        log = (folder / "nextpnr.log").read_text(encoding="utf-8").splitlines()
        return _without_clock(log, f"{tool.tool}: {error} with seed {seed}")
    if pack_only and not run.status:
        return _without_clock(run.log, "packed only, not placed and routed")
    report = folder / "placement.json"
    if run.status or not report.is_file():
        return _failed(tool, run)
    return _parse_report(json.loads(report.read_text(encoding="utf-8")), clock, run.seconds)


class RouterStalled(Exception):
    """The router goes round in circles."""


class RouterWatch:
    """Reads nextpnr's log and raises :class:`RouterStalled` where its first router only takes arcs from each other.

    The router writes a line for every 1000 arcs: those that had to rip up others, and those that had not, so far.
    """

    _LINE = re.compile(r"Info:\s+\d+ \|\s*(\d+)\s+(\d+) \|")
    _PATIENCE = 200  # lines without one arc that found its way free: 200,000 arcs; 20 are rare where routing succeeds

    def __init__(self) -> None:
        self._free = -1
        self._lines = 0

    def see(self, line: str) -> None:
        """Take in one line of the log."""
        match = self._LINE.match(line)
        if match is None:
            return
        free = int(match[2])
        self._lines = self._lines + 1 if free == self._free else 0
        self._free = free
        if self._lines >= self._PATIENCE:
            raise RouterStalled(f"the router makes no progress in {self._PATIENCE * 1000:,} arcs")


def _without_clock(log: Iterable[str], reason: str) -> Placement:
    used, available = _parse_utilisation(log)
    unknown = dict.fromkeys(("achieved_mhz", "critical_path"), reason)
    return Placement(fits=None, reason=reason, used=used, available=available, unknown=unknown)


def _failed(tool: PlaceAndRoute, run: ToolRun) -> Placement:
    message = run.error.removeprefix("ERROR: ")
    if not _DOES_NOT_FIT.search(message):
        raise InputError(f"{tool.tool} refuses the netlist: {message}")
    used, available = _parse_utilisation(run.log)
    return Placement(
        fits=False,
        reason=f"{tool.tool}: {message}",
        used=used,
        available=available,
        unknown=dict.fromkeys(("achieved_mhz", "critical_path"), "the design does not fit"),
        seconds=run.seconds,
    )


def _parse_utilisation(log: Iterable[str]) -> tuple[dict[str, int], dict[str, int]]:
    """Used and available cells of the table that nextpnr logs after packing: all there is of a design that fails."""
    used, available = {}, {}
    for line in log:
        if match := _UTILISATION.match(line):
            used[match[1]], available[match[1]] = int(match[2]), int(match[3])
    return used, available


def _parse_report(report: dict[str, Any], clock: str, seconds: float) -> Placement:
    used = {name: count["used"] for name, count in report["utilization"].items()}
    available = {name: count["available"] for name, count in report["utilization"].items()}
    domain = _domain(report["fmax"], clock)
    if domain is None:
        reason = f"no path between two flip-flops of clock {clock!r}"
        return Placement(
            fits=True,
            reason=None,
            used=used,
            available=available,
            unknown=dict.fromkeys(("achieved_mhz", "critical_path"), reason),
            seconds=seconds,
        )
    return Placement(
        fits=True,
        reason=None,
        used=used,
        available=available,
        achieved_mhz=report["fmax"][domain]["achieved"],
        critical_path=_critical_path(report["critical_paths"], domain),
        seconds=seconds,
    )


def _domain(clocks: Iterable[str], clock: str) -> str | None:
    """The domain of port ``clock``: the one of its name, or the only one where a pad gave it another net's name."""
    names = list(clocks)
    named = next((name for name in names if _is_clock(name, clock)), None)
    return names[0] if named is None and len(names) == 1 else named


def _is_clock(domain: str, clock: str) -> bool:
    """Whether a clock net, as nextpnr renames it on its way through pad and buffer, is that of port ``clock``."""
    return domain.removeprefix("$glbnet$").split("$")[0] == clock


def _critical_path(paths: list[dict[str, Any]], domain: str) -> CriticalPath:
    event = f"posedge {domain}"
    segments = next(path["path"] for path in paths if path["from"] == path["to"] == event)
    delays = {"routing": 0.0, "logic": 0.0}
    for segment in segments:
        delays["routing" if segment["type"] == "routing" else "logic"] += segment["delay"]
    return CriticalPath(
        start=segments[0]["from"]["cell"],
        end=segments[-1]["to"]["cell"],
        logic_ns=delays["logic"],
        routing_ns=delays["routing"],
        cells=sum(segment["type"] == "logic" for segment in segments),
    )
