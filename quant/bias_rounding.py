"""Rounding of biases that looks at where they end up, not only at where they are."""

from typing import Any

import numpy as np
from scipy.linalg import qr

from .integer import walsh_hadamard


def round_biases(
    bias: np.ndarray, signs: np.ndarray, block_size: int, gain: float, steps: int, *, closeness: float = 1.0
) -> np.ndarray:
    """Integers near ``bias`` whose effect on the state after ``steps`` steps is near that of ``bias``.

    A bias is added at every step, so an error e = B − b of its rounding reaches the last state as S e,
    S = Σ_{j<T} W^j: in directions that W turns slowly it grows with T. Rounding each bias to the nearest integer does
    not see that. This finds B by Babai's nearest-plane method for the closest vector, min |S e|² + closeness² |e|²
    (L. Babai, "On Lovász' lattice reduction and the nearest lattice point problem", Combinatorica 6, 1986), block by
    block: the biases are rounded one after the other, each making up for the errors of those before. Where the nearest
    integers happen to be better, they are taken.

    Parameters
    ----------
    bias : float, shape ``(d,)``, in LSB of the state
    signs : −1 or +1, shape ``(d,)``
    block_size : n
    gain : what the hardware multiplies with for 1/√n
    steps : T
    closeness : weight of staying near ``bias`` itself, above 0

    Returns
    -------
    ndarray
        int64, shape ``(d,)``; within a few LSB of ``bias``.
    """
    rounded = np.empty(len(bias), dtype=np.int64)
    for start in range(0, len(bias), block_size):
        block = slice(start, start + block_size)
        accumulation = _accumulation(signs[block].astype(np.float64), gain, steps)
        rounded[block] = _nearest_plane(accumulation, bias[block], closeness)
    return rounded


def _accumulation(signs: np.ndarray, gain: float, steps: int) -> np.ndarray:
    """S = Σ_{j<T} W^j of one block, float64, shape ``(n, n)``, by doubling: S_2m = S_m + W^m S_m."""
    n = len(signs)
    matrix = signs[:, None] * walsh_hadamard(np.eye(n, dtype=np.int64), n) * gain
    total, power = np.zeros((n, n)), np.eye(n)
    for bit in f"{steps:b}":
        total, power = total + power @ total, power @ power
        if bit == "1":
            total, power = total + power, matrix @ power
    return total


def _nearest_plane(accumulation: np.ndarray, bias: np.ndarray, closeness: float) -> np.ndarray:
    n = len(bias)
    factors: Any = qr(np.vstack([accumulation, closeness * np.eye(n)]), mode="r", pivoting=True)
    triangle, order = factors[0][:n], factors[1]
    target = triangle @ bias[order]
    rounded = np.zeros(n)
    for i in reversed(range(n)):
        rest = target[i] - triangle[i, i + 1 :] @ rounded[i + 1 :]
        rounded[i] = np.rint(rest / triangle[i, i])
    planes = np.empty(n)
    planes[order] = rounded
    candidates = (planes, np.rint(bias))
    return min(candidates, key=lambda integers: np.linalg.norm(triangle @ (integers - bias)[order])).astype(np.int64)
