"""Every state, by a scan over chunks of the sequence that run side by side."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn.functional import pad

from ..walsh_hadamard import walsh_hadamard
from .doubling import doubled_kernel
from .drive import as_vectors, driven, is_tokens
from .halving import apply_blocks
from .powers import doubled_powers, recurrent_blocks

KERNEL_PAYS = 16  # up to this many inputs, the last state of a chunk costs less by its closed form than step by step

Step = Callable[[Tensor, Tensor], Tensor]  # from the state before and what drives it


class ChunkedScan(torch.autograd.Function):
    """All states, ``(batch, time, d)``, of signs, weight, bias and x as :func:`~.step_loop.step_loop` takes them.

    The T steps are K chunks of c. First, the state after each chunk as if it began at zero; then, chunk after chunk,
    what it really begins with (K products with W^c); then all chunks side by side, c steps of K·batch states each. So
    2c + K operations on large arrays do what the loop does in T on small ones, and only the states are kept.

    The gradient runs the adjoint λ_t = Wᵀ λ_{t+1} + ∂L/∂h_t through the same scan, backwards, in one array of the size
    of the states. With it ∂L/∂U = Σ λ_t x_tᵀ, ∂L/∂b = Σ λ_t and, since h_t − U x_t − b = s ⊙ (gain · H h_{t−1}),
    ∂L/∂s = s ⊙ Σ λ_t ⊙ (h_t − U x_t − b), for which the sums over U and b are at hand.
    """

    @staticmethod
    def forward(
        ctx: Any, signs: Tensor, weight: Tensor, bias: Tensor, x: Tensor, block_size: int, gain: float, chunk: int
    ) -> Tensor:
        """States; ``chunk`` is c, from 1 to T."""
        steps = x.shape[1]
        missing = -steps % chunk  # steps after the end fill the last chunk: whatever they hold, nothing sees it
        padded = pad(x, (0, missing) if is_tokens(x) else (0, 0, 0, missing))
        buffer = driven(weight, bias, padded)
        signed_gain = signs * gain

        def forwards(state: Tensor, drive: Tensor) -> Tensor:
            return torch.addcmul(drive, walsh_hadamard(state, block_size), signed_gain)

        chunks, positions = buffer.unflatten(1, (-1, chunk)), range(chunk)
        if weight.shape[1] <= KERNEL_PAYS:
            powers = doubled_powers(signs, block_size, gain, chunk)
            ends = _ends_by_kernel(powers, weight, bias, as_vectors(padded, weight.shape[1], weight.dtype), chunk)
        else:
            ends = _ends_by_steps(chunks, positions, forwards)
        whole = torch.matrix_power(recurrent_blocks(signs, block_size, gain), chunk)
        begins = _begins(ends, whole, range(ends.shape[1]))
        _fill(chunks, begins, positions, forwards)
        states = buffer[:, :steps]
        ctx.save_for_backward(signs, weight, bias, x, states, whole)
        ctx.block_size, ctx.gain, ctx.chunk = block_size, gain, chunk
        return states

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Gradients of signs, weight, bias and x."""
        signs, weight, bias, x, states, whole = ctx.saved_tensors
        steps, block_size, chunk, signed_gain = x.shape[1], ctx.block_size, ctx.chunk, signs * ctx.gain

        def backwards(adjoint: Tensor, pull: Tensor) -> Tensor:
            return walsh_hadamard(adjoint * signed_gain, block_size).add_(pull)

        buffer = torch.empty(len(x), steps + -steps % chunk, len(signs), dtype=signs.dtype, device=signs.device)
        buffer[:, :steps] = gradients[0]
        buffer[:, steps:] = 0
        chunks, positions = buffer.unflatten(1, (-1, chunk)), range(chunk)[::-1]
        ends = _ends_by_steps(chunks, positions, backwards)
        begins = _begins(ends, whole.mT, range(ends.shape[1])[::-1])
        _fill(chunks, begins, positions, backwards)
        return (*_gradients(ctx.needs_input_grad, signs, weight, bias, x, states, buffer[:, :steps]), None, None, None)


def _ends_by_steps(chunks: Tensor, positions: Sequence[int], step: Step) -> Tensor:
    """The state after each chunk, ``(batch, K, d)``, from zero; ``chunks`` is the drive, ``(batch, K, c, d)``."""
    state = chunks[:, :, positions[0]]
    for position in positions[1:]:
        state = step(state, chunks[:, :, position])
    return state


def _ends_by_kernel(powers: list[Tensor], weight: Tensor, bias: Tensor, x: Tensor, chunk: int) -> Tensor:
    """The same from vectors ``x`` of shape ``(batch, K·c, m)``, by one product with the kernel of a chunk."""
    batch, steps, inputs = x.shape
    block = powers[0].shape[-1] if powers else 1
    both = torch.cat([weight, bias[:, None]], 1).reshape(-1, block, inputs + 1)
    kernel = doubled_kernel(powers, both, chunk).reshape(len(weight), chunk, inputs + 1)
    drift = kernel[:, :, inputs].sum(1)
    flat = x.reshape(batch * (steps // chunk), chunk * inputs)
    return torch.addmm(drift, flat, kernel[:, :, :inputs].reshape(len(weight), -1).T).unflatten(0, (batch, -1))


def _begins(ends: Tensor, whole: Tensor, order: Sequence[int]) -> Tensor:
    """What each chunk begins with, ``(batch, K, d)``, from how each would end; ``whole`` is W^c or its transpose."""
    begins = torch.zeros_like(ends)
    for before, chunk in pairwise(order):
        begins[:, chunk] = apply_blocks(whole, begins[:, before]).add_(ends[:, before])
    return begins


def _fill(chunks: Tensor, begins: Tensor, positions: Sequence[int], step: Step) -> None:
    """Turn the drive ``chunks`` into states, in place."""
    state = begins
    for position in positions:
        state = step(state, chunks[:, :, position])
        chunks[:, :, position] = state


def _gradients(
    needed: Sequence[bool], signs: Tensor, weight: Tensor, bias: Tensor, x: Tensor, states: Tensor, adjoint: Tensor
) -> tuple[Tensor | None, Tensor | None, Tensor | None, Tensor | None]:
    """∂L/∂ of signs, weight, bias and x, from λ."""
    if is_tokens(x):
        columns = torch.zeros(weight.shape[1], len(signs), dtype=adjoint.dtype, device=adjoint.device)
        of_weight = columns.index_add_(0, x.reshape(-1), adjoint.reshape(-1, len(signs))).T
        of_x = None
    else:
        of_weight = torch.einsum("btd,btm->dm", adjoint, x)
        of_x = adjoint @ weight if needed[3] else None
    of_bias = adjoint.sum((0, 1))
    of_signs = None
    if needed[0]:
        products = torch.zeros_like(signs)
        for states_of_one, adjoint_of_one in zip(
            states, adjoint, strict=True
        ):  # one sequence at a time: no third array
            products += (states_of_one * adjoint_of_one).sum(0)
        of_signs = signs * (products - (weight * of_weight).sum(1) - bias * of_bias)
    return of_signs, of_weight, of_bias, of_x
