"""The sequences of ``hadamrnn verify``: of a task, of the user's arrays, or random."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..hw.parameters import CoreParameters
from .refusal import refuse_options
from .task_sequences import task_sequences

if TYPE_CHECKING:
    import numpy as np

    from ..quant.integer import FrozenNetwork
    from ..sim.plan import Stimulus


def verify_inputs(
    network: FrozenNetwork,
    task: str,
    options: Sequence[str],
    arrays: Path | None,
    sequences: int | None,
    steps: int,
    seed: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Sequences in the network's input format, and the length of each.

    Parameters
    ----------
    task, options : name of a task and its options; ``"random"`` for random sequences
    arrays : the user's file, instead of a task
    sequences : how many; None: all there are
    steps, seed : of random sequences

    Raises
    ------
    InputError, click.UsageError
        What cannot be used.
    """
    if arrays is not None:
        from ..sim.sequence_file import read_sequences

        refuse_options(("task", "options", "steps"), "does not go with --arrays: the sequences are there")
        inputs, lengths = read_sequences(network, arrays)
        return inputs[:sequences], lengths[:sequences]
    if task == "random":
        from ..sim.stimulus import corner_inputs

        refuse_task_options()
        assert sequences is not None
        return corner_inputs(network, seed, sequences=sequences, steps=steps)
    refuse_options(("steps",), "goes with random sequences: those of a task have their own length")
    return task_sequences(network, task, options, sequences)


def with_malformed(
    network: FrozenNetwork, folder: Path | None, parameters: CoreParameters, stimulus: Stimulus
) -> Stimulus:
    """Some of the sequences made malformed, as the core in ``folder``, or one of ``parameters``, can tell them."""
    from ..hw.inputs.input_format import InputFormat
    from ..sim.description import read_description
    from ..sim.malformed import malformed_sequences
    from ..sim.reference import checked_lengths

    description = None if folder is None else read_description(folder)
    port = InputFormat.of(network, parameters) if description is None else description
    channels = parameters.channels if description is None else description.channels
    lengths = checked_lengths(stimulus.lengths, *stimulus.inputs.shape[:2])
    return replace(stimulus, **malformed_sequences(network, port, lengths, stimulus.seed, channels=channels))


def refuse_task_options() -> None:
    """Refuse options of a task where the sequences are random."""
    refuse_options(("options",), "goes with --task: random sequences have no options")
