"""Rounding of biases that looks at where they end up, not only at where they are."""

from typing import Any

import numpy as np
from scipy.linalg import qr, schur

from .integer import walsh_hadamard


class BiasRounding:
    """Integers near biases whose effect on the states that are read is near that of the biases.

    A bias is added at every step, so an error e = B − b of its rounding reaches the state after t steps as S_t e,
    S_t = Σ_{j<t} W^j: in directions that W turns slowly it grows with t. Rounding each bias to the nearest integer does
    not see that. This finds B by Babai's nearest-plane method for the closest vector, min mean_t |S_t e|² +
    closeness² |e|² (L. Babai, "On Lovász' lattice reduction and the nearest lattice point problem", Combinatorica 6,
    1986), block by block: the biases are rounded one after the other, each making up for the errors of those before.
    Where the nearest integers happen to be better, they are taken. What depends on the signs only is computed once.

    Parameters
    ----------
    signs : −1 or +1, shape ``(d,)``
    block_size : n
    gain : what the hardware multiplies with for 1/√n
    steps : T, where the state after T steps is read; or, where states after different numbers of steps are, the weight
        of each number, 1 first: shape ``(T,)``, none negative
    closeness : weight of staying near the biases themselves, above 0
    """

    def __init__(
        self, signs: np.ndarray, block_size: int, gain: float, steps: int | np.ndarray, *, closeness: float = 1.0
    ) -> None:
        self._planes: list[tuple[np.ndarray, np.ndarray]] = []
        for start in range(0, len(signs), block_size):
            matrix = _block(signs[start : start + block_size].astype(np.float64), gain)
            if isinstance(steps, np.ndarray):
                effect = _mean_effect(matrix, steps / steps.sum(), closeness)
            else:
                effect = np.vstack([_accumulation(matrix, steps), closeness * np.eye(block_size)])
            factors: Any = qr(effect, mode="r", pivoting=True)
            self._planes.append((factors[0][:block_size], factors[1]))

    def __call__(self, bias: np.ndarray) -> np.ndarray:
        """Integers for biases in LSB of the state, float of shape ``(d,)``: int64, within a few LSB of them."""
        blocks = np.split(bias, len(self._planes))
        rounded = [
            _nearest_plane(triangle, order, block)
            for (triangle, order), block in zip(self._planes, blocks, strict=True)
        ]
        return np.concatenate(rounded)


def _block(signs: np.ndarray, gain: float) -> np.ndarray:
    """One block of W."""
    n = len(signs)
    return signs[:, None] * walsh_hadamard(np.eye(n, dtype=np.int64), n) * gain


def _accumulation(matrix: np.ndarray, steps: int) -> np.ndarray:
    """S = Σ_{j<T} W^j of one block, float64, shape ``(n, n)``, by doubling: S_2m = S_m + W^m S_m."""
    total, power = np.zeros_like(matrix), np.eye(len(matrix))
    for bit in f"{steps:b}":
        total, power = total + power @ total, power @ power
        if bit == "1":
            total, power = total + power, matrix @ power
    return total


def _mean_effect(matrix: np.ndarray, weights: np.ndarray, closeness: float) -> np.ndarray:
    """A matrix E with |E e|² = Σ_t weight_t |S_t e|² + closeness² |e|², of shape ``(n, n)``.

    W is orthogonal but for a factor, hence normal: W = Q diag(λ) Q* with unitary Q, its Schur form, and S_t has the
    same Q and the eigenvalues Σ_{j<t} λ^j. So any mean over t is a mean of numbers.
    """
    form: Any = schur(matrix, output="complex")
    triangle, vectors = form
    values = np.diag(triangle)
    power, total, mean = np.ones_like(values), np.zeros_like(values), np.zeros(len(values))
    for weight in weights:
        total = total + power
        power = power * values
        mean += weight * np.abs(total) ** 2
    return ((vectors * np.sqrt(mean + closeness**2)) @ vectors.conj().T).real


def _nearest_plane(triangle: np.ndarray, order: np.ndarray, bias: np.ndarray) -> np.ndarray:
    n = len(bias)
    target = triangle @ bias[order]
    rounded = np.zeros(n)
    for i in reversed(range(n)):
        rest = target[i] - triangle[i, i + 1 :] @ rounded[i + 1 :]
        rounded[i] = np.rint(rest / triangle[i, i])
    planes = np.empty(n)
    planes[order] = rounded
    candidates = (planes, np.rint(bias))
    return min(candidates, key=lambda integers: np.linalg.norm(triangle @ (integers - bias)[order])).astype(np.int64)
