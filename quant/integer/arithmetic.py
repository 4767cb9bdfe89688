"""Integer arithmetic of the recurrence, on numpy ``int64``: the definitions that every other part must equal.

All functions are exact as long as their results fit 63 bits; :class:`~hadamrnn.quant.integer.IntegerNetwork` refuses
networks for which they would not.
"""

import numpy as np


def round_half_even_shift(values: np.ndarray, shift: int) -> np.ndarray:
    """``round(values / 2**shift)`` with ties to the even integer, as ``torch.round`` and ``numpy.rint`` do.

    Parameters
    ----------
    values : ndarray of int64, any shape
    shift : int
        At least 0 (0 returns the values unchanged).
    """
    if shift < 0:
        raise ValueError(f"shift must be at least 0, not {shift!r}")
    if shift == 0:
        return values.copy()
    quotient = values >> shift
    remainder = values - (quotient << shift)
    half = 1 << (shift - 1)
    round_up = (remainder > half) | ((remainder == half) & ((quotient & 1) == 1))
    return quotient + round_up


def shift_round(values: np.ndarray, shift: int) -> np.ndarray:
    """``values · 2**shift``: a left shift, or for a negative ``shift`` a right shift rounded half to even."""
    return values << shift if shift >= 0 else round_half_even_shift(values, -shift)


def saturate(values: np.ndarray, bits: int) -> tuple[np.ndarray, int]:
    """Clip to the range of a signed integer, ``[−2^(bits−1), 2^(bits−1) − 1]``.

    Returns
    -------
    (ndarray, int)
        The clipped values, and how many of them had to be clipped.
    """
    low, high = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
    clipped = np.clip(values, low, high)
    return clipped, int(np.count_nonzero(clipped != values))


def walsh_hadamard(values: np.ndarray, block_size: int) -> np.ndarray:
    """``(I_q ⊗ H_n) values`` along the last axis, exact, in natural (Sylvester) order and not normalised.

    Parameters
    ----------
    values : ndarray of int64, shape ``(..., d)``
    block_size : int
        n, a power of two that divides d.

    Notes
    -----
    Radix-2 butterflies, n·log2(n) additions per block: row i, column j of H_n is (−1)^popcount(i & j).
    """
    shape = values.shape
    half = block_size // 2
    while half:
        pairs = values.reshape(*shape[:-1], -1, 2, half)
        values = np.stack([pairs[..., 0, :] + pairs[..., 1, :], pairs[..., 0, :] - pairs[..., 1, :]], axis=-2)
        half //= 2
    return values.reshape(shape)


def modrelu(values: np.ndarray, threshold: np.ndarray) -> np.ndarray:
    """``sign(values) · max(|values| + threshold, 0)``, exact, and 0 for 0; ``threshold`` is along the last axis."""
    return np.sign(values) * np.maximum(np.abs(values) + threshold, 0)
