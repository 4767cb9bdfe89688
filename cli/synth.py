"""``hadamrnn synth``: the real cost of a generated core on one or several FPGAs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .output import json_option, print_json, print_table, write_json
from .progress import stages

if TYPE_CHECKING:
    from ..hw.synthesis.report import SynthesisReport


@click.command(
    epilog="""\b
Example:
  hadamrnn synth core --target ice40-up5k --target ecp5-25k --clock 48
"""
)
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--target",
    "target_names",
    multiple=True,
    required=True,
    metavar="NAME",
    help="FPGA, such as ice40-up5k or ecp5-25k (docs/synthesis.md has all); may be given more than once, or 'all'.",
)
@click.option("--clock", "clock_mhz", type=float, metavar="MHZ", help="Clock to aim at, in MHz.")
@click.option("--seed", type=int, default=1, show_default=True, help="Seed of the placer.")
@click.option(
    "--keep",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Keep scripts, logs and netlists in DIR/<target>.",
)
@json_option
def command(
    folder: Path, target_names: Sequence[str], clock_mhz: float | None, seed: int, keep: Path | None, as_json: bool
) -> int:
    """Synthesise, place and route the core in DIR with Yosys and nextpnr.

    Writes DIR/synthesis-<target>.json for each target: cells, memories, multipliers, and the clock achieved after
    routing. The core is measured out of context: its AXI-Stream ports take no pins. The status is 1 where the core
    does not fit, or misses a clock that was asked for.
    """
    from ..hw.synthesis.synthesise import synthesise
    from ..hw.targets.catalogue import TARGETS, get_target
    from ..sim.description import read_description

    if "all" in target_names:
        target_names = list(TARGETS)
    targets = [get_target(name) for name in dict.fromkeys(target_names)]
    core = read_description(folder)
    reports, plain = [], {}
    for target in targets:
        with stages(target.name) as stage:
            report = synthesise(
                core.verilog,
                core.name,
                target,
                clock_mhz=clock_mhz,
                seed=seed,
                work_folder=None if keep is None else keep / target.name,
                progress=stage,
            )
        plain[target.name] = report.to_json() | {"verilog_as_generated": core.as_generated}
        write_json(plain[target.name], core.verilog.parent / f"synthesis-{target.name}.json")
        reports.append(report)
    if as_json:
        print_json(plain)
    else:
        _print_table(core.name, reports)
        if core.as_generated is False:
            click.echo(f"{core.verilog}: has been edited since it was generated")
    return int(any(report.fits is False or report.meets_clock is False for report in reports))


def _print_table(name: str, reports: Sequence[SynthesisReport]) -> None:
    from rich.table import Table

    kinds = list(dict.fromkeys(kind for report in reports for kind in report.resources))
    table = Table(title=f"{name}, out of context", title_justify="left")
    table.add_column("")
    for report in reports:
        table.add_column(report.target, justify="right")
    for kind in kinds:
        table.add_row(kind.replace("_", " "), *(_count(report, kind) for report in reports))
    table.add_row("clock achieved", *(_mhz(report.achieved_mhz) for report in reports))
    if any(report.requested_mhz is not None for report in reports):
        table.add_row("clock requested", *(_mhz(report.requested_mhz) for report in reports))
    table.add_row("fits", *({True: "yes", False: "no", None: "unknown"}[report.fits] for report in reports))
    print_table(table)
    for report in reports:
        if report.reason is not None:
            click.echo(f"{report.target}: {report.reason}")
        if report.critical_path is not None:
            path = report.critical_path
            click.echo(
                f"{report.target}: slowest path {path.logic_ns:.1f} ns logic + {path.routing_ns:.1f} ns routing, "
                f"{path.start} to {path.end}"
            )


def _count(report: SynthesisReport, kind: str) -> str:
    count = report.resources.get(kind)
    if count is None:
        return "none on device"
    if count.used is None or count.utilisation is None:
        return f"unknown: {report.unknown[kind]}"
    return f"{count.used} of {count.available} ({count.utilisation:.0%})"


def _mhz(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.1f} MHz"
