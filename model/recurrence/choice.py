"""The recurrence as a network uses it: what is asked for, by whatever way costs least at these sizes."""

import torch
from torch import Tensor

from .cost import chunk_steps, group_steps, lifted_steps, way_to_last
from .doubling import last_by_doubling
from .drive import aligned_to_end, as_vectors, driven, is_tokens, with_bias_input
from .every import EveryReadOut, EveryState
from .grouped import GroupedLast
from .halving import last_by_halving
from .last import LastState
from .lifted import lifted_read_out
from .powers import PowerCache
from .response import last_by_response


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
    """h of the last step of every sequence, by whatever way :func:`way_to_last` says.

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
    signs_learn = signs.requires_grad and torch.is_grad_enabled()
    hidden_size, inputs = weight.shape
    kind = {"tokens": is_tokens(x), "signs_learn": signs_learn, "x_learns": x.requires_grad}
    at_hand = cache is not None and not signs_learn
    way = way_to_last(batch, steps, hidden_size, inputs, block_size, **kind, powers_at_hand=at_hand)
    if way == "scan":
        last = LastState.apply(signs, weight, bias, x, lengths, signs_learn, block_size, gain)
        assert isinstance(last, Tensor)
        return last
    cache = cache or PowerCache()
    if way == "groups":
        sizes = batch, steps, hidden_size, inputs, block_size
        group = group_steps(*sizes, signs_learn=signs_learn, powers_at_hand=at_hand)
        last = GroupedLast.apply(cache.consecutive_powers(signs, block_size, gain, group), weight, bias, x, lengths)
        assert isinstance(last, Tensor)
        return last
    return _last_of_aligned(way, cache, signs, weight, bias, x, lengths, block_size=block_size, gain=gain)


def _last_of_aligned(
    way: str,
    cache: PowerCache,
    signs: Tensor,
    weight: Tensor,
    bias: Tensor,
    x: Tensor,
    lengths: Tensor | None,
    *,
    block_size: int,
    gain: float,
) -> Tensor:
    """h of the last step by a ``way`` in which all sequences end together: doubling, response or halving."""
    steps, mask = x.shape[1], None
    if lengths is not None:
        x, mask = aligned_to_end(x, lengths)
    if way == "halving":
        drive = driven(weight, bias, x.transpose(0, 1))
        if mask is not None:
            drive = drive * mask.T[..., None]
        return last_by_halving(cache.doubled_powers(signs, block_size, gain, steps), drive)
    x = as_vectors(x, weight.shape[1], weight.dtype)
    if mask is not None:  # a step that is not there has no b either: b weighs one more input
        weight, x = with_bias_input(weight, bias, x * mask[..., None], mask)
        bias = torch.zeros_like(bias)
    if way == "response":
        return last_by_response(signs, weight, bias, x, block_size=block_size, gain=gain)
    return last_by_doubling(cache.doubled_powers(signs, block_size, gain, steps), weight, bias, x)


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
    cache: PowerCache | None = None,
) -> Tensor:
    """V relu(h_t) + c of every step, in a fraction of the memory that all states take; arguments as above.

    By a scan; without relu by a lifted system, where :func:`lifted_steps` says that it costs less.

    Parameters
    ----------
    output_weight, output_bias : V of shape ``(o, d)`` and c of shape ``(o,)``.
    rectified : whether there is a relu.
    chunk : as for :func:`every_state`; by a scan in any case where it is given.

    Returns
    -------
    Tensor of shape ``(batch, time, o)``; differentiable (once) in all but x.
    """
    (batch, steps), (hidden_size, inputs) = x.shape[:2], weight.shape
    if not rectified and chunk is None:
        signs_learn = signs.requires_grad and torch.is_grad_enabled()
        kind = {"tokens": is_tokens(x), "signs_learn": signs_learn}
        sizes = batch, steps, hidden_size, inputs, len(output_bias), block_size
        length = lifted_steps(*sizes, **kind, powers_at_hand=cache is not None and not signs_learn)
        if length:
            powers = (cache or PowerCache()).doubled_powers(signs, block_size, gain, 2 * length)
            return lifted_read_out(powers, weight, bias, x, output_weight, output_bias)
    chunk = chunk or chunk_steps(batch, steps, hidden_size, block_size)
    arrays, kept = (signs, weight, bias, x, output_weight, output_bias), torch.is_grad_enabled()
    logits = EveryReadOut.apply(*arrays, rectified, kept, block_size, gain, chunk)
    assert isinstance(logits, Tensor)
    return logits
