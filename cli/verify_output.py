"""What ``hadamrnn verify`` says: on standard output, and in a folder of reports."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..hw.parameters import CoreParameters
from .counts import plural
from .output import print_json

if TYPE_CHECKING:
    from ..quant.integer import FrozenNetwork
    from ..sim.explanation import Explanation
    from ..sim.report import CosimulationReport


def write_reports(
    report_folder: Path,
    report: CosimulationReport,
    explanation: Explanation | None,
    network_path: Path,
    folder: Path | None,
    network: FrozenNetwork,
    parameters: CoreParameters,
) -> list[Path]:
    """Write both reports, and the waveforms of an explanation; return the files."""
    from .report.verification import command_line, core_identity, write_verification

    subject = _subject(network_path, folder, network, parameters)
    core = core_identity(network, _parameters(folder, parameters))
    return write_verification(report_folder, report, explanation, command_line(), subject, core)


def print_verification(
    report: CosimulationReport, explanation: Explanation | None, files: Sequence[Path], as_json: bool
) -> None:
    """Print the verdict and what was compared, or JSON of all of it."""
    if as_json:
        print_json(report.to_json() | {"explanation": None if explanation is None else explanation.to_json()})
        return
    _print_report(report, explanation)
    for file in files:
        click.echo(f"wrote {file}")


def _print_report(report: CosimulationReport, explanation: Explanation | None) -> None:
    from ..sim.functional_coverage import holes
    from .report.verification import as_generated, netlist_line

    engine = f"{report.engine} engine on {report.simulator} {report.simulator_version}"
    click.echo(f"{report.sequences} sequences, {report.steps} steps, {engine}")
    if report.netlist is not None:
        click.echo(f"  {netlist_line(report.netlist)}")
    if report.sequences_resumed:
        click.echo(f"  {report.sequences_resumed} sequences were compared by the run that this one went on with")
    if report.verilog_as_generated is not True:
        click.echo(f"  the Verilog: {as_generated(report)}")
    states = f"{report.states_compared} state words compared, those of {report.sequences_with_states} sequences"
    more = f"and of more that measure time{' and follow resets' * (report.resets > 0)}"
    click.echo(f"  {report.results_compared} results (a logit is one) and {states} {more}")
    click.echo(f"  {report.differences} differences, {report.saturations} saturated states, {report.resets} resets")
    measured = "not measured" if report.cycles_per_step is None else report.cycles_per_step
    click.echo(f"  {measured} cycles per step, {report.formula_cycles_per_step} by its data sheet")
    click.echo(f"  {report.clocks_per_second:.0f} clocks a second, {report.seconds:.1f} s with the compilation")
    if report.coverage is not None:
        missed = holes(report.coverage)
        click.echo(f"  never exercised: {'; '.join(missed)}" if missed else "  everything exercised that is counted")
    for problem in report.problems:
        click.echo(problem)
    for line in [] if explanation is None else explanation.lines():
        click.echo(f"  {line}")
    click.echo(report.verdict if report.passed else report.verdict.upper())


def _subject(network_path: Path, folder: Path | None, network: FrozenNetwork, parameters: CoreParameters) -> str:
    from ..quant.integer import IntegerNetwork

    core = f"the core in {folder}" if folder is not None else f"a generated core of {plural(parameters.lanes, 'lane')}"
    blocks = f"in blocks of {network.block_size}" if isinstance(network, IntegerNetwork) else "dense"
    return (
        f"{network_path.name}: d = {network.hidden_size} {blocks}, "
        f"{network.state_bits}-bit states; {core}, against the integer reference."
    )


def _parameters(folder: Path | None, parameters: CoreParameters) -> dict[str, Any]:
    """Those of the core that was verified."""
    from ..sim.description import read_description

    return parameters.to_json() if folder is None else read_description(folder).parameters
