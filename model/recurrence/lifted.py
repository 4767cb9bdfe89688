"""Read-outs without a relu at every step, several steps at a time and without the states between."""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from .doubling import doubled_kernel
from .drive import is_tokens

Gradients = tuple[Tensor | None, ...]


def lifted_read_out(
    powers: list[Tensor], weight: Tensor, bias: Tensor, x: Tensor, output_weight: Tensor, output_bias: Tensor
) -> Tensor:
    """V h_t + c of every step, from the states at every L-th step only.

    Where the read-out is linear, so is all that happens in L steps: with x and y the inputs and read-outs of L steps,
    one below the other, h the state before them and h' that after them,

    .. code-block:: none

        y  = P h + M x + β        P = [V W; … V W^L]   M = [V U; V W U, V U; …], block Toeplitz
        h' = W^L h + E x + γ      E = [W^(L−1) U … U]  β, γ: what b and c add

    which control theory calls the lifted system. Work, a step of a sequence: (m + o)·d + m·o·L + d·n/L instead of
    (m + o)·d and a transform, and all of it in products large enough to be fast.

    Parameters
    ----------
    powers : W, W², W⁴, … W^L, each of shape ``(q, n, n)``; how many there are says L, a power of two.
    weight, bias : U of shape ``(d, m)`` and b of shape ``(d,)``.
    x : vectors of shape ``(batch, time, m)``, or tokens of shape ``(batch, time)``.
    output_weight, output_bias : V of shape ``(o, d)`` and c of shape ``(o,)``.

    Returns
    -------
    Tensor of shape ``(batch, time, o)``; differentiable (once) in all but x.
    """
    system = lifted_system(powers, weight, bias, output_weight, output_bias)
    arranged = (x.long() if is_tokens(x) else x).movedim(0, -1).contiguous()
    result = LiftedReadOut.apply(*system, arranged, weight.shape[1], len(output_bias))
    assert isinstance(result, Tensor)
    return result.permute(2, 0, 1)


def lifted_system(
    powers: list[Tensor], weight: Tensor, bias: Tensor, output_weight: Tensor, output_bias: Tensor
) -> tuple[Tensor, ...]:
    """P ``(L·o, d)``, M ``(L·o, L·m)``, β ``(L·o,)``, W^L ``(q, n, n)``, E ``(d, L·m)`` and γ ``(d,)``."""
    *below, whole = powers
    length, (hidden, inputs), block = 1 << len(below), weight.shape, whole.shape[-1]
    table = torch.cat([weight, bias[:, None]], 1).view(-1, block, inputs + 1)
    kernel = doubled_kernel(below, table, length).reshape(hidden, length, inputs + 1)  # the last step first
    out = output_weight.view(len(output_weight), -1, block).movedim(1, 0) @ powers[0]  # (q, o, n)
    for power in below:
        out = torch.cat([out, out @ power], 1)
    out = out.movedim(0, 1).reshape(-1, hidden)
    response = (output_weight @ kernel.flip(1).reshape(hidden, -1)).view(-1, length, inputs + 1).movedim(1, 0)
    offset = (response[..., -1].cumsum(0) + output_bias).flatten()
    return out, _toeplitz(response[..., :-1]), offset, whole, kernel[..., :-1].flatten(1), kernel[..., -1].sum(1)


def _toeplitz(response: Tensor) -> Tensor:
    """``(L·o, L·m)`` with block i − j of the response, ``(L, o, m)``, at block row i and column j ≤ i; else zeros."""
    length, outputs, inputs = response.shape
    steps = torch.arange(length, device=response.device)
    lag = steps[:, None] - steps
    lag = torch.where(lag < 0, length, lag).flatten()  # the one appended: zeros
    blocks = torch.cat([response, torch.zeros_like(response[:1])]).index_select(0, lag)
    return blocks.view(length, length, outputs, inputs).transpose(1, 2).reshape(length * outputs, length * inputs)


class LiftedReadOut(torch.autograd.Function):
    """Read-outs ``(time, o, batch)`` of a lifted system; x is vectors ``(time, m, batch)`` or tokens ``(time, batch)``.

    Kept for the gradient are x, and the state before each L steps but the first. x gets no gradient.
    """

    @staticmethod
    def forward(
        ctx: Any,
        out: Tensor,
        within: Tensor,
        offset: Tensor,
        power: Tensor,
        into: Tensor,
        drift: Tensor,
        x: Tensor,
        inputs: int,
        outputs: int,
    ) -> Tensor:
        """P, M, β, W^L, E and γ as :func:`lifted_read_out` has them, x, m and o."""
        logits = out.new_empty(len(x), outputs, x.shape[-1])
        state, states, parts = None, [], _parts(len(x), into.shape[1] // inputs)
        for here in parts:
            columns, read = _columns(x[here], inputs, out.dtype), logits[here].flatten(0, 1)
            torch.addmm(offset[: len(read), None], within[: len(read), : len(columns)], columns, out=read)
            if state is not None:
                read.addmm_(out[: len(read)], state)
                states.append(state)
            if here.stop == len(x):
                break
            after = torch.addmm(drift[:, None], into, columns)
            if state is not None:
                _blocks(after, power).baddbmm_(power, _blocks(state, power))
            state = after
        ctx.save_for_backward(out, within, power, into, x, *states)
        ctx.parts, ctx.inputs = parts, inputs
        return logits

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> Gradients:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Gradients of all but x; that of W^L only where it is wanted."""
        out, within, power, into, x, *states = ctx.saved_tensors
        pulls = gradients[0].contiguous()
        of_out, of_within, of_into = (torch.zeros_like(matrix) for matrix in (out, within, into))
        of_offset, of_drift = out.new_zeros(len(out)), out.new_zeros(len(into))
        of_power = torch.zeros_like(power) if ctx.needs_input_grad[3] else None
        later = None  # λ of the state after these steps
        for here, state in zip(ctx.parts[::-1], [*states[::-1], None], strict=True):
            columns, pull = _columns(x[here], ctx.inputs, out.dtype), pulls[here].flatten(0, 1)
            of_within[: len(pull), : len(columns)].addmm_(pull, columns.T)
            of_offset[: len(pull)] += pull.sum(1)
            if later is not None:
                of_into.addmm_(later, columns.T)
                of_drift += later.sum(1)
            if state is None:
                break
            of_out[: len(pull)].addmm_(pull, state.T)
            adjoint = out[: len(pull)].T @ pull
            if later is not None:
                if of_power is not None:
                    of_power.baddbmm_(_blocks(later, power), _blocks(state, power).mT)
                _blocks(adjoint, power).baddbmm_(power.mT, _blocks(later, power))
            later = adjoint
        return of_out, of_within, of_offset, of_power, of_into, of_drift, None, None, None


def _parts(steps: int, length: int) -> list[slice]:
    return [slice(start, min(start + length, steps)) for start in range(0, steps, length)]


def _columns(x: Tensor, inputs: int, dtype: torch.dtype) -> Tensor:
    """Inputs of some steps one below the other, ``(steps · m, batch)``; tokens as one-hot vectors."""
    if x.ndim == 2:
        x = torch.zeros(len(x), inputs, x.shape[1], dtype=dtype, device=x.device).scatter_(1, x[:, None], 1)
    return x.flatten(0, 1)


def _blocks(states: Tensor, power: Tensor) -> Tensor:
    """``(d, batch)`` as ``(q, n, batch)``: the same memory."""
    return states.view(len(power), -1, states.shape[1])
