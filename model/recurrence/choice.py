"""The recurrence as a network uses it: what is asked for, by whatever way costs least at these sizes."""

import torch
from torch import Tensor

from .doubling import last_by_doubling
from .drive import aligned_to_end, as_vectors, driven, is_tokens, with_bias_input
from .every import EveryReadOut, EveryState
from .halving import last_by_halving
from .powers import PowerCache

OPERATION = 800_000  # multiply-adds that one core does while a step of the scan is called from Python
STEP_WORK = 128  # multiply-adds per unit that a step costs, some of it in moving memory


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
    chunk = chunk or chunk_steps(x.shape[0], x.shape[1], len(signs), block_size)
    states = EveryState.apply(signs, weight, bias, x, block_size, gain, chunk)
    assert isinstance(states, Tensor)
    return states


def every_read_out(
    signs: Tensor,
    weight: Tensor,
    bias: Tensor,
    x: Tensor,
    output_weight: Tensor,
    output_bias: Tensor,
    *,
    rectified: bool,
    block_size: int,
    gain: float,
    chunk: int | None = None,
) -> Tensor:
    """V relu(h_t) + c of every step, in a fraction of the memory that all states take; arguments as above.

    Parameters
    ----------
    output_weight, output_bias : V of shape ``(o, d)`` and c of shape ``(o,)``.
    rectified : whether there is a relu.

    Returns
    -------
    Tensor of shape ``(batch, time, o)``; differentiable (once) in all but x.
    """
    chunk = chunk or chunk_steps(x.shape[0], x.shape[1], len(signs), block_size)
    arrays, kept = (signs, weight, bias, x, output_weight, output_bias), torch.is_grad_enabled()
    logits = EveryReadOut.apply(*arrays, rectified, kept, block_size, gain, chunk)
    assert isinstance(logits, Tensor)
    return logits


def doubling_pays(batch: int, inputs: int, block_size: int, *, tokens: bool) -> bool:
    """Whether doubling needs fewer multiply-adds than halving.

    Per step and unit: doubling m·(n + batch), with tokens as one-hot vectors; halving batch·n and the drive, batch·m,
    which for tokens is no work.
    """
    return inputs * (block_size + batch) <= batch * (block_size + (0 if tokens else inputs))


def chunk_steps(batch: int, steps: int, hidden_size: int, block_size: int) -> int:
    """c for which the scan costs least: T where the states of one step keep a core busy, less where they do not.

    One chunk is one pass over all steps. More chunks are two passes, of fewer and larger operations, and a product with
    W^c for each.
    """

    def cost(chunk: int) -> float:
        chunks = -(-steps // chunk)
        passes = (2 if chunks > 1 else 1) * chunk * (OPERATION + STEP_WORK * batch * chunks * hidden_size)
        return passes + (chunks - 1) * (2 * OPERATION + batch * hidden_size * block_size)

    return min(range(1, steps + 1), key=cost)
