"""The recurrence h_t = f(W h_{t−1} + U x_t + b) with any d × d matrix W: without f, faster than step by step.

All functions are differentiable in all their tensors, by torch's own gradients.
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import pad

from .doubling import last_by_doubling
from .drive import aligned_to_end, as_vectors, driven, is_tokens, with_bias_input
from .halving import last_by_halving
from .lifted import lifted_read_out


def dense_loop(
    matrix: Tensor, weight: Tensor, bias: Tensor, x: Tensor, activation: Callable[[Tensor], Tensor] | None = None
) -> Tensor:
    """All states h_1 … h_T, one step after the other: the definition, and the only way with an activation.

    Parameters
    ----------
    matrix : W of shape ``(d, d)``.
    weight, bias : U of shape ``(d, m)`` and b of shape ``(d,)``.
    x : vectors of shape ``(batch, time, m)``, or tokens, integers of shape ``(batch, time)``.
    activation : f; none where left out.

    Returns
    -------
    Tensor of shape ``(batch, time, d)``.
    """
    state: Tensor | None = None
    states = []
    for step in driven(weight, bias, x).unbind(1):
        total = step if state is None else torch.addmm(step, state, matrix.T)
        state = total if activation is None else activation(total)
        states.append(state)
    return torch.stack(states, 1)


def dense_last(matrix: Tensor, weight: Tensor, bias: Tensor, x: Tensor, lengths: Tensor | None = None) -> Tensor:
    """The last state of every sequence without an activation, of shape ``(batch, d)``; arguments as above.

    By the closed form of :mod:`~.doubling` or by the pairwise reduction of :mod:`~.halving`, whichever takes fewer
    multiply-adds: T·m·(d² + batch·d) or T·batch·(d² + m·d).

    Parameters
    ----------
    lengths : integers from 1 to ``time``, of shape ``(batch,)``; every sequence has all steps where left out.
    """
    (batch, steps), (hidden, inputs) = x.shape[:2], weight.shape
    powers = doubled(matrix, steps)
    mask = None
    if lengths is not None:
        x, mask = aligned_to_end(x, lengths)
    if inputs * (hidden + batch) < batch * (hidden + (0 if is_tokens(x) else inputs)):
        x = as_vectors(x, inputs, weight.dtype)
        if mask is not None:  # a step that is not there has no b either: b weighs one more input
            weight, x = with_bias_input(weight, bias, x * mask[..., None], mask)
            bias = torch.zeros_like(bias)
        return last_by_doubling(powers, weight, bias, x)
    drive = driven(weight, bias, x.transpose(0, 1))
    return last_by_halving(powers, drive if mask is None else drive * mask.T[..., None])


def dense_states(matrix: Tensor, weight: Tensor, bias: Tensor, x: Tensor) -> Tensor:
    """All states without an activation, of shape ``(batch, time, d)``; arguments as above.

    The sequence as K ≈ √T chunks of c steps that run side by side: c steps from zero give what each chunk adds, K steps
    with W^c the state that it begins with, and c steps more all states. That is 2·c + K products of K·batch columns
    instead of T of batch columns.
    """
    steps = x.shape[1]
    chunk = max(1, round((steps / 2) ** 0.5))
    chunks = -(-steps // chunk)
    drive = pad(driven(weight, bias, x), (0, 0, 0, chunks * chunk - steps))
    drive = drive.unflatten(1, (chunks, chunk))  # (batch, K, c, d)
    parts = drive.unbind(2)
    own = parts[0]
    for part in parts[1:]:
        own = own @ matrix.T + part
    leap = torch.linalg.matrix_power(matrix.double(), chunk).to(matrix.dtype)
    begins = [torch.zeros_like(own[:, 0])]
    for number in range(chunks - 1):
        begins.append(torch.addmm(own[:, number], begins[-1], leap.T))
    state, states = torch.stack(begins, 1), []
    for part in parts:
        state = state @ matrix.T + part
        states.append(state)
    return torch.stack(states, 2).flatten(1, 2)[:, :steps]


def dense_read_out(
    matrix: Tensor, weight: Tensor, bias: Tensor, x: Tensor, output_weight: Tensor, output_bias: Tensor
) -> Tensor:
    """V h_t + c of every step without an activation anywhere, of shape ``(batch, time, o)``; no gradient reaches x.

    By the lifted system of :mod:`~.lifted`, L steps at a time, or from all states, whichever takes fewer multiply-adds.

    Parameters
    ----------
    output_weight, output_bias : V of shape ``(o, d)`` and c of shape ``(o,)``.
    """
    hidden, inputs = weight.shape
    length = lifted_length(x.shape[0], x.shape[1], hidden, inputs, len(output_bias))
    if not length:
        return dense_states(matrix, weight, bias, x) @ output_weight.T + output_bias
    return lifted_read_out(doubled(matrix, 2 * length), weight, bias, x, output_weight, output_bias)


def lifted_length(batch: int, steps: int, hidden: int, inputs: int, outputs: int) -> int:
    """L, a power of two of at most ``steps``, or 0 where all states take fewer multiply-adds."""
    best, least = 0, 2 * batch * steps * hidden * (hidden + inputs + outputs)
    for exponent in range(steps.bit_length()):
        length = 1 << exponent
        each = hidden * (inputs + outputs) + inputs * outputs * length + hidden * hidden / length
        system = hidden * hidden * (exponent * hidden + length * (inputs + outputs))
        if batch * steps * each + system < least:
            best, least = length, batch * steps * each + system
    return best


def doubled(matrix: Tensor, steps: int) -> list[Tensor]:
    """W, W², W⁴, … W^j for every power of two j < ``steps``, each of shape ``(1, d, d)``, squared as doubles."""
    powers: list[Tensor] = []
    while 1 << len(powers) < steps:
        powers.append(powers[-1] @ powers[-1] if powers else matrix.double()[None])
    return [power.to(matrix.dtype) for power in powers]
