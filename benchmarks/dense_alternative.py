"""What the Hadamard structure saves, and how near the estimates of dense cores are: docs/estimates.md.

python benchmarks/dense_alternative.py compare [--hidden 64 128 512] [--lanes 1] [--target ecp5-85k] …
python benchmarks/dense_alternative.py check [--targets ecp5-25k ice40-up5k]

``compare`` generates and maps three cores of each hidden size: of a Hadamard RNN with d = n, of a dense matrix of
random +1 and −1, and of a random orthogonal matrix quantised to 4 bits; all else is the same network. A dense core has
the fewest products a clock with which a step takes at most as many clocks as the Hadamard core's. Cells are those that
nextpnr packs; ``--route`` places and routes too, ``--no-dsp`` keeps Yosys from multipliers. Memory bits and multipliers
are those of the design, whatever the device makes of them. ``check`` maps a handful of dense cores, and prints what
was estimated and what was counted.
"""

import argparse
import json
import math
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from hadamrnn.hw.estimate import dense_alternative, equal_rate, estimate
from hadamrnn.hw.parameters import CoreParameters
from hadamrnn.hw.synthesis.place_and_route import place_and_route
from hadamrnn.hw.synthesis.synthesise import CLOCK, count_resources, cut_ports, map_design
from hadamrnn.hw.targets.catalogue import get_target
from hadamrnn.hw.targets.target import Target
from hadamrnn.hw.verilog.generation import generate
from hadamrnn.quant.integer import FrozenNetwork
from hadamrnn.sim.stimulus import random_dense_network, random_network

CHECKED: tuple[tuple[int, int, int, dict[str, Any]], ...] = (  # d, P, M, and what the network is like
    (16, 1, 1, {}),
    (32, 1, 4, {"activation": "modrelu"}),
    (64, 2, 2, {}),
    (128, 1, 8, {}),
    (64, 1, 4, {"binary": True}),
    (128, 2, 8, {"binary": True}),
)
COUNTED = ("logic_cells", "luts", "flip_flops", "carries", "distributed_rams", "block_rams", "dsps")


def networks(hidden_size: int) -> dict[str, FrozenNetwork]:
    """The three of that size, a power of two, by name."""
    hadamard = random_network(1, hidden_size=hidden_size, block_size=hidden_size, extremes=0.0)
    random = np.random.default_rng(hidden_size)
    signs = random.choice([-1, 1], (hidden_size, hidden_size))
    orthogonal = np.linalg.qr(random.standard_normal((hidden_size, hidden_size)))[0]
    step = float(np.abs(orthogonal).max()) / 8
    shift = 14 - math.floor(math.log2(step))
    quantised = dense_alternative(hadamard, 4, np.clip(np.rint(orthogonal / step), -8, 7).astype(np.int8))
    scale = {"recurrent_multiplier": round(step * 2**shift), "recurrent_shift": shift}
    binary = dense_alternative(hadamard, 1, signs.astype(np.int8))
    return {"Hadamard": hadamard, "dense, 1 bit": binary, "dense, 4 bits": replace(quantised, **scale)}


def counted(network: FrozenNetwork, parameters: CoreParameters, target: Target, route: bool) -> dict[str, Any]:
    """The cells of a core as they are packed, or placed and routed."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="hadamrnn-dense-") as scratch:
        folder = Path(scratch)
        generate(network, parameters, folder, "core")
        (folder / "core.v").rename(folder / "design.v")
        cells, _ = map_design(folder, "core", "core", target, cut=cut_ports(target))
        assert target.place_and_route is not None
        placement = place_and_route(
            folder, target.place_and_route, CLOCK, None, 1, lambda stage: None, pack_only=not route
        )
    counts, _ = count_resources(target, cells, placement)
    over = {name: f"{one.used} of {one.available}" for name, one in counts.items() if (one.used or 0) > one.available}
    return {
        "cells": {name: one.used for name, one in counts.items()},
        "over": over,
        "fits": False if over else placement.fits,
        "mhz": placement.achieved_mhz,
        "seconds": round(time.monotonic() - started),
    }


def compare(hidden_size: int, lanes: int, target: Target, route: bool) -> list[dict[str, Any]]:
    """A row for each core of one hidden size, with ratios to the first."""
    rows: list[dict[str, Any]] = []
    for name, network in networks(hidden_size).items():
        parameters: CoreParameters | None = CoreParameters(lanes=lanes)
        if rows:
            parameters = equal_rate(network, parameters, rows[0]["cycles_per_step"])
        if parameters is None:
            print(f"{name}, d = {hidden_size}: no core is that fast", file=sys.stderr)
            continue
        expected = estimate(network, parameters, target=target).to_json()
        row = {"core": name, "hidden_size": hidden_size, "lanes": parameters.lanes, "target": target.name}
        row |= {"recurrent_words": expected["recurrent_words"], "cycles_per_step": expected["cycles_per_step"]}
        row["memory_bits"] = sum(expected[f"{kind}_memory_bits"] for kind in ("state", "weight", "input"))
        row["multipliers"] = sum(expected[f"{kind}_multipliers"] for kind in ("input", "recurrent", "readout"))
        row["estimated"] = {kind: expected[kind] for kind in COUNTED}
        row |= counted(network, parameters, target, route)
        row["logic_cells"] = row["cells"]["logic_cells"]
        rows.append(row)
        times = [f"{key} {row[key]} (× {row[key] / rows[0][key]:.1f})" for key in ("logic_cells", "memory_bits")]
        times.append(f"multipliers {row['multipliers']} (× {row['multipliers'] / rows[0]['multipliers']:.0f})")
        print(f"{name}, d = {hidden_size}, P = {row['lanes']}, M = {row['recurrent_words']}:", end=" ")
        print(f"{row['cycles_per_step']} clocks a step, {', '.join(times)}; {row['cells']}", end="; ")
        print(f"fits {row['fits']} {row['over'] or ''}, {row['mhz']} MHz, {row['seconds']} s", flush=True)
    return rows


def check(target: Target) -> list[dict[str, Any]]:
    """What is estimated of each core of :data:`CHECKED`, and what is counted."""
    rows = []
    for hidden_size, lanes, words, choices in CHECKED:
        network = random_dense_network(hidden_size, hidden_size=hidden_size, **choices)
        parameters = CoreParameters(lanes=lanes, recurrent_multipliers=words)
        expected = estimate(network, parameters, target=target).to_json()
        cells = counted(network, parameters, target, route=False)["cells"]
        kinds = [kind for kind in COUNTED if kind in cells]
        rows.append({"target": target.name, "d": hidden_size, "P": lanes, "M": words, **choices})
        rows[-1] |= {kind: (expected[kind], cells[kind]) for kind in kinds}
        figures = ", ".join(f"{kind} {expected[kind]} / {cells[kind]}" for kind in kinds)
        print(f"{target.name}, d = {hidden_size}, P = {lanes}, M = {words} {choices or ''}: {figures}", flush=True)
    return rows


def main() -> int:
    """Print as it goes; with ``--json`` write everything."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=("compare", "check"))
    parser.add_argument("--hidden", type=int, nargs="+", default=[64, 128, 512])
    parser.add_argument("--lanes", type=int, default=1)
    parser.add_argument("--target", default="ecp5-85k")
    parser.add_argument("--targets", nargs="+", default=["ecp5-25k", "ice40-up5k"])
    parser.add_argument("--no-dsp", action="store_true", help="products in logic (ECP5)")
    parser.add_argument("--route", action="store_true")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if options.command == "check":
        rows = [row for name in options.targets for row in check(get_target(name))]
    else:
        target = get_target(options.target)
        if options.no_dsp:
            target = replace(target, synthesis=f"{target.synthesis} -nodsp")
        rows = [row for size in options.hidden for row in compare(size, options.lanes, target, options.route)]
    if options.json is not None:
        options.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
