"""The command line of ``hadamrnn report``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from ...hw.parameters import CoreParameters
from ..core_options import NAMES, core_options
from ..counts import count_option, seed_option
from ..network_file import NetworkFile
from ..output import check_writable, json_option, print_json
from ..progress import stages
from ..refusal import refuse_options
from ..task_options import task_option


@click.command(
    epilog="""\b
Example:
  hadamrnn report digits.safetensors --dir core --run run -o report.html
  hadamrnn report zoo:pmnist-d512 --lanes 4 --target ecp5-25k -o report.html
"""
)
@click.argument("network_path", metavar="NET", type=NetworkFile())
@click.option(
    "-o", "--out", "path", required=True, metavar="FILE.html", type=click.Path(path_type=Path), help="File to write."
)
@click.option(
    "--dir",
    "folder",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="The core that generate wrote there, with what verify -o and synth wrote beside it."
    "  [default: the core of the options below, not generated]",
)
@click.option(
    "--run",
    "run_folder",
    metavar="RUN",
    type=click.Path(path_type=Path),
    help="The run that NET was frozen from: training curve, accuracy in floats, test sequences.",
)
@click.option(
    "--verification",
    metavar="FILE.json",
    type=click.Path(path_type=Path),
    help="What verify -o wrote: the file or its folder.  [default: verification.json in --dir]",
)
@click.option(
    "--synthesis",
    "syntheses",
    multiple=True,
    metavar="FILE.json",
    type=click.Path(path_type=Path),
    help="What synth wrote; repeatable.  [default: synthesis-*.json in --dir]",
)
@click.option(
    "--target",
    "targets",
    multiple=True,
    metavar="NAME",
    help="FPGA to estimate for; repeatable.  [default: those synthesised for, or three small ones]",
)
@click.option(
    "--task",
    default="random",
    metavar="NAME|random",
    help="Compare states on that task's test set, or on random inputs."
    "  [default: the task that NET was trained for, by --run or the zoo, or random]",
)
@task_option
@click.option("--arrays", metavar="FILE", type=click.Path(path_type=Path), help="Compare them on sequences of yours.")
@count_option("--sequences", "N", "Sequences to compare them on.", default=20)
@count_option("--steps", "T", "Steps of random sequences.", default=256)
@seed_option("Seed of random sequences.")
@core_options()
@json_option
def command(
    network_path: Path,
    path: Path,
    folder: Path | None,
    run_folder: Path | None,
    verification: Path | None,
    syntheses: Sequence[Path],
    targets: Sequence[str],
    task: str,
    options: Sequence[str],
    arrays: Path | None,
    sequences: int,
    steps: int,
    seed: int,
    parameters: CoreParameters,
    as_json: bool,
) -> None:
    """Write one self-contained HTML file about the frozen network NET and its core: accuracy in floats and integers,
    the datapath drawn from the design, cycles, costs by estimate and by synthesis, how far the states are from exact
    ones step by step, the verification, and the commands that made it all.

    Estimates and the distance of the states are computed now; the rest is read. What was not run says so, with the
    command that would run it. The file needs no network, no other file and no JavaScript.
    """
    from ...hw.targets.catalogue import get_target
    from ...quant.integer import read_frozen
    from .contents import report_contents
    from .gather import Given, gather
    from .page import write_report
    from .sequences import report_sequences
    from .verification import command_line

    check_writable(path, "-o")
    if folder is not None:
        refuse_options(NAMES, "does not go with --dir: the core is generated already")
    elif syntheses:
        raise click.UsageError("--synthesis goes with --dir: it is of a core that was generated")
    for name in targets:
        get_target(name)
    network = read_frozen(network_path)
    given = Given(
        path=network_path,
        folder=folder,
        run=run_folder,
        verification=verification,
        syntheses=syntheses,
        targets=targets,
        parameters=parameters,
    )
    with stages("report") as stage:
        stage("reading sequences")
        chosen = report_sequences(network, network_path, run_folder, task, options, arrays, sequences, steps, seed)
        report = gather(given, network, chosen, command_line(), stage)
        stage("drawing")
        write_report(path, report_contents(report))
    if as_json:
        print_json(report.to_json())
        return
    click.echo(f"wrote {path}")
    for missing in report.commands:
        if not missing.run:
            click.echo(f"  not run: {missing.line}")
