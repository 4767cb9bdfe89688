"""The sequences on which a report compares states: of a task, by default the network's, of arrays, or random."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ...errors import DataError, InputError
from ..refusal import given, refuse_options
from ..task_sequences import sequences_of
from ..verify_inputs import refuse_task_options, verify_inputs
from .accuracy import zoo_name
from .gather import Sequences, finished_run

if TYPE_CHECKING:
    from ...quant.experiment import Run
    from ...quant.integer import FrozenNetwork

_OF_RANDOM = ("steps", "seed")  # what random sequences alone have


def report_sequences(
    network: FrozenNetwork,
    path: Path,
    run: Path | None,
    task: str,
    options: Sequence[str],
    arrays: Path | None,
    count: int,
    steps: int,
    seed: int,
) -> Sequences:
    """What the options ask for; without any of them the test set of the task that the network was trained for, as the
    run or the zoo has it; random inputs where neither says, or the data are not to be had.

    Parameters
    ----------
    path : of the network's file
    run : folder of the run that the network was frozen from
    count : sequences, at most
    steps, seed : of random ones

    Raises
    ------
    InputError, click.UsageError
        What cannot be used.
    """
    if arrays is None and task == "random" and run is not None and not given("task"):
        from ...quant.experiment import load_run

        refuse_options(("options",), "goes with --task: --run has its own")
        refuse_options(_OF_RANDOM, "goes with random sequences: those of --run are there")
        finished_run(run, network)
        try:
            return run_sequences(load_run(run), network, count)
        except DataError as error:
            return _random(network, count, steps, seed, f"; those of --run are not to be had: {error}")
    if arrays is None and task == "random":
        refuse_task_options()
        own, missing = (None, "") if any(map(given, ("task", *_OF_RANDOM))) else own_sequences(network, path, count)
        return own or _random(network, count, steps, seed, missing)
    refuse_options(_OF_RANDOM, "goes with random sequences: those of --task and --arrays are there")
    inputs, lengths = verify_inputs(network, task, options, arrays, count, steps, seed)
    named = " ".join([task, *options])
    source = f"sequences of {arrays}" if arrays is not None else f"test sequences of {named}"
    return Sequences(inputs=inputs, lengths=lengths, text=f"{len(inputs)} {source}")


def run_sequences(run: Run, network: FrozenNetwork, count: int) -> Sequences:
    """The first ``count`` test sequences of the task of ``run``, whose own states are compared too."""
    from ...quant.integer import quantise_inputs

    test = run.task.test
    x, _, lengths = test.batch(np.arange(min(count, len(test))))
    return Sequences(
        inputs=x if network.input_kind == "index" else quantise_inputs(network, x),
        lengths=lengths,
        text=f"{len(x)} test sequences of {run.task.name}",
        trained=lambda states: distance_from_trained(run, network, x, lengths, states),
    )


def own_sequences(network: FrozenNetwork, path: Path, count: int) -> tuple[Sequences | None, str]:
    """The same of the task that a network of the zoo was trained for; None, and why, where its test set is not to be
    had. What a file of somebody else says of its task is not followed: it could name any path and any size.
    """
    if zoo_name(path) is None:
        return None, ""
    from ...model.tasks import load_task
    from ...quant.configuration import recorded_config

    config = recorded_config(network.trained.get("config"))
    if config is None:
        return None, ""
    try:
        task = load_task(config.task, **config.task_options)
        inputs, lengths = sequences_of(network, task, count)
    except InputError as error:
        return None, f"; those of {config.task} are not to be had: {error}"
    return Sequences(inputs=inputs, lengths=lengths, text=f"{len(inputs)} test sequences of {task.name}"), ""


def distance_from_trained(
    run: Run, network: FrozenNetwork, x: np.ndarray, lengths: np.ndarray | None, states: np.ndarray
) -> np.ndarray:
    """Mean distance of the integer ``states`` from those of the trained network at each step, in LSB.

    Parameters
    ----------
    x : real inputs or tokens, as the task has them
    states : shape ``(N, T, d)``
    """
    import torch

    with torch.no_grad():
        trained = run.network.states(torch.from_numpy(x)).numpy()
    distance = np.abs(states - trained / network.state_scale).mean(axis=2)
    count, steps = distance.shape
    running = np.arange(steps) < (np.full(count, steps) if lengths is None else np.asarray(lengths))[:, None]
    distance, running = distance[:, running.any(axis=0)], running[:, running.any(axis=0)]
    return np.where(running, distance, 0).sum(axis=0) / running.sum(axis=0)


def _random(network: FrozenNetwork, count: int, steps: int, seed: int, missing: str) -> Sequences:
    return Sequences(
        inputs=random_inputs(network, count, steps, seed),
        lengths=None,
        text=f"{count} random sequences of {steps} steps, all inputs equally likely, seed {seed}{missing}",
    )


def random_inputs(network: FrozenNetwork, count: int, steps: int, seed: int) -> np.ndarray:
    """Inputs of full length, each value as likely as any other."""
    low, high = network.input_range
    shape = (count, steps) if network.input_kind == "index" else (count, steps, network.input_size)
    return np.random.default_rng(seed).integers(low, high, shape, endpoint=True)
