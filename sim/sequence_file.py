"""Sequences from a file: ``.npy`` or ``.npz``, in the format that a network reads."""

from pathlib import Path

import numpy as np

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
    try:
        with path.open("rb") as file:
            found = np.load(file, allow_pickle=False)
            if isinstance(found, np.ndarray):
                return found, None
            names = list(found.files)
            arrays = {name: found[name] for name in names if name in ("x", "lengths")}
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error
    except MemoryError:
        raise
    except Exception as error:  # a damaged file may make NumPy and zipfile fail in any way
        # Without numpy's reason: of any other file it says that it might be loaded by pickle, unsafely.
        raise InputError(f"{path}: not an .npy or .npz file of numbers") from error
    if "x" not in arrays:
        raise InputError(f"{path}: no array x, found: {', '.join(names) or 'none'}")
    return arrays["x"], arrays.get("lengths")
