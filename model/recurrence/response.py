"""The last state by its closed form, from an impulse response that is computed step by step."""

import torch
from torch import Tensor

from .cost import chunk_steps
from .every import EveryState


def last_by_response(signs: Tensor, weight: Tensor, bias: Tensor, x: Tensor, *, block_size: int, gain: float) -> Tensor:
    """h_T = Σ_t W^(T−1−t) (U x_t + b), where W^j [U b] is what an impulse has become after j more steps.

    What :func:`~.doubling.last_by_doubling` computes, without powers of W: for large blocks and few inputs these, and
    above all their gradients, cost more than all steps of a few sequences.

    Parameters
    ----------
    signs, weight, bias : s of shape ``(d,)``, U of shape ``(d, m)`` and b of shape ``(d,)``.
    x : Tensor of shape ``(batch, time, m)``.
    block_size, gain : of W.

    Returns
    -------
    Tensor of shape ``(batch, d)``.
    """
    batch, steps, inputs = x.shape
    table = torch.cat([weight, bias[:, None]], 1)
    impulses = table.new_zeros(inputs + 1, steps, inputs + 1)  # a sequence for each column: 1 in the first step
    impulses[:, 0] = torch.eye(inputs + 1, dtype=table.dtype, device=table.device)
    chunk = chunk_steps(inputs + 1, steps, len(bias), block_size)
    response = EveryState.apply(signs, table, torch.zeros_like(bias), impulses, block_size, gain, chunk)
    assert isinstance(response, Tensor)
    kernel = response[:inputs].reshape(inputs * steps, -1)
    return x.flip(1).transpose(1, 2).reshape(batch, -1) @ kernel + response[-1].sum(0)
