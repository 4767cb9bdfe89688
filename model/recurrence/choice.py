"""The recurrence as a network uses it: what is asked for, by whatever way costs least at these sizes."""

import torch
from torch import Tensor

from .doubling import last_by_doubling
from .drive import aligned_to_end, as_vectors, driven, is_tokens, with_bias_input
from .halving import last_by_halving
from .powers import PowerCache
from .scan import ChunkedScan

OPERATION = 60_000  # multiply-adds that one core does while an operation of torch is called and returns
STEP_WORK = 160  # multiply-adds per unit that one step of the scan costs, most of it moving memory


def last_state(
    signs: Tensor,
    weight: Tensor,
    bias: Tensor,
    x: Tensor,
    *,
    block_size: int,
    gain: float,
    lengths: Tensor | None = None,
    cache: PowerCache | None = None,
) -> Tensor:
    """h of the last step of every sequence, by doubling or by halving, see :func:`doubling_pays`.

    Parameters
    ----------
    signs : Tensor of shape ``(d,)``, entries ±1.
    weight : Tensor of shape ``(d, m)``, U.
    bias : Tensor of shape ``(d,)``, b.
    x : vectors of shape ``(batch, time, m)``, or tokens, integers from 0 to m − 1 of shape ``(batch, time)``.
    block_size : n, a power of two that divides d.
    gain : the factor that stands for 1/√n, see :func:`~..walsh_hadamard.recurrent_gain`.
    lengths : integers from 1 to ``time``, of shape ``(batch,)``; every sequence has all steps where left out.
    cache : where powers of W are kept between calls.

    Returns
    -------
    Tensor of shape ``(batch, d)``; differentiable in signs, weight, bias and vectors.
    """
    batch, steps = x.shape[:2]
    powers = (cache or PowerCache()).doubled_powers(signs, block_size, gain, steps)
    mask = None
    if lengths is not None:
        x, mask = aligned_to_end(x, lengths)
    if doubling_pays(batch, weight.shape[1], block_size, tokens=is_tokens(x)):
        x = as_vectors(x, weight.shape[1], weight.dtype)
        if mask is not None:
            weight, x = with_bias_input(weight, bias, x * mask[..., None], mask)
            bias = torch.zeros_like(bias)
        return last_by_doubling(powers, weight, bias, x)
    drive = driven(weight, bias, x.transpose(0, 1))
    if mask is not None:
        drive = drive * mask.T[..., None]
    return last_by_halving(powers, drive)


def every_state(
    signs: Tensor, weight: Tensor, bias: Tensor, x: Tensor, *, block_size: int, gain: float, chunk: int | None = None
) -> Tensor:
    """h_1 … h_T by the chunked scan; arguments as for :func:`last_state`.

    Parameters
    ----------
    chunk : steps of a chunk, 1 to T; :func:`chunk_steps` where left out.

    Returns
    -------
    Tensor of shape ``(batch, time, d)``; differentiable (once) in signs, weight, bias and vectors.
    """
    if chunk is None:
        chunk = chunk_steps(x.shape[0], x.shape[1], len(signs), block_size)
    states = ChunkedScan.apply(signs, weight, bias, x, block_size, gain, chunk)
    assert isinstance(states, Tensor)
    return states


def doubling_pays(batch: int, inputs: int, block_size: int, *, tokens: bool) -> bool:
    """Whether doubling needs fewer multiply-adds than halving.

    Per step and unit: doubling m·(n + batch), with tokens as one-hot vectors; halving batch·n and the drive, batch·m,
    which for tokens is no work.
    """
    return inputs * (block_size + batch) <= batch * (block_size + (0 if tokens else inputs))


def chunk_steps(batch: int, steps: int, hidden_size: int, block_size: int) -> int:
    """c for which the scan costs least: 2c passes of constant total work, and T/c products with W^c, one by one."""

    def cost(chunk: int) -> float:
        chunks = -(-steps // chunk)
        passes = 2 * chunk * (4 * OPERATION + STEP_WORK * batch * chunks * hidden_size)
        return passes + chunks * (2 * OPERATION + batch * hidden_size * block_size)

    return min(range(1, steps + 1), key=cost)
