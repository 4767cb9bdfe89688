"""``hadamrnn verify``: simulated Verilog and software reference, bit for bit."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..hw.parameters import CoreParameters
from .core_options import NAMES, core_options
from .network_file import NetworkFile
from .output import json_option, print_json
from .progress import stages
from .refusal import refuse_options
from .task_options import parse_task_options, task_option

if TYPE_CHECKING:
    import numpy as np

    from ..quant.integer import IntegerNetwork
    from ..sim.report import CosimulationReport


class NoVerdict(click.ClickException):
    """The simulation could not be built or broke off: neither agreement nor a difference."""

    exit_code = 3


@click.command(
    epilog="""\b
Example:
  hadamrnn verify digits.safetensors --lanes 4 --task digits --sequences 50
  hadamrnn verify digits.safetensors --dir core --simulator icarus --stalls worst
"""
)
@click.argument("network_path", metavar="NET", type=NetworkFile())
@click.option(
    "--dir",
    "folder",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Verify the core that generate wrote there.  [default: generate one, with the options below]",
)
@click.option("--simulator", default="verilator", show_default=True, metavar="verilator|icarus", help="What runs it.")
@click.option("--sequences", type=int, default=20, show_default=True, metavar="N", help="Sequences to run.")
@click.option(
    "--task",
    default="random",
    show_default=True,
    metavar="NAME|random",
    help="Sequences of that task's test set, or random ones with corner values and of random length.",
)
@task_option
@click.option("--steps", type=int, default=32, show_default=True, metavar="T", help="Longest random sequence.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the stalls and of random sequences.")
@click.option(
    "--stalls", default="random", show_default=True, metavar="none|random|worst", help="Back-pressure on all ports."
)
@click.option("--states/--no-states", default=None, help="Compare every state too.  [default: if the core has a trace]")
@core_options(without=("trace",))
@json_option
def command(
    network_path: Path,
    folder: Path | None,
    simulator: str,
    sequences: int,
    task: str,
    options: Sequence[str],
    steps: int,
    seed: int,
    stalls: str,
    states: bool | None,
    parameters: CoreParameters,
    as_json: bool,
) -> int:
    """Prove by co-simulation that the core of the frozen network NET equals the reference in every result, in every
    state of every step, and in its cycles per step.

    The status is 0 where they agree and 1 on any difference, the first of which is named; 3 where the simulation
    could not be built or broke off.
    """
    from ..hw.verilog import generate
    from ..quant.integer import read_network
    from ..sim.build import SimulationError
    from ..sim.cosimulation import cosimulate
    from ..sim.description import read_description

    if folder is not None:
        refuse_options(NAMES, "does not go with --dir: the core is generated already")
    network = read_network(network_path)
    inputs, lengths = _inputs(network, task, options, sequences, steps, seed)
    with ExitStack() as stack:
        stage = stack.enter_context(stages("verify"))
        if folder is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hadamrnn-verify-")))
            stage("generating")
            generate(network, replace(parameters, trace=states is not False), folder)
        description = read_description(folder)
        stage(f"simulating {len(inputs)} sequences with {simulator}")
        try:
            report = cosimulate(
                network,
                folder,
                inputs,
                lengths=lengths,
                simulator=simulator,
                stalls=stalls,
                seed=seed,
                states=description.trace if states is None else states,
            )
        except SimulationError as error:
            raise NoVerdict(str(error)) from error
    if as_json:
        print_json(report.to_json())
    else:
        _print_report(report)
    return int(not report.passed)


def _inputs(
    network: IntegerNetwork, task: str, options: Sequence[str], sequences: int, steps: int, seed: int
) -> tuple[np.ndarray, np.ndarray | None]:
    """Sequences in the network's input format, and the length of each."""
    for option, value in (("--sequences", sequences), ("--steps", steps)):
        if value < 1:
            raise click.UsageError(f"{option} must be at least 1, not {value}")
    if seed < 0:
        raise click.UsageError(f"--seed must be at least 0, not {seed}")
    if task == "random":
        from ..sim.stimulus import corner_inputs

        refuse_options(("options",), "goes with --task: random sequences have no options")
        return corner_inputs(network, seed, sequences=sequences, steps=steps)
    refuse_options(("steps",), "goes with random sequences: those of a task have their own length")
    import numpy as np

    from ..model.tasks import load_task
    from ..quant.integer import quantise_inputs

    test = load_task(task, **parse_task_options(task, options)).test
    x, _, lengths = test.batch(np.arange(min(sequences, len(test))))
    return quantise_inputs(network, x), lengths


def _print_report(report: CosimulationReport) -> None:
    click.echo(f"{report.sequences} sequences, {report.steps} steps, {report.simulator} {report.simulator_version}")
    if report.verilog_as_generated is False:
        click.echo("  the Verilog has been edited since it was generated")
    click.echo(f"  {report.results_compared} results and {report.states_compared} state words compared")
    click.echo(f"  {report.differences} differences, {report.saturations} saturated states")
    measured = "not measured" if report.cycles_per_step is None else report.cycles_per_step
    click.echo(f"  {measured} cycles per step, {report.formula_cycles_per_step} by the formula")
    click.echo(f"  {report.clocks_per_second:.0f} clocks a second, {report.seconds:.1f} s with the compilation")
    for problem in report.problems:
        click.echo(problem)
    click.echo("equal, bit for bit" if report.passed else "DIFFERENT")
