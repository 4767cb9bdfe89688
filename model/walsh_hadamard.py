"""The Walsh–Hadamard matrix in Sylvester order, its fast product, and the gain that makes it orthogonal."""

import math
from functools import lru_cache

import torch
from torch import Tensor

from .shape import block_bits

RADIX_BITS = 6  # 64 × 64: measured on CPU, such factors beat dense products from n = 128 on, and butterflies always


def recurrent_gain(block_size: int, sqrt_half_bits: int = 15) -> float:
    """1/√n as the hardware applies it.

    Even k: the exact power of two 2^(−k/2). Odd k: C_half / 2^(F + (k−1)/2) with C_half = round(2^F / √2) and
    F = ``sqrt_half_bits``, so that a network trained with it already contains the hardware's gain error
    (about −2·10⁻⁵ per step at F = 15).
    """
    k = block_bits(block_size)
    if k % 2 == 0:
        return 2.0 ** -(k // 2)
    sqrt_half = (math.isqrt(1 << 2 * sqrt_half_bits + 1) + 1) >> 1  # round(2^F / √2), exactly
    return sqrt_half / 2.0 ** (sqrt_half_bits + k // 2)


def hadamard_matrix(block_size: int, *, dtype: torch.dtype = torch.float32) -> Tensor:
    """H_n of shape ``(n, n)``, entries ±1, Sylvester order: H_1 = [1], H_2n = [[H_n, H_n], [H_n, −H_n]]."""
    matrix = torch.ones(1, 1, dtype=dtype)
    for _ in range(block_bits(block_size)):
        matrix = torch.cat([torch.cat([matrix, matrix], 1), torch.cat([matrix, -matrix], 1)], 0)
    return matrix


def walsh_hadamard(x: Tensor, block_size: int) -> Tensor:
    """(I_q ⊗ H_n) applied to the last axis of ``x``, of shape ``(..., q·n)``; not normalised.

    H_n is a Kronecker product of smaller Hadamard matrices; each factor of up to 64 × 64 is one matrix product, so a
    vector costs n·(2^a + 2^b + …) multiply-adds, a + b + … = k, instead of n². Differentiable.
    """
    k = block_bits(block_size)
    shape, inner = x.shape, 1
    while k:
        bits = -(-k // -(-k // RADIX_BITS))  # factors of about equal size: 9 bits are 5 + 4, not 6 + 3
        radix = 1 << bits
        factor = _factor(radix, x.dtype, x.device)
        x = x.reshape(-1, radix) @ factor if inner == 1 else factor @ x.reshape(-1, radix, inner)
        inner *= radix
        k -= bits
    return x.reshape(shape)


@lru_cache(maxsize=32)
def _factor(radix: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    return hadamard_matrix(radix, dtype=dtype).to(device)
