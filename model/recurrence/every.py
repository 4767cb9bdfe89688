"""Every state, and the read-out of every state, with gradients of their own that keep next to nothing.

The gradient runs the adjoint λ_t = Wᵀ λ_{t+1} + ∂L/∂h_t through the same steps, backwards.
"""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from .drive import Drive, is_tokens
from .scan import ChunkedSteps

Gradients = tuple[Tensor | None, ...]

threshold_backward = torch.ops.aten.threshold_backward.grad_input  # of relu, in one pass and in place


class EveryState(torch.autograd.Function):
    """All states, ``(batch, time, d)``, of signs, weight, bias and x as :func:`~.step_loop.step_loop` takes them."""

    @staticmethod
    def forward(
        ctx: Any, signs: Tensor, weight: Tensor, bias: Tensor, x: Tensor, block_size: int, gain: float, chunk: int
    ) -> Tensor:
        """States; ``chunk`` is c, from 1 to T."""
        steps = ChunkedSteps(signs, block_size, gain, x.shape[1], chunk)
        drive = Drive(weight, bias, tokens=is_tokens(x))
        arranged = drive.read(steps.arrange(drive.extended(x)))
        begins = steps.begins(steps.ends(drive, arranged)) if steps.chunks > 1 else None
        states = drive(arranged)
        steps.run(states, begins)
        ctx.save_for_backward(signs, weight, bias, arranged, states)
        ctx.steps, ctx.tokens = steps, is_tokens(x)
        return steps.restore(states)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> Gradients:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Gradients of signs, weight, bias and x."""
        signs, weight, bias, arranged, states = ctx.saved_tensors
        steps, drive, begins = ctx.steps, Drive(weight, bias, tokens=ctx.tokens), None
        adjoint = steps.arrange(gradients[0])
        if adjoint.data_ptr() == gradients[0].data_ptr():
            adjoint = adjoint.clone()
        if steps.chunks > 1:
            begins = steps.begins(steps.run(adjoint.clone(), None, backwards=True), backwards=True)
        steps.run(adjoint, begins, backwards=True)
        signs_learn = ctx.needs_input_grad[0]
        for here in steps.segments(arranged.shape[-1]):
            drive.collect(arranged[here], adjoint[here], states[here] if signs_learn else None)
        of_signs = drive.of_signs(signs) if signs_learn else None
        of_x = steps.restore(weight.T @ adjoint) if ctx.needs_input_grad[3] else None
        return of_signs, *drive.of_weight_and_bias(), of_x, None, None, None


class EveryReadOut(torch.autograd.Function):
    """V relu(h_t) + c of every step, ``(batch, time, o)``, of signs, weight, bias, x, V and c.

    Both ways work on some positions at a time, few enough for a core's own cache, and of those only the states are
    kept: no array for the drive, the rectified states or their gradients, and none that is large enough for the system
    to hand out fresh pages for it at every call. x gets no gradient.
    """

    @staticmethod
    def forward(
        ctx: Any,
        signs: Tensor,
        weight: Tensor,
        bias: Tensor,
        x: Tensor,
        output_weight: Tensor,
        output_bias: Tensor,
        rectified: bool,
        kept: bool,
        block_size: int,
        gain: float,
        chunk: int,
    ) -> Tensor:
        """Logits. ``rectified``: whether there is a relu; ``kept``: whether to differentiate; ``chunk``: c, 1 to T."""
        steps = ChunkedSteps(signs, block_size, gain, x.shape[1], chunk)
        drive = Drive(weight, bias, tokens=is_tokens(x))
        inputs, state, all_read = drive.read(steps.arrange(drive.extended(x))), None, []
        if steps.chunks > 1:
            state = steps.begins(steps.ends(drive, inputs))
        logits = bias.new_empty(len(inputs), len(output_bias), inputs.shape[-1])
        signs_learn = ctx.needs_input_grad[0]
        scratch = None
        for here in steps.segments(inputs.shape[-1]):
            states = drive(inputs[here])
            state = steps.run(states, state)
            if not rectified:
                read = states
            elif kept and signs_learn:  # whose gradient needs the states as they are
                scratch = torch.empty_like(states) if scratch is None else scratch[: len(states)]
                read = torch.clamp_min(states, 0, out=scratch)
            else:
                state = state.clone()
                read = states.clamp_min_(0)
            torch.baddbmm(output_bias[:, None], _each(output_weight, read), read, out=logits[here])
            if kept:
                all_read.append(states)
        ctx.save_for_backward(signs, weight, bias, inputs, output_weight, *all_read)
        ctx.steps, ctx.tokens, ctx.rectified = steps, is_tokens(x), rectified
        return steps.restore(logits)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> Gradients:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Gradients of signs, weight, bias, output weight and output bias."""
        signs, weight, bias, inputs, output_weight, *kept = ctx.saved_tensors
        steps, drive, signs_learn = ctx.steps, Drive(weight, bias, tokens=ctx.tokens), ctx.needs_input_grad[0]
        pulls, later = steps.arrange(gradients[0]), None
        adjoints, scratch = torch.empty_like(kept[0]), torch.empty_like(kept[0])
        of_output, back = torch.zeros_like(output_weight), output_weight.T.contiguous()
        backwards = list(zip(steps.segments(inputs.shape[-1]), kept, strict=True))[::-1]

        def run(here: slice, states: Tensor, later: Tensor | None) -> Tensor:
            """λ of a segment from what follows it, in the memory of those before."""
            later = None if later is None else later.clone()
            adjoint = torch.bmm(_each(back, states), pulls[here], out=adjoints[: len(states)])
            if ctx.rectified:
                threshold_backward(adjoint, states, 0, grad_input=adjoint)
            steps.run(adjoint, later, backwards=True)
            return adjoint

        if steps.chunks > 1:
            for here, states in backwards:
                later = run(here, states, later)[0]
            assert later is not None, "there is at least one segment"
            later = steps.begins(later, backwards=True)
        for here, states in backwards:
            adjoint = run(here, states, later)
            later = adjoint[0]
            drive.collect(inputs[here], adjoint, states if signs_learn else None)
            read = states
            if ctx.rectified and signs_learn:
                read = torch.clamp_min(states, 0, out=scratch[: len(states)])
            of_output += torch.bmm(pulls[here], read.mT).sum(0)
        of_signs = drive.of_signs(signs) if signs_learn else None
        of_output_bias = pulls.sum((0, 2))
        return of_signs, *drive.of_weight_and_bias(), None, of_output, of_output_bias, None, None, None, None, None


def _each(matrix: Tensor, states: Tensor) -> Tensor:
    """``matrix`` for each position of ``states``."""
    return matrix.expand(len(states), -1, -1)
