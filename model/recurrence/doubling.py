"""The last state by its closed form: a kernel, doubled, and one matrix product."""

import torch
from torch import Tensor


def last_by_doubling(powers: list[Tensor], weight: Tensor, bias: Tensor, x: Tensor) -> Tensor:
    """h_T = Σ_t W^(T−1−t) (U x_t + b).

    The kernel K = [W^(T−1)U … WU, U] is doubled (W^j times the j columns at hand gives the next j) and meets the inputs
    in one matrix product. Work: T·m·d·n for the kernel, T·m·d a sequence.

    Parameters
    ----------
    powers : W, W², W⁴, … below T, each of shape ``(q, n, n)``.
    weight, bias : U of shape ``(d, m)`` and b of shape ``(d,)``.
    x : Tensor of shape ``(batch, time, m)``.

    Returns
    -------
    Tensor of shape ``(batch, d)``.
    """
    batch, steps, inputs = x.shape
    block = powers[0].shape[-1] if powers else 1
    kernel = doubled_kernel(powers, weight.reshape(-1, block, inputs), steps)
    drift = _bias_response(powers, bias.reshape(-1, block, 1), steps)
    return x.reshape(batch, steps * inputs) @ kernel.reshape(-1, steps * inputs).T + drift.reshape(-1)


def doubled_kernel(powers: list[Tensor], weight: Tensor, steps: int) -> Tensor:
    """[W^(T−1)U … WU, U] of shape ``(q, n, T·m)`` from U of shape ``(q, n, m)``."""
    inputs = weight.shape[-1]
    kernel, columns = weight, 1
    for power in powers:
        fresh = min(columns, steps - columns)
        kernel = torch.cat([power @ kernel[..., (columns - fresh) * inputs :], kernel], -1)
        columns += fresh
    return kernel


def _bias_response(powers: list[Tensor], bias: Tensor, steps: int) -> Tensor:
    """Σ_{j<T} W^j b of shape ``(q, n, 1)``, from the sums over the powers of two that T is made of."""
    sums, doubled = torch.zeros_like(bias), bias
    for exponent, power in enumerate(powers):
        if steps >> exponent & 1:
            sums = power @ sums + doubled
        doubled = doubled + power @ doubled
    if steps >> len(powers) & 1:  # T is a power of two: the doubled sum itself
        sums = sums + doubled
    return sums
