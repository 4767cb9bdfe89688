"""Sequences from a file: ``.npy`` or ``.npz``, in the format that a network reads."""

from pathlib import Path

import numpy as np

from ..array_file import load_arrays
from ..errors import InputError
from ..quant.integer import FrozenNetwork, quantise_inputs
from .reference import checked_inputs, checked_lengths


def read_sequences(network: FrozenNetwork, path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Inputs and lengths from a file.

    An ``.npy`` file holds the array ``x``; an ``.npz`` file holds it by that name and may hold ``lengths``; other
    arrays in it are left alone. ``x`` has the shape ``(N, T, m)``, or ``(N, T)`` where a step is one value: integers as
    the network reads them, or floats, which are quantised by its input scale.

    Returns
    -------
    (ndarray, ndarray)
        int64 of shape ``(N, T, m)``, or ``(N, T)`` for ``input_kind`` ``index``; and the steps of each sequence.

    Raises
    ------
    InputError
        A file that cannot be read, or inputs that are not those of the network: one line that begins with the path.
    """
    x, lengths = _arrays(path)
    if network.input_kind == "vector" and network.input_size == 1 and x.ndim == 2:
        x = x[:, :, None]
    try:
        inputs = checked_inputs(network, quantise_inputs(network, x) if x.dtype.kind == "f" else x)
        return inputs, checked_lengths(lengths, *inputs.shape[:2])
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def _arrays(path: Path) -> tuple[np.ndarray, np.ndarray | None]:
    found = load_arrays(path, only=("x", "lengths"))
    if isinstance(found, np.ndarray):
        return found, None
    x = found.get("x")
    if x is None:
        raise InputError(f"{path}: no array x, found: {', '.join(found) or 'none'}")
    return x, found.get("lengths")
