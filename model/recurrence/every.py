"""Every state, and the read-out of every state, with gradients of their own that keep next to nothing.

The gradient runs the adjoint λ_t = Wᵀ λ_{t+1} + ∂L/∂h_t through the same steps, backwards.
"""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from .scan import ChunkedSteps, Drive

Gradients = tuple[Tensor | None, ...]

threshold_backward = torch.ops.aten.threshold_backward  # of relu, in one pass


class EveryState(torch.autograd.Function):
    """All states, ``(batch, time, d)``, of signs, weight, bias and x as :func:`~.step_loop.step_loop` takes them."""

    @staticmethod
    def forward(
        ctx: Any, signs: Tensor, weight: Tensor, bias: Tensor, x: Tensor, block_size: int, gain: float, chunk: int
    ) -> Tensor:
        """States; ``chunk`` is c, from 1 to T."""
        steps, drive = ChunkedSteps(signs, block_size, gain, x.shape[1], chunk), Drive(weight, bias)
        arranged = steps.arrange(x)
        begins = steps.begins(steps.ends(weight, bias, arranged, drive)) if steps.chunks > 1 else None
        states = drive(arranged)
        steps.run(states, begins)
        ctx.save_for_backward(signs, weight, bias, x, states)
        ctx.steps = steps
        return steps.restore(states)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> Gradients:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Gradients of signs, weight, bias and x."""
        signs, weight, bias, x, states = ctx.saved_tensors
        steps, drive, begins = ctx.steps, Drive(weight, bias), None
        adjoint = steps.arrange(gradients[0])
        if adjoint.data_ptr() == gradients[0].data_ptr():
            adjoint = adjoint.clone()
        if steps.chunks > 1:
            begins = steps.begins(steps.run(adjoint.clone(), None, backwards=True), backwards=True)
        steps.run(adjoint, begins, backwards=True)
        arranged, signs_learn = steps.arrange(x), ctx.needs_input_grad[0]
        for here in steps.segments(arranged):
            drive.collect(arranged[here], adjoint[here], states[here] if signs_learn else None)
        of_x = steps.restore(adjoint) @ weight if ctx.needs_input_grad[3] else None
        return drive.of_signs(signs) if signs_learn else None, drive.of_weight, drive.of_bias, of_x, None, None, None


class EveryReadOut(torch.autograd.Function):
    """V relu(h_t) + c of every step, ``(batch, time, o)``, of signs, weight, bias, x, V and c.

    Both ways work on some positions at a time, few enough for a core's own cache, and of those only the states are
    kept: no array for the drive, the rectified states or their gradients, and none that is large enough for the system
    to hand out fresh pages for it at every call. ``rectified`` says whether there is a relu; x gets no gradient.
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
        block_size: int,
        gain: float,
        chunk: int,
    ) -> Tensor:
        """Logits; ``chunk`` is c, from 1 to T."""
        steps, drive = ChunkedSteps(signs, block_size, gain, x.shape[1], chunk), Drive(weight, bias)
        arranged, state, kept = steps.arrange(x), None, []
        if steps.chunks > 1:
            state = steps.begins(steps.ends(weight, bias, arranged, drive))
        logits = bias.new_empty(*arranged.shape[:3], len(output_bias))
        for here in steps.segments(arranged):
            states = drive(arranged[here])
            state = steps.run(states, state)
            read = torch.relu(states) if rectified else states
            torch.addmm(output_bias, _rows(read), output_weight.T, out=_rows(logits[here]))
            kept.append(states)
        ctx.save_for_backward(signs, weight, bias, arranged, output_weight, *kept)
        ctx.steps, ctx.rectified = steps, rectified
        return steps.restore(logits)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> Gradients:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Gradients of signs, weight, bias, output weight and output bias."""
        signs, weight, bias, arranged, output_weight, *kept = ctx.saved_tensors
        steps, drive, signs_learn = ctx.steps, Drive(weight, bias), ctx.needs_input_grad[0]
        pulls, later = steps.arrange(gradients[0]), None
        of_output = torch.zeros_like(output_weight)
        backwards = list(zip(steps.segments(arranged), kept, strict=True))[::-1]

        def pull_of(here: slice, states: Tensor) -> Tensor:
            """∂L/∂h of the read-out alone."""
            pull = (_rows(pulls[here]) @ output_weight).view(states.shape)
            return threshold_backward(pull, states, 0) if ctx.rectified else pull

        if steps.chunks > 1:
            for here, states in backwards:
                later = steps.run(pull_of(here, states), later, backwards=True)
            assert later is not None, "there is at least one segment"
            later = steps.begins(later, backwards=True)
        for here, states in backwards:
            adjoint = pull_of(here, states)
            later = steps.run(adjoint, later, backwards=True)
            drive.collect(arranged[here], adjoint, states if signs_learn else None)
            of_output.addmm_(_rows(pulls[here]).T, _rows(torch.relu(states) if ctx.rectified else states))
        of_signs = drive.of_signs(signs) if signs_learn else None
        of_output_bias = _rows(pulls).sum(0)
        return of_signs, drive.of_weight, drive.of_bias, None, of_output, of_output_bias, None, None, None, None


def _rows(array: Tensor) -> Tensor:
    """All but the last axis as one."""
    return array.view(-1, array.shape[-1])
