"""The sequences of ``hadamrnn verify``: of a task, of the user's arrays, or random."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import InputError
from .refusal import refuse_options
from .task_options import parse_task_options

if TYPE_CHECKING:
    import numpy as np

    from ..quant.integer import FrozenNetwork


def verify_inputs(
    network: FrozenNetwork,
    task: str,
    options: Sequence[str],
    arrays: Path | None,
    sequences: int | None,
    steps: int,
    seed: int,
) -> tuple[np.ndarray, np.ndarray | None]:
    """Sequences in the network's input format, and the length of each.

    Parameters
    ----------
    task, options : name of a task and its options; ``"random"`` for random sequences
    arrays : the user's ``.npz`` file, instead of a task
    sequences : how many; None: all there are
    steps, seed : of random sequences

    Raises
    ------
    InputError, click.UsageError
        What cannot be used.
    """
    check_counts(sequences, steps, seed)
    if arrays is not None:
        refuse_options(("task", "options", "steps"), "does not go with --arrays: the sequences are there")
        inputs, lengths = read_arrays(network, arrays)
        return inputs[:sequences], lengths if lengths is None else lengths[:sequences]
    if task == "random":
        from ..sim.stimulus import corner_inputs

        refuse_task_options()
        assert sequences is not None
        return corner_inputs(network, seed, sequences=sequences, steps=steps)
    refuse_options(("steps",), "goes with random sequences: those of a task have their own length")
    import numpy as np

    from ..model.tasks import load_task
    from ..quant.integer import quantise_inputs

    test = load_task(task, **parse_task_options(task, options)).test
    x, _, lengths = test.batch(np.arange(len(test) if sequences is None else min(sequences, len(test))))
    # Tokens are what the core reads; the reference refuses those that are none of the network's.
    return (x if network.input_kind == "index" else quantise_inputs(network, x)), lengths


def check_counts(sequences: int | None, steps: int, seed: int) -> None:
    """Refuse numbers of sequences and steps, and seeds, that there cannot be.

    Raises
    ------
    click.UsageError
    """
    for option, value in (("--sequences", sequences), ("--steps", steps)):
        if value is not None and value < 1:
            raise click.UsageError(f"{option} must be at least 1, not {value}")
    if seed < 0:
        raise click.UsageError(f"--seed must be at least 0, not {seed}")


def refuse_task_options() -> None:
    """Refuse options of a task where the sequences are random."""
    refuse_options(("options",), "goes with --task: random sequences have no options")


def read_arrays(network: FrozenNetwork, path: Path) -> tuple[np.ndarray, np.ndarray | None]:
    """``x`` and, where it is there, ``lengths`` of an ``.npz`` file.

    Integers are what the core reads, shape ``(N, T, m)``, or ``(N, T)`` of indices; real numbers are quantised as those
    of a task. The reference refuses wrong shapes, values and lengths.

    Raises
    ------
    InputError
        No such file, nothing that numpy reads without pickle, no ``x``, no numbers, or real numbers as indices.
    """
    import zipfile

    import numpy as np

    from ..quant.integer import quantise_inputs

    try:
        with np.load(path, allow_pickle=False) as file:
            if not isinstance(file, np.lib.npyio.NpzFile):
                raise InputError(f"{path}: a single array, expected an .npz file with x")
            if "x" not in file:
                raise InputError(f"{path}: expected an array x, found {', '.join(file.files) or 'none'}")
            inputs, lengths = file["x"], file.get("lengths")
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(f"{path}: cannot be read as .npz ({error})") from error
    if np.issubdtype(inputs.dtype, np.floating):
        if network.input_kind == "index":
            raise InputError(f"{path}: x must be integers, indices below {network.input_size}, not {inputs.dtype}")
        if not np.isfinite(inputs).all():
            raise InputError(f"{path}: x must be finite, found NaN or infinity")
        inputs = quantise_inputs(network, inputs)
    elif not np.issubdtype(inputs.dtype, np.integer):
        raise InputError(f"{path}: x must be numbers, not {inputs.dtype}")
    if not len(inputs):
        raise InputError(f"{path}: x holds no sequence")
    return inputs, lengths
