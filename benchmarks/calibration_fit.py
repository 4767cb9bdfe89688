"""Fit the estimates to what was measured, and say how far they are from what they were not fitted to.

python benchmarks/calibration_fit.py            fits, writes hw/estimate/coefficients.json, prints the errors
python benchmarks/calibration_fit.py --plot     the same, and docs/pictures/estimates.svg
python benchmarks/calibration_fit.py --table    the errors as the table of docs/estimates.md

It reads benchmarks/measurements.json alone (and makes the points' networks again, from their numbers). A coefficient
is a cost for each bit of a kind of logic: least squares over whole cores and over the components of cores, none of
them held out, drawn towards what is plain to see (an adder on iCE40 is one look-up table a bit) where there is little
to fit to. Nothing in the measurements of a held-out point is used before the table of errors.
"""

import argparse
import itertools
import json
import math
import statistics
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import numpy as np
from calibration import MEASUREMENTS
from calibration_points import find_points
from scipy.optimize import lsq_linear, nnls

from hadamrnn.hw.data_sheet import DataSheet
from hadamrnn.hw.estimate import resources as resource_rules
from hadamrnn.hw.estimate.clock import core_delay
from hadamrnn.hw.estimate.features import absorbing, carry_cells, carry_chains, features, memory_family
from hadamrnn.hw.estimate.memories import map_memory
from hadamrnn.hw.estimate.parts import Part
from hadamrnn.hw.estimate.structure import structure
from hadamrnn.hw.targets.catalogue import TARGETS
from hadamrnn.replacement import write_whole

ROOT = Path(__file__).resolve().parents[1]
COEFFICIENTS = ROOT / "hw" / "estimate" / "coefficients.json"
PARTS = ("ring", "input", "read_out", "arg_max", "result_buffer", "trace")
ONE_EACH = dict.fromkeys(
    ("buffer", "activation", "accumulator", "comparison", "choice", "exchange", "control", "collisions"), 1.0
)
PLAIN = {
    **ONE_EACH,
    **{f"a {part}": 5.0 for part in PARTS},
    "short counter": 1.0,
    "restarted chain": 1.0,
    "leaving chain": 1.0,
    "output bias": 1.0,
    "table of constants": 1.0,
    "wide table": 0.5,
    "memory of registers": 1.0,
    "signed quotient": 1.0,
    "saturation": 1.0,
    "lanes": 3.0,
    "rounding": 0.35,
    "read first": 2.0,
    "counters": 1.0,
}
EXPECTED: dict[str, dict[str, float]] = {
    "ice40": PLAIN
    | {"adder": 1.0, "counter": 1.0, "time butterfly": 1.0, "lane butterfly": 1.0, "subtracted": 0.5}
    | {"product": 0.9, "signed product": 1.0, "banks": 0.3, "wrapping counter": 0.3, "started counter": 0.3},
    "ecp5": PLAIN
    | {"counter": 0.1, "time butterfly": 2.0, "banks": 0.45, "wrapping counter": 1.0, "started counter": 2.2},
}
EXPECTED["gowin"] = EXPECTED["ecp5"]
LIKE = {"ice40-dsp": "ice40"}  # the same logic but for the multipliers: they are fitted as one
PULL = {"ice40": 0.5, "ecp5": 0.015, "gowin": 0.015}
"""Weight of what is expected of a coefficient, against one measurement: of 0.005, 0.015, 0.05 … 5, one with which
points that are not held out are found well from the others of these."""

CELLS = {
    "ice40": ({"luts": 1.0, "plain": 1.0}, ("chains", "carries", "one")),
    "ecp5": ({"luts": 1.0, "carries": 2.0}, ("chains", "distributed_rams", "one")),
    "gowin": ({"luts": 1.0, "carries": 1.0}, ("chains", "distributed_rams", "plain", "one")),
}
"""What a logic cell is known to be, and what else is fitted."""

CELLS_UNFITTED = {
    "ice40": {"luts": 1.0, "plain": 1.0, "chains": 0.6, "carries": 0.1, "one": 5.0},
    "ecp5": {"luts": 1.0, "carries": 2.0, "chains": 4.0, "distributed_rams": 6.0, "one": 4.0},
    "gowin": {"luts": 1.0, "carries": 1.0, "chains": 2.0, "distributed_rams": 8.0, "one": 4.0},
}
"""The same until there are measurements enough."""

FITTED_TARGETS = {"ice40": "ice40-hx8k", "ice40-dsp": "ice40-up5k", "ecp5": "ecp5-25k", "gowin": "gowin-gw2a-18"}
DELAYS_OF = {"gowin": "ecp5-25k"}  # families whose own delays are not known: the shape of their paths is alike
COUNTS = ("logic_cells", "luts", "flip_flops", "carries", "distributed_rams", "block_rams", "dsps")
TITLES = {name: name.replace("_", " ") for name in COUNTS} | {
    "luts": "LUTs",
    "flip_flops": "flip-flops",
    "carries": "carry cells",
    "block_rams": "block RAMs",
    "distributed_rams": "distributed RAMs",
    "dsps": "DSPs",
    "clock": "clock",
}
HANDSHAKE = {"ice40": 8, "ice40-dsp": 6, "ecp5": 5, "gowin": 5}  # sevenths of Delays.rest, until there is enough to fit
MEMORY = {"ice40": 1.0, "ice40-dsp": 1.0, "ecp5": 1.7, "gowin": 1.7}  # times Delays.memory, likewise
LEAST = 3  # routed cores from which the factor of a clock is fitted
ENOUGH = 10  # and those from which its constants are


class Measured:
    """The measurements, and the structure of every point's core."""

    def __init__(self) -> None:
        contents = json.loads(MEASUREMENTS.read_text(encoding="utf-8"))
        self.results: list[dict[str, Any]] = contents["results"]
        self.components: list[dict[str, Any]] = contents["components"]
        numbers = {one["number"] for one in (*self.results, *self.components)}
        self.points = find_points(numbers)
        self.sheets = {n: DataSheet(self.points[n].network(), self.points[n].core()) for n in sorted(numbers)}
        self.parts: dict[int, list[Part]] = {number: structure(sheet) for number, sheet in self.sheets.items()}

    def of(self, target: str, held_out: bool) -> list[dict[str, Any]]:
        """The results of a target, those held out or the others."""
        return [one for one in self.results if one["target"] == target and one["held_out"] == held_out]


def fitted_points(measured: Measured, family: str) -> list[tuple[str, dict[str, Any]]]:
    """What a family is fitted to: rules and result of each core, those of families that are like it included."""
    alike = [family, *(name for name, like in LIKE.items() if like == family)]
    return [(name, one) for name in alike for one in measured.of(FITTED_TARGETS[name], held_out=False)]


def fit_tables(measured: Measured, family: str) -> dict[str, float]:
    """The cost of each kind of logic in look-up tables, near what is expected of each."""
    rows, expected = [], EXPECTED[family]
    for one in measured.components:
        if one["family"] == family:
            parts = {part.name: part for part in measured.parts[one["number"]]}
            rows += [(features(family, parts[name]), luts) for name, luts in one["luts"].items() if name in parts]
    for rules, one in fitted_points(measured, family):
        total: Counter[str] = Counter()
        for part in measured.parts[one["number"]]:
            total.update(features(rules, part))
        rows.append((total, one["counts"]["luts"]))
    kinds = sorted({kind for row, _ in rows for kind in row} | set(expected))
    start = np.array([expected.get(kind, 0.0) for kind in kinds])
    if not rows:
        return dict(zip(kinds, start.tolist(), strict=True))
    matrix = np.array([[row.get(kind, 0) for kind in kinds] for row, _ in rows], dtype=float)
    luts = np.array([luts for _, luts in rows], dtype=float)
    weight = np.maximum(luts, 40.0) ** -0.75
    pull = math.sqrt(PULL[family]) / np.maximum(start, 0.3)
    solution = lsq_linear(
        np.vstack([matrix * weight[:, None], np.diag(pull)]),
        np.concatenate([luts * weight, pull * start]),
        bounds=(0, np.inf),
    )
    return {kind: round(float(value), 3) for kind, value in zip(kinds, solution.x, strict=True)}


def counted(family: str, parts: list[Part]) -> dict[str, int]:
    """What logic cells besides look-up tables are made of."""
    memories = [(memory, map_memory(memory_family(family), memory)) for part in parts for memory in part.memories]
    logic = sum(m.words * m.bits for m, mapped in memories if mapped.kind is None and not m.initialised)
    absorbed = sum(multiplier.operands for part in parts for multiplier in absorbing(family, part))
    return {
        "plain": sum(part.plain for part in parts) + logic - absorbed,
        "carries": carry_cells(family, parts),
        "chains": carry_chains(family, parts),
        "distributed_rams": sum(mapped.cells for _, mapped in memories if mapped.kind == "distributed_rams"),
        "one": 1,
    }


def fit_cells(measured: Measured, family: str) -> dict[str, float]:
    """What logic cells are made of."""
    known, names = CELLS[family]
    rows, rest = [], []
    for rules, one in fitted_points(measured, family):
        counts = one["counts"]
        have = counted(rules, measured.parts[one["number"]]) | counts
        rows.append([have[name] for name in names])
        rest.append(counts["logic_cells"] - sum(factor * have[name] for name, factor in known.items()))
    if len(rows) < len(names) + 1:
        return dict(CELLS_UNFITTED[family])
    weight = 1 / np.sqrt(np.maximum(np.array(rest), 10.0))
    solution, _ = nnls(np.array(rows, dtype=float) * weight[:, None], np.array(rest) * weight)
    return known | {name: round(float(value), 3) for name, value in zip(names, solution, strict=True)}


def fit_clock(measured: Measured, family: str, target: str) -> dict[str, Any] | None:
    """The constants of the clock of a target, by trying those there are; the error is that of the logarithm."""
    routed = [one for one in measured.of(target, held_out=False) if one["mhz"]]
    if len(routed) < LEAST:
        return None
    delays_of = target if TARGETS[target].delays is not None else DELAYS_OF.get(family, FITTED_TARGETS[family])
    delays = TARGETS[delays_of].delays
    assert delays is not None
    best: tuple[float, dict[str, Any]] | None = None
    scale = delays.rest / 7
    products, handshakes, factors = (4, 5, 6, 7, 8), (4, 5, 6, 7, 8), (0.5, 1.0, 1.4, 1.7, 2.0)
    if len(routed) < ENOUGH:
        products, handshakes, factors = (6,), (HANDSHAKE[family],), (MEMORY[family],)
    for product, handshake, memory in itertools.product(products, handshakes, factors):
        constants = {
            "product_ns": round(product * scale, 2),
            "handshake_ns": round(handshake * scale, 2),
            "memory_ns": round(memory * delays.memory, 2),
        }
        ratios = [
            math.log(1000 / one["mhz"])
            - math.log(core_delay(family, measured.sheets[n], measured.parts[n], delays, **constants))
            for one in routed
            for n in (one["number"],)
        ]
        deviation = statistics.pstdev(ratios)
        if best is None or deviation < best[0] - 1e-4:
            factor = round(math.exp(statistics.fmean(ratios)), 4)
            best = deviation, {"delays_of": delays_of, "factor": factor, **constants}
    assert best is not None
    freedom = math.sqrt(len(routed) / (len(routed) - 1))
    return best[1] | {"deviation": round(max(best[0] * freedom, 0.05), 4), "routed": len(routed)}


def errors(measured: Measured, fitted: dict[str, Any]) -> dict[str, Any]:
    """Of each target and count: the mean and the worst relative error of fitted and held-out points, and how many."""
    table: dict[str, Any] = {}
    for family, target in ((f, t) for f, t in FITTED_TARGETS.items() if f in fitted):
        for held_out in (False, True):
            found: dict[str, list[float]] = defaultdict(list)
            for one in measured.of(target, held_out):
                number = one["number"]
                expected = resource_rules.resources(family, measured.parts[number])
                for name in COUNTS:
                    real, value = one["counts"].get(name), getattr(expected, name)
                    if real is not None and value is not None:
                        found[name].append((value - real) / max(real, 1))
                clocks = fitted["clocks"].get(target)
                if one["mhz"] and clocks:
                    found["clock"].append(_mhz(measured, family, number, clocks) / one["mhz"] - 1)
            table.setdefault(target, {})["held_out" if held_out else "fitted"] = {
                name: {
                    "points": len(values),
                    "mean": round(statistics.fmean(map(abs, values)), 4),
                    "bias": round(statistics.fmean(values), 4),
                    "worst": round(max(map(abs, values)), 4),
                }
                for name, values in found.items()
            }
    return table


def _mhz(measured: Measured, family: str, number: int, clocks: dict[str, Any]) -> float:
    delays = TARGETS[clocks["delays_of"]].delays
    assert delays is not None
    constants = {name: clocks[name] for name in ("product_ns", "handshake_ns", "memory_ns")}
    parts = measured.parts[number]
    return 1000 / (clocks["factor"] * core_delay(family, measured.sheets[number], parts, delays, **constants))


def fit(measured: Measured) -> dict[str, Any]:
    """All coefficients, and the errors that they have."""
    fitted: dict[str, Any] = {"version": 1, "clocks": {}}
    for family, target in FITTED_TARGETS.items():
        like = LIKE.get(family)
        if like is not None:
            fitted[family] = {name: dict(fitted[like][name]) for name in ("tables", "cells")}
        elif len(measured.of(target, held_out=False)) < LEAST:
            continue
        else:
            fitted[family] = {"tables": fit_tables(measured, family), "cells": fit_cells(measured, family)}
        clocks = fit_clock(measured, family, target)
        if clocks is not None:
            fitted["clocks"][target] = clocks
    resource_rules.coefficients = lambda: fitted  # what is measured below is what was just fitted
    # Devices of one family differ in size and, but for LP and HX, in nothing else: they share the clock.
    for target in TARGETS.values():
        family = resource_rules.family_of(target)
        like = None if family is None else fitted["clocks"].get(FITTED_TARGETS[family])
        if like is not None and target.name not in fitted["clocks"] and target.family == "ecp5":
            fitted["clocks"][target.name] = like | {"as": FITTED_TARGETS[str(family)]}
    fitted["errors"] = errors(measured, fitted)
    return fitted


def plot(measured: Measured, fitted: dict[str, Any], path: Path) -> None:
    """Logic cells and clock, estimated over measured, of every target; held-out points are filled."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "hadamrnn"
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(8, 3.6), layout="constrained")
    for colour, (family, target) in enumerate(FITTED_TARGETS.items()):
        for held_out in (False, True):
            pairs: list[list[tuple[float, float]]] = [[], []]
            for one in measured.of(target, held_out):
                if family in fitted:
                    expected = resource_rules.resources(family, measured.parts[one["number"]])
                    pairs[0].append((one["counts"]["logic_cells"], expected.logic_cells))
                if one["mhz"] and target in fitted["clocks"]:
                    pairs[1].append((one["mhz"], _mhz(measured, family, one["number"], fitted["clocks"][target])))
            for axis, values in zip(axes, pairs, strict=True):
                if values:
                    real, expected_values = np.array(values).T
                    axis.plot(
                        real,
                        expected_values / real,
                        "o",
                        color=f"C{colour}",
                        markersize=4,
                        fillstyle="full" if held_out else "none",
                        label=f"{target}, held out" if held_out else f"{target}, fitted",
                    )
    for axis, name in zip(axes, ("logic cells", "clock, MHz"), strict=True):
        axis.axhline(1, color="0.6", linewidth=0.8)
        axis.set_xlabel(f"{name}, measured")
        axis.set_ylabel("estimated / measured")
    axes[0].set_xscale("log")
    axes[0].set_xticks([500, 1000, 2000, 4000], ["500", "1000", "2000", "4000"])
    axes[0].set_xticks([], minor=True)
    axes[0].legend(fontsize=6)
    figure.savefig(path, metadata={"Date": None})


def lines(found: dict[str, Any]) -> str:
    """The errors, a line each: points, mean, worst, bias."""
    return "\n".join(
        f"{target} | {kind} | {name} | {error['points']} cores | "
        f"mean {error['mean']:.1%} | worst {error['worst']:.1%} | bias {error['bias']:+.1%}"
        for target, kinds in found.items()
        for kind, counts in kinds.items()
        for name, error in counts.items()
    )


def table(found: dict[str, Any]) -> str:
    """The errors as Markdown."""

    def cells(error: dict[str, Any] | None) -> str:
        if error is None:
            return "| – | 0 "
        return f"| {100 * error['mean']:.1f} % / {100 * error['worst']:.1f} % | {error['points']} "

    rows = [
        f"| `{target}` | {TITLES[name]} {cells(kinds['held_out'].get(name))}{cells(kinds['fitted'].get(name))}|"
        for target, kinds in found.items()
        for name in (*COUNTS, "clock")
        if name in kinds["held_out"] or name in kinds["fitted"]
    ]
    head = "| target | figure | held out: mean / worst | cores | fitted: mean / worst | cores |"
    return "\n".join([head, "|---|---|---|---:|---|---:|", *rows])


def main(arguments: list[str]) -> None:
    """Fit, write, print the errors."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--plot", action="store_true")
    parser.add_argument("--table", action="store_true")
    options = parser.parse_args(arguments)
    measured = Measured()
    fitted = fit(measured)
    write_whole(COEFFICIENTS, json.dumps(fitted, indent=1) + "\n")
    print(table(fitted["errors"]) if options.table else lines(fitted["errors"]))
    if options.plot:
        plot(measured, fitted, ROOT / "docs" / "pictures" / "estimates.svg")


if __name__ == "__main__":
    main(sys.argv[1:])
