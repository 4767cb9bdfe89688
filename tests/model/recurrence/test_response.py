"""The closed form from an impulse response, whatever the sizes say of its cost: against the loop."""

import pytest
import torch
from torch import Tensor

from hadamrnn.model.recurrence import step_loop
from hadamrnn.model.recurrence.response import last_by_response

from .problems import SHAPES, assert_same, problem, shape_of


@pytest.mark.parametrize("inputs", [1, 3])
@pytest.mark.parametrize("steps", [1, 2, 7, 64, 100])
@pytest.mark.parametrize(("hidden", "block_size"), [*SHAPES, (64, 64)])
def test_is_the_loop(hidden: int, block_size: int, steps: int, inputs: int) -> None:
    ours, loop = (problem(hidden, steps, inputs, x_learns=True) for _ in range(2))
    expected = step_loop(*loop, **shape_of(block_size))[:, -1]
    assert_same(last_by_response(*ours, **shape_of(block_size)), ours, expected, loop)


@pytest.mark.parametrize("block_size", [64, 16])
def test_single_precision_holds_over_a_thousand_steps(block_size: int) -> None:
    single, double = problem(64, 1000, 1, dtype=torch.float32), problem(64, 1000, 1)
    expected = step_loop(*double, **shape_of(block_size))[:, -1]
    assert_same(last_by_response(*single, **shape_of(block_size)), single, expected, double, within=1e-5)


def test_gradients_are_the_numerical_ones() -> None:
    def last(*values: Tensor) -> Tensor:
        return last_by_response(*values, **shape_of(4))

    assert torch.autograd.gradcheck(last, tuple(problem(8, 5, batch=2, x_learns=True)))


def test_runs_on(device: str) -> None:
    there, here = problem(16, 9, device=device), problem(16, 9)
    found = last_by_response(*there, **shape_of(8))
    assert found.device.type == device
    assert_same(found, there, step_loop(*here, **shape_of(8))[:, -1], here)
