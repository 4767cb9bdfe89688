"""``hadamrnn explore``: the largest networks that fit a device at a rate, and what they leave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..hw.parameters import CoreParameters
from .core_options import core_options
from .counts import count_option, plural
from .list_options import ListOptions
from .output import json_option, print_fitting_table, print_json
from .refusal import refuse_options
from .shape_options import SHAPE, shape_options

if TYPE_CHECKING:
    from ..hw.estimate.exploration import Candidate
    from ..hw.targets.target import Target

_COLUMNS = {
    "d": 0,
    "n": 0,
    "P": 0,
    "bits": 0,
    "cycles per step": 4,
    "clock, MHz": 2,
    "steps a second": 1,
    "logic cells": 3,
    "block RAMs": 7,
    "DSPs": 8,
    "fullest": 5,
    "known accuracy": 6,
    "synthesised": 9,
}

_MIXING = 16  # units of a block, of the smallest that the networks of the papers and of the zoo have


@click.command(
    cls=ListOptions,
    epilog="""\b
Example:
  hadamrnn explore --target ice40-up5k --rate 16000
  hadamrnn explore --target ecp5-25k --rate 1000000 --bits 8 10 12 --input-size 6
  hadamrnn explore --target ice40-hx8k --rate 100000 --synthesise --jobs 2
""",
)
@click.option("--target", "target_name", required=True, metavar="NAME", help="FPGA (docs/synthesis.md).")
@click.option("--rate", type=float, required=True, metavar="STEPS", help="Steps a second that the core must make.")
@click.option("--bits", multiple=True, type=int, metavar="W ...", help="State bits to try.  [default: --state-bits]")
@click.option("--hidden", multiple=True, type=int, metavar="D ...", help="Hidden sizes to try.  [default: 8 to 8192]")
@click.option(
    "--block", "block_size", multiple=True, type=int, metavar="N ...", help="Block sizes to try.  [default: 4 to d]"
)
@click.option("--clock", "clock_mhz", type=float, metavar="MHZ", help="Clock of the core.  [default: the expected one]")
@click.option(
    "--filled", type=float, default=0.9, show_default=True, help="Share of each resource that may be taken at most."
)
@click.option("--all", "show_all", is_flag=True, help="Every shape that fits, not the Pareto front alone.")
@click.option("--runs", multiple=True, type=click.Path(path_type=Path), metavar="DIR", help="Run folders to look in.")
@click.option("--synthesise", is_flag=True, help="Synthesise, place and route what is found; takes minutes each.")
@count_option("--jobs", "N", "Local processes that synthesise.", default=1)
@click.option("--scheduler", metavar="ADDRESS", help="Synthesise on a Dask cluster, such as tcp://host:8786.")
@shape_options
@core_options(without=("lanes", "channels"))
@json_option
def command(
    target_name: str,
    rate: float,
    bits: Sequence[int],
    hidden: Sequence[int],
    block_size: Sequence[int],
    clock_mhz: float | None,
    filled: float,
    show_all: bool,
    runs: Sequence[Path],
    synthesise: bool,
    jobs: int,
    scheduler: str | None,
    parameters: CoreParameters,
    as_json: bool,
    **shape: Any,
) -> int:
    """Find the networks that fit a device and make a number of steps a second, by estimates, in a second or two.

    Of each hidden size, block size and number of state bits the core with the fewest lanes is taken. Shown are those
    to which no other is better: a larger state, more bits, or less of the device. The first line is the largest. Small
    blocks take least, but their units are mixed with few others: --block tries larger ones alone. The
    accuracy is that of networks of the same shape in the zoo and in --runs, whatever their task. The status is 1 where
    nothing fits, or a core could not be synthesised; the others are shown.
    """
    from ..hw.estimate import worst_case_network
    from ..hw.estimate.exploration import HIDDEN_SIZES, candidates, front
    from ..hw.targets.catalogue import get_target

    if bits:
        refuse_options(("state_bits",), "does not go with --bits, which says them")
    if not synthesise:
        refuse_options(("jobs", "scheduler"), "goes with --synthesise")
    target = get_target(target_name)
    state_bits = sorted(set(bits)) or [shape["state_bits"]]
    rest = {name: value for name, value in shape.items() if name != "state_bits"}
    found = list(
        candidates(
            target,
            rate,
            lambda d, n, w: worst_case_network(d, n, state_bits=w, **rest),
            parameters,
            state_bits=state_bits,
            hidden_sizes=sorted(set(hidden)) or HIDDEN_SIZES,
            block_sizes=sorted(set(block_size)) or None,
            clock_mhz=clock_mhz,
            filled=filled,
        )
    )
    chosen = sorted(found, key=lambda one: (-one.network.hidden_size, one.share)) if show_all else front(found)
    rows = [_plain(one) | {"known": known} for one, known in zip(chosen, _accuracies(chosen, shape, runs), strict=True)]
    if synthesise:
        _synthesise(chosen, rows, target_name, jobs, scheduler)
    if as_json:
        print_json({"target": target_name, "steps_per_second": rate, "front": rows})
    else:
        _print(target, rate, rows)
    return int(not rows or any("error" in row for row in rows))


def _plain(one: Candidate) -> dict[str, Any]:
    figures = one.figures.to_json()
    return {
        "hidden_size": one.network.hidden_size,
        "block_size": one.network.block_size,
        "lanes": one.parameters.lanes,
        "state_bits": one.network.state_bits,
        "share": round(one.share, 4),
        "scarce": one.scarce,
        "estimate": figures,
    }


def _accuracies(chosen: Sequence[Candidate], shape: Mapping[str, Any], runs: Sequence[Path]) -> list[list[dict]]:
    """For each core the networks of its shape that are known, with the accuracy of their integers or of training."""
    from ..quant.network_options import FREEZABLE
    from ..quant.run_folder import find_runs
    from ..zoo import entry, names

    same = [name for name in SHAPE if name not in ("state_bits", "input_bits", "weight_bits")]
    known: list[tuple[int, int, dict[str, Any]]] = []
    for name in names():
        about = entry(name).description
        network = about["network"]
        if network["family"] == "hadamard" and all(network.get(key, shape[key]) == shape[key] for key in same):
            accuracy = about["integer"]["accuracy"]
            found = {"network": f"zoo:{name}", "accuracy": accuracy, "state_bits": network["state_bits"]}
            known.append((network["hidden_size"], network["block_size"], found))
    for run in find_runs(runs) if runs else ():
        network = None if run.config is None else run.config.network
        if network is None or not run.result or network.kind not in FREEZABLE or "block_size" in network.unused:
            continue  # no core computes it, or not this one
        if "shape" not in run.result:
            click.echo(f"{run.folder}: a run of an earlier version, whose shape is not known: left out", err=True)
        elif all(run.result["shape"][field] == shape[field] for field in same):
            found = {"network": str(run.folder), "accuracy": run.result["test"]["accuracy"]}
            known.append((network.hidden_size, network.block_size, found))
    return [
        [about for d, n, about in known if (d, n) == (one.network.hidden_size, one.network.block_size)]
        for one in chosen
    ]


def _synthesise(
    chosen: Sequence[Candidate], rows: list[dict[str, Any]], target_name: str, jobs: int, scheduler: str | None
) -> None:
    from ..hw.synthesis.executor import executor, result_or_error
    from ..hw.synthesis.sweep import synthesise_core
    from .progress import stages

    with executor(jobs, scheduler) as pool, stages(target_name) as stage:
        futures = [
            pool.submit(synthesise_core, one.network, replace(one.parameters, channels=1), target_name)
            for one in chosen
        ]
        for number, (row, future) in enumerate(zip(rows, futures, strict=True), start=1):
            stage(f"core {number} of {len(rows)}")
            report, error = result_or_error(future)
            row |= {"synthesis": report} if error is None else {"synthesis": None, "error": error}


def _print(target: Target, rate: float, rows: Sequence[Mapping[str, Any]]) -> None:
    if not rows:
        click.echo(f"{target.name}: no core fits and makes {rate:,.0f} steps a second")
        return
    largest = rows[0]
    clock = largest["estimate"]["clock_mhz"]
    click.echo(
        f"{target.name} at {rate:,.0f} steps a second: the largest network has {largest['hidden_size']} units "
        f"(blocks of {largest['block_size']}, {largest['state_bits']} bits, {plural(largest['lanes'], 'lane')}"
        f"{'' if clock is None else f', {clock:.0f} MHz expected'})"
    )
    print_fitting_table([_row(row) for row in rows], _COLUMNS, left=("fullest", "known accuracy", "synthesised"))
    if all(row["block_size"] < _MIXING for row in rows):
        click.echo(f"blocks this small mix few units: --block {_MIXING} tries those of {_MIXING}")


def _row(row: Mapping[str, Any]) -> dict[str, str]:
    figures = row["estimate"]
    known = (f"{one['network']} {one['accuracy']:.1%}" for one in row["known"] if one["accuracy"] is not None)
    rate = figures["steps_per_second"]
    return {
        "d": str(row["hidden_size"]),
        "n": str(row["block_size"]),
        "P": str(row["lanes"]),
        "bits": str(row["state_bits"]),
        "cycles per step": str(figures["cycles_per_step"]),
        "clock, MHz": "?" if figures["clock_mhz"] is None else f"{figures['clock_mhz']:.0f}",
        "steps a second": "?" if rate is None else f"{rate:,.0f}",
        "logic cells": str(figures["logic_cells"]),
        "block RAMs": str(figures["block_rams"]),
        "DSPs": "" if figures["dsps"] is None else str(figures["dsps"]),
        "fullest": f"{row['scarce'].replace('_', ' ')} {row['share']:.0%}",
        "known accuracy": ", ".join(known),
        **({"synthesised": _synthesised(row)} if "synthesis" in row else {}),
    }


def _synthesised(row: Mapping[str, Any]) -> str:
    """The real figures of a core, or why there are none."""
    report = row["synthesis"]
    if report is None:
        return row["error"]
    cells, clock = report["resources"]["logic_cells"]["used"], report["clock"]["achieved_mhz"]
    return f"{cells} cells, {'no clock' if clock is None else f'{clock:.0f} MHz'}"
