"""``hadamrnn verify``: simulated Verilog and software reference, bit for bit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..hw.parameters import CoreParameters
from .core_options import NAMES, core_options
from .counts import count_option, seed_option
from .network_file import NetworkFile
from .output import check_folder, json_option
from .refusal import given, refuse_options
from .task_options import task_option

if TYPE_CHECKING:
    from ..quant.integer import FrozenNetwork
    from ..sim.explanation import Explanation
    from ..sim.plan import Stimulus
    from ..sim.report import CosimulationReport


class NoVerdict(click.ClickException):
    """The simulation could not be built or broke off: neither agreement nor a difference."""

    exit_code = 3


@click.command(
    epilog="""\b
Example:
  hadamrnn verify digits.safetensors --lanes 4 --task digits --sequences 50
  hadamrnn verify zoo:copy-d128-n16 --task copy --option steps=100 --sequences 2
  hadamrnn verify digits.safetensors --dir core --simulator icarus --stalls worst
  hadamrnn verify zoo:pmnist-d64 --task mnist --option permuted=true --lanes 16 --engine native
  hadamrnn verify digits.safetensors --dir core --netlist ice40-up5k --sequences 4 --steps 8
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
@click.option(
    "--engine",
    default="cocotb",
    show_default=True,
    metavar="cocotb|native",
    help="The test bench: in Python, or in C++ and many times as fast, for whole data sets.",
)
@count_option("--jobs", "N", "Processes at a time, with --engine native.  [default: all processors]")
@click.option(
    "--resume", is_flag=True, help="With --engine native: go on where a run of the same command was interrupted."
)
@click.option("--simulator", default="verilator", show_default=True, metavar="verilator|icarus", help="What runs it.")
@click.option(
    "--netlist",
    metavar="TARGET",
    help="Simulate the netlist that Yosys maps for that FPGA (ice40-* or ecp5-*) in place of the Verilog, on Icarus.",
)
@count_option("--sequences", "N", "Sequences to run.  [default: 20; of a task with --engine native its whole test set]")
@click.option(
    "--task",
    default="random",
    show_default=True,
    metavar="NAME|random",
    help="Sequences of that task's test set, or random ones with corner values and of random length.",
)
@task_option
@count_option("--steps", "T", "Longest random sequence.", default=32)
@seed_option("Seed of the stalls and of random sequences.")
@click.option(
    "--stalls", default="random", show_default=True, metavar="none|random|worst", help="Back-pressure on all ports."
)
@click.option(
    "--arrays",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Sequences of your own, .npz or .npy: x, integers as the core reads them or real numbers, and lengths if they "
    "differ.",
)
@count_option("--resets", "N", "Resets in the middle of sequences, with --engine cocotb.", default=16, least=0)
@click.option(
    "--all-states",
    is_flag=True,
    help="Compare every state of every sequence; a core without a trace is refused.",
)
@click.option(
    "--states/--no-states",
    default=None,
    help="Compare every state too.  [default: if the core has a trace; with --engine native of 200 sequences]",
)
@click.option(
    "-o",
    "--report",
    "report_folder",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Write the report there, JSON and HTML, with the waveform around a first difference.",
)
@core_options(without=("trace",))
@json_option
def command(
    network_path: Path,
    folder: Path | None,
    engine: str,
    jobs: int | None,
    resume: bool,
    simulator: str,
    netlist: str | None,
    sequences: int | None,
    task: str,
    options: Sequence[str],
    steps: int,
    seed: int,
    stalls: str,
    arrays: Path | None,
    resets: int,
    all_states: bool,
    states: bool | None,
    report_folder: Path | None,
    parameters: CoreParameters,
    as_json: bool,
) -> int:
    """Prove by co-simulation that the core of the frozen network NET equals the reference in every result, in every
    state of every step, and in its cycles per step. Random sequences are malformed here and there, where they can be.
    With the engine cocotb the core is reset in the middle of sequences too, and what was never exercised is listed.
    With --netlist it is what synthesis makes of the core that is simulated.

    The status is 0 where they agree and 1 on any difference, the first of which is named; 3 where the simulation
    could not be built or broke off.
    """
    from ..quant.integer import read_frozen
    from ..sim.plan import Stimulus
    from .verify_inputs import verify_inputs, with_malformed
    from .verify_output import print_verification, write_reports

    simulator = simulator if netlist is None else _netlist_simulator(engine, simulator)
    _check_engine(engine, simulator)
    if folder is not None:
        refuse_options(NAMES, "does not go with --dir: the core is generated already")
    if all_states:
        refuse_options(("states",), "does not go with --all-states")
        states = True
    network = read_frozen(network_path)
    _check_core(network, folder, engine, simulator, netlist, stalls, bool(states))
    if sequences is None and arrays is None and (engine == "cocotb" or task == "random"):
        sequences = 20
    inputs, lengths = verify_inputs(network, task, options, arrays, sequences, steps, seed)
    if report_folder is not None:
        check_folder(report_folder, "--report")
    stimulus = Stimulus(inputs=inputs, lengths=lengths, stalls=stalls, seed=seed, resets=resets)
    if task == "random" and arrays is None:
        stimulus = with_malformed(network, folder, parameters, stimulus)
    report, explanation = _compare(
        network,
        folder,
        parameters,
        stimulus,
        engine=engine,
        simulator=simulator,
        netlist=netlist,
        jobs=jobs,
        resume=resume,
        states=states,
        explained=report_folder is not None,
    )
    files = []
    if report_folder is not None:
        files = write_reports(report_folder, report, explanation, network_path, folder, network, parameters)
    print_verification(report, explanation, files, as_json)
    return int(not report.passed)


def _check_core(
    network: FrozenNetwork,
    folder: Path | None,
    engine: str,
    simulator: str,
    netlist: str | None,
    stalls: str,
    states: bool,
) -> None:
    """Refuse, before anything takes its time, what cannot be simulated."""
    from ..hw.synthesis.mapped_netlist import check_models
    from ..hw.targets.catalogue import get_target
    from ..sim.cosimulation import check_options
    from ..sim.description import read_description
    from ..sim.simulators import find_simulator
    from ..sim.stalls import check_pattern

    check_pattern(stalls)
    if folder is not None:
        description = read_description(folder)
        if states and not description.trace:
            raise click.UsageError(f"{folder} has no port for states: generate --trace, or verify --no-states")
        check_options(network, description, stalls, states, 0)
    if netlist is not None:
        check_models(get_target(netlist))
    if engine == "cocotb":  # which must be there
        find_simulator(simulator)


def _compare(
    network: FrozenNetwork,
    folder: Path | None,
    parameters: CoreParameters,
    stimulus: Stimulus,
    *,
    engine: str,
    simulator: str,
    netlist: str | None,
    jobs: int | None,
    resume: bool,
    states: bool | None,
    explained: bool,
) -> tuple[CosimulationReport, Explanation | None]:
    """What the chosen engine finds, and for ``explained`` how its first difference came about.

    Whether the Verilog in ``folder`` is as it was generated is found by generating it again.
    """
    from ..sim.build import SimulationError
    from ..sim.description import read_description
    from ..sim.regeneration import is_generated
    from .verify_cocotb import verify_cocotb
    from .verify_native import verify_native

    explanation = None
    try:
        if engine == "cocotb":
            report, explanation = verify_cocotb(
                network,
                folder,
                parameters,
                stimulus,
                simulator=simulator,
                netlist=netlist,
                states=states,
                explained=explained,
            )
        else:
            report = verify_native(network, folder, parameters, stimulus, states=states, jobs=jobs, resume=resume)
            wrong = (report.first_difference_fields or {}).get("sequence")
            if wrong is not None and explained:
                part = replace(stimulus, resets=0)
                explanation = _explain(network, folder, parameters, part, wrong)
            elif explained and not report.passed:
                click.echo("verify: no sequence to look at from inside; --engine cocotb may have one", err=True)
        if folder is not None:
            generated = is_generated(network, read_description(folder), report.verilog_sha256)
            report = replace(report, verilog_as_generated=generated)
        return report, explanation
    except SimulationError as error:
        raise NoVerdict(str(error)) from error


def _explain(
    network: FrozenNetwork, folder: Path | None, parameters: CoreParameters, stimulus: Stimulus, sequence: int
) -> Explanation | None:
    """What the native engine found in a sequence, looked at from inside; None, and a line, where that fails."""
    from ..sim.build import SimulationError
    from .verify_cocotb import explain_sequence

    try:
        return explain_sequence(network, folder, parameters, stimulus, sequence)
    except SimulationError as error:
        click.echo(f"verify: cannot look inside: {error}", err=True)
        return None


def _netlist_simulator(engine: str, simulator: str) -> str:
    """What simulates a netlist: Icarus."""
    if engine == "native":
        raise click.UsageError("--netlist goes with --engine cocotb: the native engine compiles the Verilog")
    if given("simulator") and simulator != "icarus":
        raise click.UsageError(f"--netlist is simulated on icarus, not {simulator!r}")
    return "icarus"


def _check_engine(engine: str, simulator: str) -> None:
    if engine not in ("cocotb", "native"):
        raise click.UsageError(f"--engine must be one of cocotb, native, not {engine!r}")
    if engine == "native" and simulator != "verilator":
        raise click.UsageError(f"--engine native runs on verilator, not {simulator!r}")
    if engine == "cocotb":
        refuse_options(("jobs",), "goes with --engine native: cocotb runs in one process")
        refuse_options(("resume",), "goes with --engine native: cocotb begins anew")
    else:
        refuse_options(("resets",), "goes with --engine cocotb: the native engine resets between chunks only")
