"""The linear recurrence h_t = W h_{t−1} + U x_t + b, by its closed form and step by step.

W = diag(s) (I_q ⊗ H_n) · gain is block-diagonal, so a power of it is q blocks of n × n: nothing here is ever d × d for
q > 1. Both ways are differentiable in every argument and agree to rounding.
"""

import torch
from torch import Tensor

from .walsh_hadamard import hadamard_matrix, walsh_hadamard


def last_state(signs: Tensor, weight: Tensor, bias: Tensor, x: Tensor, *, block_size: int, gain: float) -> Tensor:
    """h_T = Σ_t W^(T−1−t) (U x_t + b), from h_0 = 0, by doubling.

    The kernel K = [W^(T−1)U … WU, U] is doubled (W^j times the j columns at hand gives the next j) while W^j is
    squared, and meets the inputs in one matrix product. About log2(T) squarings of q blocks n × n, for any batch.

    Parameters
    ----------
    signs : Tensor of shape ``(d,)``, entries ±1.
    weight : Tensor of shape ``(d, m)``, U.
    bias : Tensor of shape ``(d,)``, b.
    x : Tensor of shape ``(batch, time, m)``.
    block_size : n, a power of two that divides d.
    gain : the factor that stands for 1/√n, see :func:`~.walsh_hadamard.recurrent_gain`.

    Returns
    -------
    Tensor of shape ``(batch, d)``.
    """
    batch, steps, inputs = x.shape
    powers = _doubled_powers(signs, block_size, gain, steps)
    kernel = _kernel(powers, weight.reshape(-1, block_size, inputs), steps)
    drift = _bias_response(powers, bias.reshape(-1, block_size, 1), steps)
    return x.reshape(batch, steps * inputs) @ kernel.reshape(-1, steps * inputs).T + drift.reshape(-1)


def every_state(signs: Tensor, weight: Tensor, bias: Tensor, x: Tensor, *, block_size: int, gain: float) -> Tensor:
    """All states h_1 … h_T, one step after the other; arguments as for :func:`last_state`.

    Returns
    -------
    Tensor of shape ``(batch, time, d)``.
    """
    driven = x @ weight.T + bias
    signed_gain = signs * gain
    state = driven[:, 0]
    states = [state]
    for step in driven.unbind(1)[1:]:
        state = signed_gain * walsh_hadamard(state, block_size) + step
        states.append(state)
    return torch.stack(states, 1)


def recurrent_blocks(signs: Tensor, block_size: int, gain: float) -> Tensor:
    """The blocks of W, of shape ``(q, n, n)``."""
    return signs.reshape(-1, block_size, 1) * (gain * hadamard_matrix(block_size, dtype=signs.dtype).to(signs.device))


def _doubled_powers(signs: Tensor, block_size: int, gain: float, steps: int) -> list[Tensor]:
    """W, W², W⁴, … W^j for every power of two j < ``steps``; none for a single step."""
    powers: list[Tensor] = []
    while 1 << len(powers) < steps:
        powers.append(powers[-1] @ powers[-1] if powers else recurrent_blocks(signs, block_size, gain))
    return powers


def _kernel(powers: list[Tensor], weight: Tensor, steps: int) -> Tensor:
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
