"""The last state step by step, for inputs whose closed form would cost more: many tokens, wide vectors."""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from .drive import Drive, aligned_to_end, is_tokens
from .scan import ChunkedSteps


class LastState(torch.autograd.Function):
    """h of the last step of every sequence, ``(batch, d)``, of signs, weight, bias, x and lengths (or None).

    Sequences end together, the longest first, so that in a stretch of steps those that have begun lie side by side:
    work is done for steps that there are. States are kept only where signs learn; the gradient runs the adjoint
    λ_{t−1} = Wᵀ λ_t from the end, which no state comes into. x gets no gradient.
    """

    @staticmethod
    def forward(
        ctx: Any,
        signs: Tensor,
        weight: Tensor,
        bias: Tensor,
        x: Tensor,
        lengths: Tensor | None,
        kept: bool,
        block_size: int,
        gain: float,
    ) -> Tensor:
        """States; ``kept``: whether ∂L/∂s will be wanted."""
        mask, order = None, None
        if lengths is not None:
            lengths, order = lengths.to(x.device).sort(descending=True, stable=True)
            x, mask = aligned_to_end(x[order, : int(lengths[0])], lengths)
        steps = ChunkedSteps(signs, block_size, gain, x.shape[1], x.shape[1])
        drive, segments = Drive(weight, bias, tokens=is_tokens(x)), steps.segments(len(x))
        begun = [len(x) if mask is None else int(mask[:, here.stop - 1].sum()) for here in segments]
        inputs = drive.read(steps.arrange(drive.extended(x, mask)))
        state, all_states = bias.new_zeros(len(bias), 0), []
        for here, columns in zip(segments, begun, strict=True):
            states = drive(inputs[here, ..., :columns])
            state = steps.run(states, _widened(state, columns))
            if kept:
                all_states.append(states)
        ctx.save_for_backward(signs, weight, bias, inputs, order, *all_states)
        ctx.steps, ctx.tokens, ctx.segments, ctx.begun = steps, is_tokens(x), segments, begun
        last = state.T
        return last.contiguous() if order is None else torch.empty_like(last).index_copy_(0, order, last)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Gradients of signs, weight and bias."""
        signs, weight, bias, inputs, order, *all_states = ctx.saved_tensors
        drive = Drive(weight, bias, tokens=ctx.tokens)
        last = gradients[0] if order is None else gradients[0][order]
        later = None
        for number, here in reversed(list(enumerate(ctx.segments))):
            columns = ctx.begun[number]
            adjoint = last.new_empty(here.stop - here.start, len(bias), columns)
            if later is None:
                adjoint[-1] = last.T
            else:
                later = later[:, :columns].contiguous()
            later = ctx.steps.run(adjoint, later, backwards=True, driven=False)
            drive.collect(inputs[here, ..., :columns], adjoint, all_states[number] if all_states else None)
        of_signs = drive.of_signs(signs) if all_states else None
        return of_signs, *drive.of_weight_and_bias(), None, None, None, None, None


def _widened(state: Tensor, columns: int) -> Tensor:
    """``state`` of more sequences: those that begin later begin at zero."""
    if state.shape[1] == columns:
        return state
    return torch.cat([state, state.new_zeros(len(state), columns - state.shape[1])], 1)
