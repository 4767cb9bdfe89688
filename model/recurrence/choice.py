"""The recurrence as a network uses it: what is asked for, by whatever way costs least at these sizes."""

import torch
from torch import Tensor

from .doubling import last_by_doubling
from .drive import aligned_to_end, as_vectors, driven, is_tokens, with_bias_input
from .every import EveryReadOut, EveryState
from .halving import last_by_halving
from .last import LastState
from .powers import PowerCache
from .scan import factors

# Costs are in multiply-adds: some 60 take a nanosecond of one core (measured, AVX-512).
OPERATION = 500_000  # a step of a scan, called from Python
STEP_WORK = 100  # a step of a scan, per unit, for all that is not the transform
SIGN_WORK = 80  # more per unit, where signs learn
HALVING_WORK = 500  # a halving, per unit, for all that is not a product: it passes through memory


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
    """h of the last step of every sequence, by doubling, by halving or step by step, see :func:`way_to_last`.

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
    powers = (cache or PowerCache()).doubled_powers(signs, block_size, gain, steps)
    mask = None
    if lengths is not None:
        x, mask = aligned_to_end(x, lengths)
    if way == "doubling":
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


def way_to_last(
    batch: int,
    steps: int,
    hidden_size: int,
    inputs: int,
    block_size: int,
    *,
    tokens: bool = False,
    signs_learn: bool = False,
    x_learns: bool = False,
    powers_at_hand: bool = False,
) -> str:
    """``"doubling"``, ``"halving"`` or ``"scan"``: what costs least, forwards and backwards.

    Doubling takes tokens as one-hot vectors. It and halving need the powers of W. The scan gives x no gradient.
    """
    passes, units = 3 if signs_learn else 2, batch * steps * hidden_size
    powers = 0 if powers_at_hand else (1 + 2 * signs_learn) * hidden_size * block_size**2 * steps.bit_length()
    drive = 0 if tokens else passes * inputs
    costs = {
        "doubling": powers + passes * steps * hidden_size * inputs * (block_size + batch),
        "halving": powers + units * (passes * block_size + drive + HALVING_WORK),
        "scan": 2 * steps * OPERATION + units * (2 * _unit_work(block_size) + drive + SIGN_WORK * signs_learn),
    }
    if x_learns:
        del costs["scan"]
    return min(costs, key=lambda way: costs[way])


def chunk_steps(batch: int, steps: int, hidden_size: int, block_size: int) -> int:
    """c for which the scan costs least: T where the states of one step keep a core busy, less where they do not.

    One chunk is one pass over all steps. More chunks are two passes, of fewer and larger operations, and a product with
    W^c for each.
    """

    def cost(chunk: int) -> float:
        chunks = -(-steps // chunk)
        passes = (2 if chunks > 1 else 1) * chunk * (OPERATION + batch * chunks * hidden_size * _unit_work(block_size))
        return passes + (chunks - 1) * (2 * OPERATION + batch * hidden_size * block_size)

    return min(range(1, steps + 1), key=cost)


def _unit_work(block_size: int) -> int:
    return sum(factors(block_size)) + STEP_WORK
