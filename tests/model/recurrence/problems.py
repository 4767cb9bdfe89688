"""Random recurrences, and how two ways of computing one are compared."""

from typing import Any

import pytest
import torch
from torch import Tensor

from hadamrnn.model.recurrence import step_loop
from hadamrnn.model.walsh_hadamard import recurrent_gain

SHAPES = [(4, 4), (6, 2), (16, 16), (32, 8), (24, 4), (3, 1)]  # d, n; k even and odd, q = 1 and more
ARGUMENTS = ("signs", "weight", "bias", "x", "output_weight", "output_bias")


def problem(
    hidden: int,
    steps: int,
    inputs: int = 2,
    *,
    batch: int = 3,
    outputs: int = 0,
    tokens: bool = False,
    signs_learn: bool = True,
    x_learns: bool = False,
    dtype: torch.dtype = torch.float64,
    device: str = "cpu",
) -> list[Tensor]:
    """signs, U, b, x and, with ``outputs``, V and c: the same values at every call with the same sizes.

    All but x are leaves with a gradient, and x is one if ``x_learns``.
    """
    generator = torch.Generator().manual_seed(hidden * 1000 + steps * 10 + inputs)

    def normal(*shape: int) -> Tensor:
        return torch.randn(*shape, dtype=torch.float64, generator=generator)

    signs = torch.randint(0, 2, (hidden,), generator=generator) * 2 - 1
    learned = [signs.double(), normal(hidden, inputs), normal(hidden)]
    x = torch.randint(0, inputs, (batch, steps), generator=generator) if tokens else normal(batch, steps, inputs)
    values = [*learned, x, *((normal(outputs, hidden), normal(outputs)) if outputs else ())]
    values = [(value.to(dtype) if value.is_floating_point() else value).to(device) for value in values]
    needed = (signs_learn, True, True, x_learns, True, True)
    return [value.requires_grad_(learn) for value, learn in zip(values, needed, strict=False)]


def shape_of(block_size: int) -> dict[str, Any]:
    """The keywords that every recurrence takes."""
    return {"block_size": block_size, "gain": recurrent_gain(block_size)}


def read_out(states: Tensor, output_weight: Tensor, output_bias: Tensor, *, rectified: bool) -> Tensor:
    """V relu(h) + c, as torch differentiates it."""
    return (torch.relu(states) if rectified else states) @ output_weight.T + output_bias


def looped_read_out(arguments: list[Tensor], block_size: int, *, rectified: bool) -> Tensor:
    """The read-out of every step, step by step."""
    states = step_loop(*arguments[:4], **shape_of(block_size))
    return read_out(states, *arguments[4:], rectified=rectified)


def pull_of(result: Tensor) -> Tensor:
    """∂L/∂result, random, the same for equal shapes."""
    pull = torch.randn(result.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    return pull.to(result.dtype).to(result.device)


def assert_same(found: Tensor, of: list[Tensor], expected: Tensor, by: list[Tensor], *, within: float = 1e-10) -> None:
    """Same values, and same gradients of the arguments ``of`` and ``by``; ``within`` times the largest entry.

    The derivative of an argument that does not come into it (W, with one step) is zero or None.
    """
    _assert_close("result", found, expected, within)
    (found * pull_of(found)).sum().backward()
    (expected * pull_of(expected)).sum().backward()
    for name, one, other in zip(ARGUMENTS, of, by, strict=False):
        assert one.requires_grad == other.requires_grad
        if other.requires_grad:
            nothing = torch.zeros_like(other)
            gradients = [nothing if leaf.grad is None else leaf.grad for leaf in (one, other)]
            _assert_close(f"gradient of {name}", gradients[0], gradients[1], within)


def _assert_close(name: str, found: Tensor, expected: Tensor, within: float) -> None:
    assert found.shape == expected.shape, name
    limit = within * max(1.0, float(expected.detach().abs().max()))
    error = float((found.detach().to(expected) - expected.detach()).abs().max())
    assert error <= limit, f"{name}: off by {error:g}, at most {limit:g} expected"


def long(*values: Any) -> list[Any]:
    """Parameters for `make test-long` alone."""
    return [pytest.param(value, marks=pytest.mark.long) for value in values]
