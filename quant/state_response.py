"""The impulse response of the integer loop without its roundings, lag by lag, in float64. Imports without torch."""

import math
from collections.abc import Callable
from functools import cache

import numpy as np

from .integer import IntegerNetwork, shift_round, walsh_hadamard

_Measure = Callable[[np.ndarray], np.ndarray]

_RADIX_BITS = 5  # of the factors of H_n: 32 × 32 keeps one core's matrix products busy
_OVERHEAD = 1_000_000  # multiply-adds in the time that Python takes for one lag
_COLUMNS = 64  # that go through all lags at once, small enough to stay in a cache


class StateResponse:
    """W^j applied to the input weights, the biases and the unit vectors, for j = 0, 1, 2, … in turn.

    Parameters
    ----------
    network : whose W = diag(s) (I_q ⊗ H_n) · gain, with the gain of the integers, and U · 2^f, B it is
    low, high : smallest and largest input element; for ``input_kind`` ``index`` first and last position

    Attributes
    ----------
    gain_norm : g = gain · √n, the norm of W: 1 for even k
    drive_norm : bounds |B + D(x)|₂ over all inputs x, and so, times g^j, every state's share of lag j
    work : what one lag costs, in multiply-adds
    """

    def __init__(self, network: IntegerNetwork, low: int, high: int) -> None:
        n, k = network.block_size, network.block_bits
        self.block_size, self.index = n, network.input_kind == "index"
        fraction = network.sqrt_half_bits + k // 2
        self._gain = network.sqrt_half / 2.0**fraction if k % 2 else 2.0 ** -(k // 2)
        self._signed_gain = network.signs[:, None] * self._gain
        if self.index:
            table = shift_round(network.input_weight.astype(np.int64), network.input_shift)
            self._drive = table[:, low : high + 1].astype(np.float64)
            self._middle, self._half = 0.0, 0.0
        else:
            self._drive = network.input_weight * 2.0**network.input_shift
            self._middle, self._half = (low + high) / 2, (high - low) / 2
        self._bias = network.bias.astype(np.float64)[:, None]
        self._units = np.tile(np.eye(n, dtype=np.float64), (network.blocks, 1))
        self.gain_norm = self._gain * math.sqrt(n) * (1 + 1e-15) if k % 2 else 1.0
        columns = np.linalg.norm(self._drive, axis=0)
        largest = columns.max() if self.index else columns.sum() * max(abs(low), abs(high))
        self.drive_norm = float(largest + np.linalg.norm(self._bias)) * (1 + 1e-12)
        radices = sum(len(factor) for factor in hadamard_factors(n)) + 4
        self.work = _OVERHEAD + self._drive.shape[0] * (self._drive.shape[1] + 1 + n) * radices

    def advance(self, lags: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The next ``lags`` lags, each float64 of shape ``(lags, d)``.

        Returns
        -------
        upper, lower
            The largest and smallest W^j (B + D(x)) over all inputs.
        norms
            The L1 norms of the rows of W^j.
        """
        size = len(self._drive)
        drive = np.full((lags, 2, size), -np.inf) if self.index else np.zeros((lags, 2, size))
        self._sweep(self._drive, drive, self._largest, np.maximum if self.index else np.add)
        bias = np.zeros((lags, size))
        self._sweep(self._bias, bias, lambda part: part[:, 0], np.add)
        norms = np.zeros((lags, size))
        self._sweep(self._units, norms, lambda part: np.abs(part).sum(axis=1), np.add)
        return bias + drive[:, 0], bias - drive[:, 1], norms

    def rows(self, unit: int, lags: int) -> np.ndarray:
        """Row ``unit`` of W^j D for the next ``lags`` lags: float64, shape ``(lags, m)``."""
        rows = np.empty((lags, self._drive.shape[1]))
        for lag in range(lags):
            rows[lag] = self._drive[unit]
            self._drive = self._rotated(self._drive)
        return rows

    def _largest(self, part: np.ndarray) -> np.ndarray:
        """Largest and, negated, smallest contribution of some columns: shape ``(2, d)``."""
        if self.index:
            return np.stack([part.max(axis=1), -part.min(axis=1)])
        middle, half = self._middle * part.sum(axis=1), self._half * np.abs(part).sum(axis=1)
        return np.stack([middle + half, half - middle])

    def _sweep(self, columns: np.ndarray, total: np.ndarray, measure: _Measure, combine: np.ufunc) -> None:
        """Advance ``columns`` in place by all lags of ``total``, some columns at a time."""
        for start in range(0, columns.shape[1], _COLUMNS):
            part = np.ascontiguousarray(columns[:, start : start + _COLUMNS])
            for lag in total:
                combine(lag, measure(part), out=lag)
                part = self._rotated(part)
            columns[:, start : start + _COLUMNS] = part

    def _rotated(self, columns: np.ndarray) -> np.ndarray:
        """W times the columns."""
        shape, inner = columns.shape, columns.shape[1]
        for factor in hadamard_factors(self.block_size):
            columns = np.matmul(factor, columns.reshape(-1, len(factor), inner))
            inner *= len(factor)
        return columns.reshape(shape) * self._signed_gain


@cache
def hadamard_factors(block_size: int) -> tuple[np.ndarray, ...]:
    """Hadamard matrices, float64, whose Kronecker product is H_n; none for n = 1. Not to be written to."""
    k = block_size.bit_length() - 1
    factors = []
    while k:
        bits = -(-k // -(-k // _RADIX_BITS))
        factors.append(walsh_hadamard(np.eye(1 << bits, dtype=np.int64), 1 << bits).astype(np.float64))
        k -= bits
    return tuple(factors)


def rotation_error(block_size: int) -> float:
    """ε such that a product with W computed in float64 is off by at most ε |W x|₂, in the 2-norm.

    A factor H_r is r additions a number, in any order, off by at most γ_r |H_r| |x|, γ_r = r u / (1 − r u); |H_r| is
    the matrix of ones, of norm r, while |H_r x|₂ = √r |x|₂. The final product with ± gain is one more rounding.
    """
    unit = np.finfo(np.float64).eps / 2
    growth = 1 + 2 * unit
    for factor in hadamard_factors(block_size):
        r = len(factor)
        growth *= 1 + r * unit / (1 - r * unit) * math.sqrt(r)
    return (growth - 1) * (1 + 1e-9) + unit
