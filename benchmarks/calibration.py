"""What cores really cost, on as many configurations and targets as there is time for: the data of the estimates.

python benchmarks/calibration.py measure [--points 80] [--small 48] [--targets ice40-hx8k …] [--route] [--jobs 2]
python benchmarks/calibration.py measure --scheduler tcp://HOST:8786
python benchmarks/calibration.py components [--points 20]
python benchmarks/calibration.py collect

``measure`` generates each point's core, maps it, packs it and with ``--route`` places and routes it, and keeps every
result in a cache whose key is the Verilog, the target and the versions of the tools: it can be stopped and started
again at any time, and measures anew only what changed. Devices whose mapping is one and the same command share the
mapped netlist. ``components`` maps points that are not held out without flattening them, for the look-up tables of each
component. ``collect`` adds what the cache has of the present Verilog to benchmarks/measurements.json;
benchmarks/calibration_fit.py goes on from there.
"""

import argparse
import gzip
import hashlib
import importlib.metadata
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from calibration_points import Point, points, small_points

from hadamrnn.errors import InputError
from hadamrnn.hw.core import HadamardCore
from hadamrnn.hw.synthesis.executor import executor
from hadamrnn.hw.synthesis.place_and_route import place_and_route
from hadamrnn.hw.synthesis.synthesise import CLOCK, YOSYS, count_resources, map_design
from hadamrnn.hw.synthesis.tool_process import run_tool
from hadamrnn.hw.targets.catalogue import TARGETS, get_target
from hadamrnn.hw.targets.target import Target
from hadamrnn.hw.verilog.generation import to_verilog
from hadamrnn.replacement import write_whole

CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "hadamrnn" / "calibration"
MEASUREMENTS = Path(__file__).resolve().parent / "measurements.json"
COMPONENT_TARGETS = {"ice40": "ice40-hx8k", "ecp5": "ecp5-25k"}
LUTS = ("SB_LUT4", "LUT4")
SEEDS = (1, 2, 3)  # of the placer: the next one where the router makes no progress


def verilog_of(point: Point, cache: Path) -> str:
    """The Verilog of a point's core, from the cache where the sources that make it are as they were."""
    sources = Path(__file__).resolve().parents[1] / "hw"
    digest = hashlib.sha256(json.dumps([point.shape, point.parameters, point.number]).encode())
    for folder in ("", "ring", "inputs", "read_out", "verilog"):
        for file in sorted((sources / folder).glob("*.py")):
            digest.update(file.read_bytes())
    path = cache / "verilog" / f"{point.number}-{digest.hexdigest()[:24]}.v"
    if not path.is_file():
        _write(path, to_verilog(HadamardCore(point.network(), point.core()), "core").encode())
    return path.read_text(encoding="utf-8")


def _write(path: Path, contents: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_suffix(f".{os.getpid()}.aside")
    aside.write_bytes(contents)
    aside.replace(path)


def versions(target: Target) -> dict[str, str]:
    """The tools of a target and their versions."""
    tools = {"yosys": importlib.metadata.version("pyosys")}
    if target.place_and_route is not None:
        tools[target.place_and_route.tool] = importlib.metadata.version(target.place_and_route.distribution)
    return tools


def mapping_of(target: Target) -> str:
    """What of a target decides the netlist."""
    return "\n".join(
        [*target.preparation, target.synthesis, repr(target.place_and_route and target.place_and_route.pads)]
    )


def without_comments(verilog: str) -> str:
    """The text without the lines that say what it is: they are no part of the design."""
    return "".join(line for line in verilog.splitlines(keepends=True) if not line.startswith("//"))


def key_of(verilog: str, *parts: Any) -> str:
    """The name of a result in the cache."""
    return hashlib.sha256(json.dumps([without_comments(verilog), *parts]).encode()).hexdigest()[:32]


def measure(point: Point, target_name: str, route: bool, cache: Path) -> dict[str, Any]:
    """One point on one target: from the cache, or by the tools. Takes a minute or so."""
    target = get_target(target_name)
    verilog = verilog_of(point, cache)
    tools = versions(target)
    mapping = mapping_of(target)
    path = cache / "results" / f"{key_of(verilog, mapping, target.name, tools, route)}.json"
    routed = cache / "results" / f"{key_of(verilog, mapping, target.name, tools, True)}.json"
    for known in (path, routed):
        if known.is_file():
            return json.loads(known.read_text(encoding="utf-8"))
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="hadamrnn-calibration-") as scratch:
        folder = Path(scratch)
        cells = _mapped(folder, verilog, target, cache / "netlists" / key_of(verilog, mapping, tools["yosys"]))
        result = _placed(folder, target, cells, route)
    result |= {"number": point.number, "target": target.name, "verilog": hashlib.sha256(verilog.encode()).hexdigest()}
    result |= {"cells": cells, "tools": tools, "seconds": round(time.monotonic() - started, 1)}
    _write(path, json.dumps(result).encode())
    return result


def _mapped(folder: Path, verilog: str, target: Target, kept: Path) -> dict[str, int]:
    """Cells by type, and ``netlist.json`` in the folder, by Yosys or from the cache."""
    if (kept / "cells.json").is_file():
        (folder / "netlist.json").write_bytes(gzip.decompress((kept / "netlist.json.gz").read_bytes()))
        return json.loads((kept / "cells.json").read_text(encoding="utf-8"))
    (folder / "design.v").write_text(verilog, encoding="utf-8")
    cells, _ = map_design(folder, folder / "design.v", "core", target)
    _write(kept / "netlist.json.gz", gzip.compress((folder / "netlist.json").read_bytes(), 3))
    _write(kept / "cells.json", json.dumps(cells).encode())
    return cells


def _placed(folder: Path, target: Target, cells: dict[str, int], route: bool) -> dict[str, Any]:
    """Counts, and with ``route`` the clock of the first seed that routes."""
    if target.place_and_route is None:
        counts = {r.name: sum(cells.get(kind, 0) for kind in r.cells) for r in target.resources}
        return {"counts": counts, "mhz": None}
    tool = target.place_and_route
    pack_only = not route and tool.packing_counts
    for seed in SEEDS:
        placement = place_and_route(folder, tool, CLOCK, None, seed, lambda stage: None, pack_only=pack_only)
        if placement.achieved_mhz is not None or placement.fits is False or not route:
            break
    counts, _ = count_resources(target, cells, placement)
    path = placement.critical_path
    return {
        "counts": {name: count.used for name, count in counts.items()},
        "fits": placement.fits,
        "reason": placement.reason,
        "mhz": placement.achieved_mhz,
        "path": None if path is None else path.to_json(),
        "seed": seed,
    }


def chosen(options: argparse.Namespace) -> list[Point]:
    """The points of both draws that were asked for."""
    return points(options.points)[options.start :] + small_points(options.small)


def measure_all(options: argparse.Namespace) -> None:
    """Measure what the cache does not have, and print a line for each result as it comes."""
    wanted = [(point, name) for point in chosen(options) for name in options.targets]
    if options.small_first:
        wanted.sort(key=lambda pair: pair[0].size())
    with executor(options.jobs, options.scheduler) as pool:
        futures = [(pair, pool.submit(measure, *pair, options.route, options.cache)) for pair in wanted]
        for (point, name), future in futures:
            try:
                result = future.result()
            except InputError as error:
                print(f"{point.number} {name}: {error}", flush=True)
                continue
            mhz = result["mhz"]
            print(
                f"{point.number} {name}: {result['counts']} {mhz and round(mhz, 1)} MHz, {result['seconds']} s"
                + (f" ({result['reason']})" if result.get("reason") and options.route else ""),
                flush=True,
            )


def component_tables(point: Point, family: str, cache: Path) -> dict[str, int]:
    """Look-up tables of each part of a point's core, mapped without flattening."""
    verilog = verilog_of(point, cache)
    synthesis = get_target(COMPONENT_TARGETS[family]).synthesis + " -noflatten"
    path = cache / "components" / f"{key_of(verilog, synthesis, importlib.metadata.version('pyosys'))}.json"
    if not path.is_file():
        with tempfile.TemporaryDirectory(prefix="hadamrnn-calibration-") as scratch:
            folder = Path(scratch)
            (folder / "design.v").write_text(verilog, encoding="utf-8")
            script = f"read_verilog design.v; {synthesis} -top core; tee -q -o statistics.json stat -json"
            run = run_tool([sys.executable, "-P", "-c", YOSYS, script], folder, "yosys.log")
            if run.status:
                raise InputError(f"Yosys refuses point {point.number}: {run.error}")
            _write(path, (folder / "statistics.json").read_bytes())
    tables: dict[str, int] = {}
    for module, contents in json.loads(path.read_text(encoding="utf-8"))["modules"].items():
        part = part_of(module.removeprefix("\\").removeprefix("core").removeprefix("_"))
        cells = contents.get("num_cells_by_type", {})
        tables[part] = tables.get(part, 0) + sum(cells.get(kind, 0) for kind in LUTS)
    return tables


def part_of(module: str) -> str:
    """The part of :func:`hadamrnn.hw.estimate.structure.structure` that a module of a core belongs to."""
    known = {"recurrence": "ring", "read_out": "read_out", "arg_max": "arg_max", "result_buffer": "result_buffer"}
    known |= {"trace": "trace"}
    return next((part for start, part in known.items() if module.startswith(start)), "input" if module else "top")


def collect(options: argparse.Namespace) -> None:
    """Write what the cache has of the present Verilog to the repository; what was there and is not measured anew stays.

    The latter may be of an earlier Verilog, whose digest is published with it.
    """
    published = json.loads(MEASUREMENTS.read_text(encoding="utf-8"))
    results = {(one["target"], one["number"]): one for one in published["results"]}
    components = {(one["family"], one["number"]): one for one in published["components"]}
    for point in chosen(options):
        if not list((options.cache / "verilog").glob(f"{point.number}-*.v")):
            continue
        for name in TARGETS:
            found = cached(point, name, options.cache)
            if found is not None:
                results[name, point.number] = found
        for family in COMPONENT_TARGETS:
            key = key_of(
                verilog_of(point, options.cache),
                get_target(COMPONENT_TARGETS[family]).synthesis + " -noflatten",
                importlib.metadata.version("pyosys"),
            )
            if (options.cache / "components" / f"{key}.json").is_file():
                tables = component_tables(point, family, options.cache)
                components[family, point.number] = {"number": point.number, "family": family, "luts": tables}
    contents = {
        "version": 1,
        "results": [results[key] for key in sorted(results)],
        "components": [components[key] for key in sorted(components)],
    }
    text = json.dumps(contents, indent=None)
    text = text.replace('{"number"', '\n{"number"').replace('"components": [', '\n"components": [')
    write_whole(MEASUREMENTS, text + "\n")
    print(f"{len(results)} results and {len(components)} cores by component in {MEASUREMENTS}")


def digest_of(verilog: str) -> str:
    """By which a published result is known to be that of the present Verilog."""
    return hashlib.sha256(without_comments(verilog).encode()).hexdigest()[:16]


def cached(point: Point, target_name: str, cache: Path) -> dict[str, Any] | None:
    """What the cache has of a point on a target, routed rather than only packed, as it is published."""
    target = get_target(target_name)
    verilog, tools = verilog_of(point, cache), versions(target)
    mapping = mapping_of(target)
    for route in (True, False):
        path = cache / "results" / f"{key_of(verilog, mapping, target.name, tools, route)}.json"
        if path.is_file():
            result = json.loads(path.read_text(encoding="utf-8"))
            kept = {name: result.get(name) for name in ("counts", "mhz", "path", "seed", "tools")}
            names = {"number": point.number, "target": target_name, "held_out": point.held_out}
            return names | {"verilog_sha256": digest_of(verilog)} | kept
    return None


def main(arguments: list[str]) -> None:
    """Measure, or collect what was measured."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("command", choices=["measure", "components", "collect"])
    parser.add_argument("--points", type=int, default=80)
    parser.add_argument("--small", type=int, default=48, help="points of the second draw, whose cores are small")
    parser.add_argument("--start", type=int, default=0)
    parser.add_argument("--targets", nargs="*", default=["ice40-hx8k", "ecp5-25k"], help=", ".join(TARGETS))
    parser.add_argument("--route", action="store_true", help="place and route, for the clock")
    parser.add_argument("--small-first", action="store_true", help="the smallest cores first")
    parser.add_argument("--jobs", type=int, default=1, help="local processes")
    parser.add_argument("--scheduler", metavar="ADDRESS", help="of a Dask cluster, in place of local processes")
    parser.add_argument("--cache", type=Path, default=CACHE)
    options = parser.parse_args(arguments)
    for name in options.targets:
        get_target(name)
    if options.command == "measure":
        measure_all(options)
    elif options.command == "collect":
        collect(options)
    else:
        fitted = [point for point in chosen(options) if not point.held_out]
        with executor(options.jobs, options.scheduler) as pool:
            for family in COMPONENT_TARGETS:
                futures = [(p, pool.submit(component_tables, p, family, options.cache)) for p in fitted]
                for point, future in futures:
                    print(point.number, family, future.result(), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
