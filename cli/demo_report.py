"""The report of a demo: what it found, as the report of a network and a core."""

from dataclasses import replace
from pathlib import Path

from .. import __version__
from ..hw.estimate import estimate
from ..hw.targets.catalogue import get_target
from .demonstration import NETWORK, TRACED, Demonstration, verify_command
from .report.accuracy import recorded_accuracy
from .report.commands import Command, generate_command, synth_commands, training_commands
from .report.core_report import CoreReport
from .report.figures import classified_images
from .run_result import named_task

_SHOWN_IMAGES = 24


def core_report(result: Demonstration, folder: Path) -> CoreReport:
    """What the report of a demo in ``folder`` is made from; its commands are those to give within the folder."""
    network, parameters, steps = result.network, result.core.parameters, result.run.task.steps
    seed = result.run.config.training.seed
    targets = [get_target(one.target) for one in result.syntheses]
    config = result.run.config.to_toml()
    commands = [
        *training_commands(network, Path(NETWORK), config, "run"),
        generate_command(NETWORK, parameters, "core", "hadamard_core"),
        generate_command(NETWORK, replace(parameters, trace=True), TRACED, "hadamard_core"),
        Command("verify", verify_command(result.verification.sequences, seed), True),
        *synth_commands("core", result.syntheses, ()),
        Command("report", f"hadamrnn report {NETWORK} --dir core --run run -o report.html", True),
    ]
    return CoreReport(
        name=NETWORK,
        core=result.core,
        task=named_task(result.run.config),
        steps=steps,
        accuracy=recorded_accuracy(network, folder / NETWORK),
        epochs=result.epochs,
        images=_images(result),
        inputs=f"{result.test_size} test sequences of {result.run.task.name}",
        state_error=result.state_error,
        trained_error=result.trained_error,
        verification=result.verification,
        syntheses=result.syntheses,
        outdated=(),
        estimates=tuple(estimate(network, parameters, steps=steps, target=target) for target in targets),
        commands=tuple(commands),
        config=config,
        version=__version__,
    )


def _images(result: Demonstration) -> str:
    """The first test images; only where the simulation saw them and agreed with the reference on all of them."""
    task, count = result.run.task, min(_SHOWN_IMAGES, result.verification.sequences)
    if not result.verification.passed:
        return ""
    side = round(task.steps**0.5)
    names = [task.labels[c] for c in result.integer.classes[:count]]
    images = task.test.x[:count].reshape(count, side, side)
    return classified_images(images, names, [task.labels[y] for y in task.test.y[:count]])
