"""``hadamrnn mutate``: whether the verification finds faults, by cores that have one each."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..hw.parameters import CoreParameters
from .core_options import NAMES, core_options
from .counts import count_option, seed_option
from .network_file import NetworkFile
from .output import check_folder, json_option, print_json, print_table, write_json
from .progress import counted
from .refusal import refuse_options
from .verify import NoVerdict

if TYPE_CHECKING:
    from ..sim.mutation.report import MutationReport, Outcome


@click.command(
    epilog="""\b
Example:
  hadamrnn mutate --mutants 60 -o mutation
  hadamrnn mutate digits.safetensors --lanes 4 --mutants 40 --simulator verilator
"""
)
@click.argument("network_path", metavar="[NET]", required=False, type=NetworkFile())
@count_option("--mutants", "N", "Faults to draw.", default=60)
@seed_option("Seed of the draw, of inputs and of stalls.")
@click.option(
    "--simulator",
    default="icarus",
    show_default=True,
    metavar="icarus|verilator",
    help="Icarus starts quickly, for small cores; Verilator runs quickly, for large ones.",
)
@count_option("--sequences", "N", "Sequences of an attempt.", default=12)
@count_option("--steps", "T", "Steps of the longest sequence.", default=10)
@count_option("--proof-seconds", "S", "Time to prove that a mutant that was not found is the same core.", default=120)
@count_option("--jobs", "N", "Processes at a time.  [default: all processors]")
@click.option(
    "-o",
    "--report",
    "folder",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Write mutation.json there: each fault, and what became of it.",
)
@core_options(without=("trace",))
@json_option
def command(
    network_path: Path | None,
    mutants: int,
    seed: int,
    simulator: str,
    sequences: int,
    steps: int,
    proof_seconds: int,
    jobs: int | None,
    folder: Path | None,
    parameters: CoreParameters,
    as_json: bool,
) -> int:
    """Put faults into the core of the frozen network NET, one at a time, and count those that co-simulation finds.

    Without NET the cores are a set of small ones that together have every part of the Hadamard family. A fault is
    another operator, constant, width, enable, reset, memory content or handshake. One that is not found goes to a
    proof: either the core is the same for all inputs and all time, or the verification has a hole.

    The status is 0 where every mutant was found or is proved to be the same core, and 1 where one survived.
    """
    from ..quant.integer import read_frozen
    from ..sim.build import SimulationError
    from ..sim.mutation.campaign import run_campaign
    from ..sim.mutation.suite import Subject, suite

    if network_path is None:
        refuse_options(NAMES, "goes with NET: the set of small cores has its own")
        subjects = suite()
    else:
        traced = replace(parameters, trace=True)
        subjects = (Subject(name=network_path.stem, network=read_frozen(network_path), parameters=traced),)
    if folder is not None:
        check_folder(folder, "--report")
    with counted("mutate", mutants) as progress:
        try:
            report = run_campaign(
                subjects,
                mutants,
                seed=seed,
                simulator=simulator,
                sequences=sequences,
                steps=steps,
                proof_seconds=proof_seconds,
                jobs=(os.cpu_count() or 1) if jobs is None else jobs,
                progress=progress,
            )
        except SimulationError as error:
            raise NoVerdict(str(error)) from error
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        write_json(report.to_json(), folder / "mutation.json")
    if as_json:
        print_json(report.to_json())
    else:
        _print_report(report)
    return int(not report.passed)


def _print_report(report: MutationReport) -> None:
    from rich.table import Table

    table = Table()
    for name in ("fault", "mutants", "killed", "equivalent", "survived"):
        table.add_column(name, justify="left" if name == "fault" else "right")
    for kind, counts in report.kinds().items():
        table.add_row(kind, str(sum(counts.values())), *(str(count) for count in counts.values()))
    print_table(table)
    for outcome in report.outcomes:
        if outcome.status != "killed":
            _print_outcome(outcome)
    score = "no score" if report.score is None else f"mutation score {report.score:.1%}"
    counts = ", ".join(f"{report.count(status)} {status}" for status in ("killed", "equivalent", "survived"))
    drawn = f"{len(report.outcomes)} of {report.possible} mutants of {len(report.cores)} cores"
    click.echo(f"{score}: {drawn}, {counts}; {report.simulator} {report.simulator_version}")


def _print_outcome(outcome: Outcome) -> None:
    click.echo(f"{outcome.status}: {outcome} ({outcome.core})")
    for line in outcome.verilog[:6]:
        click.echo(f"    {line}")
    click.echo(f"    {outcome.explanation}")
