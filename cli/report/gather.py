"""From files and options to the report of a network and a core: reads what is there, computes what is cheap."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ... import __version__
from ...errors import InputError
from ...hw.data_sheet import DataSheet
from ...hw.estimate import estimate
from ...hw.targets.catalogue import TARGETS, get_target
from ...quant.integer import IntegerNetwork
from ...sim.state_error import state_error
from ..run_result import named_task
from .accuracy import recorded_accuracy
from .commands import (
    Command,
    generate_command,
    network_name,
    synth_commands,
    training_commands,
    verify_command,
)
from .core_report import CoreReport
from .given_files import beside, read_core, read_syntheses, read_verification

if TYPE_CHECKING:
    from ...hw.parameters import CoreParameters
    from ...quant.configuration import ExperimentConfig
    from ...quant.integer import FrozenNetwork
    from ...quant.run_folder import RunState

ESTIMATED = ("ice40-up5k", "ice40-hx8k", "ecp5-25k")  # where nothing was synthesised and no target is given


@dataclass(frozen=True, kw_only=True)
class Given:
    """What the user gave, as the options of ``hadamrnn report`` say."""

    path: Path
    folder: Path | None
    run: Path | None
    verification: Path | None
    syntheses: Sequence[Path]
    targets: Sequence[str]
    parameters: CoreParameters


@dataclass(frozen=True, kw_only=True, eq=False)
class Sequences:
    """What the states are compared on.

    Attributes
    ----------
    inputs, lengths : as the reference takes them
    text : what they are, in words
    trained : mean distance from the states of the trained network for given integer states, or None
    """

    inputs: np.ndarray
    lengths: np.ndarray | None
    text: str
    trained: Callable[[np.ndarray], np.ndarray] | None = None


def gather(
    given: Given, network: FrozenNetwork, sequences: Sequences, command: str, stage: Callable[[str], None]
) -> CoreReport:
    """The report of ``network`` and of the core that was given, or of the one that the parameters make.

    Parameters
    ----------
    command : what the user typed
    stage : called with the name of each part of the work as it begins

    Raises
    ------
    InputError
        What does not fit together, one line.
    """
    from ...quant.configuration import recorded_config

    stage("reading")
    description, sheet = None, DataSheet(network, given.parameters) if given.folder is None else None
    verification, syntheses, outdated = given.verification, (), ()
    if given.folder is not None:
        description, sheet = read_core(given.folder, network)
        found, reports = beside(description.verilog.parent)
        verification = verification or found
        syntheses, outdated = read_syntheses(given.syntheses or reports, description, outdated=not given.syntheses)
    assert sheet is not None
    check, recorded = None, None
    if verification is not None:
        check, recorded = read_verification(verification, network, sheet.parameters)
    run = None if given.run is None else finished_run(given.run, network)
    config = network.trained.get("config")
    config = config if isinstance(config, str) else None
    trained_with = recorded_config(config)
    stage("comparing states")
    error = state_error(network, sequences.inputs, lengths=sequences.lengths)
    steps = len(error.mean)
    stage("estimating")
    names = list(dict.fromkeys([*(one.target for one in syntheses), *outdated, *given.targets]))
    targets = [get_target(name) for name in names or ESTIMATED if name in TARGETS or name in given.targets]
    name, folder = network_name(given.path), None if given.folder is None else str(given.folder)
    module = "hadamard_core" if description is None else description.name
    commands = [
        *training_commands(network, given.path, config, None if given.run is None else str(given.run)),
        generate_command(name, sheet.parameters, folder, module),
        verify_command(name, sheet.parameters, folder, recorded),
        *synth_commands(folder, syntheses, _missing(syntheses, outdated, given.targets)),
        Command("report", command, True),
    ]
    return CoreReport(
        name=name,
        core=sheet,
        task=None if trained_with is None else named_task(trained_with),
        quantised=trained_with is None or not _quantised_later(trained_with),
        steps=steps,
        accuracy=recorded_accuracy(network, given.path, None if run is None else run.result),
        epochs=() if run is None else run.metrics,
        images="",
        inputs=sequences.text,
        state_error=error,
        trained_error=None if sequences.trained is None else _trained(network, sequences),
        verification=check,
        syntheses=syntheses,
        outdated=outdated,
        estimates=tuple(estimate(network, sheet.parameters, steps=steps, target=target) for target in targets),
        commands=tuple(commands),
        config=config,
        version=__version__,
    )


def _missing(syntheses: Sequence[Any], outdated: Sequence[str], targets: Sequence[str]) -> tuple[str, ...]:
    done = {report.target for report in syntheses}
    return tuple(name for name in dict.fromkeys([*outdated, *targets]) if name not in done)


def finished_run(folder: Path, network: FrozenNetwork) -> RunState:
    """The run in ``folder``, which ``network`` was frozen from.

    Raises
    ------
    InputError
        No finished run, or one of another network or configuration.
    """
    from ...quant.run_folder import FINISHED, run_state

    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder, expected that of a run")
    run = run_state(folder)
    if run.state != FINISHED or run.config is None:
        raise InputError(f"{folder}: {run.reason or run.state}, expected a finished run")
    options = run.config.network
    there: dict[str, object] = {"kind": options.kind, "d": options.hidden_size}
    here: dict[str, object] = {"kind": "qornn", "d": network.hidden_size}
    if isinstance(network, IntegerNetwork):
        there |= {"n": options.block_size}
        here |= {"kind": "hadamard", "n": network.block_size}
    if there != here:
        names, found, expected = (", ".join(str(one) for one in each) for each in (here, there.values(), here.values()))
        raise InputError(f"{folder}: a run of {names} {found}, expected those of NET, {expected}")
    if not _trained_as(network.trained.get("config", run.config.to_toml()), run.config):
        raise InputError(f"{folder}: a run of another configuration than the one that the network was trained with")
    return run


def _trained(network: FrozenNetwork, sequences: Sequences) -> np.ndarray:
    from ...sim import reference

    assert sequences.trained is not None
    result = reference.run(network, sequences.inputs, lengths=sequences.lengths, return_states=True)
    assert result.states is not None
    return sequences.trained(result.states)


def _trained_as(text: object, config: ExperimentConfig) -> bool:
    """Whether a network whose file has the configuration ``text`` was trained with ``config``.

    One that was quantised after training has the formats of its integers there, which played no part in it. Data of
    the user's own are told apart by the name of their file alone.
    """
    from ...quant.configuration import recorded_config
    from ...quant.own_data import portable
    from ...quant.post_training import FORMATS

    found = recorded_config(text)
    if found is None:
        return False
    found, config = portable(found), portable(config)
    if _quantised_later(config) and _quantised_later(found):
        config = config.replace_settings(**{name: getattr(found.network, name) for name in FORMATS})
    return found == config


def _quantised_later(config: ExperimentConfig) -> bool:
    return config.network.kind == "qornn" and config.network.strategy == "ptq"
