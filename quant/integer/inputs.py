"""Real inputs to the integers that a network reads. Imports without torch."""

import numpy as np

from ...errors import InputError
from .frozen import FrozenNetwork


def quantise_inputs(network: FrozenNetwork, x: np.ndarray) -> np.ndarray:
    """``round(x / input_scale)``, half to even, clipped to the input format.

    Parameters
    ----------
    network : FrozenNetwork
        Of input kind ``vector``.
    x : real numbers, any shape

    Returns
    -------
    ndarray
        int64, the shape of ``x``.

    Raises
    ------
    InputError
        For NaN or infinity, or a network of another input kind.
    """
    if network.input_kind != "vector":
        raise InputError(f"input_kind must be vector for real inputs, not {network.input_kind!r}")
    x = np.asarray(x, dtype=np.float64)
    if not np.isfinite(x).all():
        raise InputError("inputs must be finite numbers, not NaN or infinity")
    return np.clip(np.rint(x / network.input_scale), *network.input_range).astype(np.int64)
