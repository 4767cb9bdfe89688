"""The test sequences of a task, as a frozen network reads them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..errors import InputError
from .task_options import parse_task_options

if TYPE_CHECKING:
    import numpy as np

    from ..model.tasks import Task
    from ..quant.integer import FrozenNetwork


def task_sequences(
    network: FrozenNetwork, task: str, options: Sequence[str], count: int | None
) -> tuple[np.ndarray, np.ndarray]:
    """The first ``count`` sequences of the test set of ``task``, or all of them, and the length of each.

    Parameters
    ----------
    options : of the task, ``KEY=VALUE`` each

    Raises
    ------
    InputError
        No such task or option, or sequences that are not for this network.
    click.UsageError
        An option without ``=``.
    """
    from ..model.tasks import load_task

    return sequences_of(network, load_task(task, **parse_task_options(task, options)), count)


def sequences_of(network: FrozenNetwork, loaded: Task, count: int | None) -> tuple[np.ndarray, np.ndarray]:
    """The same of a task that is loaded."""
    import numpy as np

    from ..quant.integer import quantise_inputs
    from ..sim.reference import checked_inputs, checked_lengths

    if loaded.input_kind != network.input_kind:
        raise InputError(
            f"task {loaded.name!r} has inputs of kind {loaded.input_kind}, expected {network.input_kind} by NET"
        )
    x, _, lengths = loaded.test.batch(np.arange(len(loaded.test) if count is None else min(count, len(loaded.test))))
    try:
        inputs = checked_inputs(network, x if network.input_kind == "index" else quantise_inputs(network, x))
    except InputError as error:
        raise InputError(f"task {loaded.name!r}: {error}") from error
    return inputs, checked_lengths(lengths, *inputs.shape[:2])
