"""The closed form by doubling, whatever the sizes say of its cost: against the loop, in values and gradients."""

import pytest
import torch
from torch import Tensor

from hadamrnn.model.recurrence import recurrent_blocks, step_loop
from hadamrnn.model.recurrence.doubling import doubled_kernel, last_by_doubling
from hadamrnn.model.recurrence.powers import doubled_powers

from .problems import SHAPES, assert_same, problem, shape_of


def doubled(arguments: list[Tensor], block_size: int) -> Tensor:
    signs, weight, bias, x = arguments
    return last_by_doubling(doubled_powers(signs, **shape_of(block_size), steps=x.shape[1]), weight, bias, x)


@pytest.mark.parametrize("inputs", [1, 3])
@pytest.mark.parametrize("steps", [1, 2, 3, 7, 8, 9, 16, 64, 100])
@pytest.mark.parametrize(("hidden", "block_size"), [*SHAPES, (64, 64)])
def test_is_the_loop(hidden: int, block_size: int, steps: int, inputs: int) -> None:
    ours, loop = (problem(hidden, steps, inputs, x_learns=True) for _ in range(2))
    expected = step_loop(*loop, **shape_of(block_size))[:, -1]
    assert_same(doubled(ours, block_size), ours, expected, loop)


@pytest.mark.parametrize("block_size", [64, 32, 16])  # 32: where gain² is no number of single precision
def test_single_precision_holds_over_a_thousand_steps(block_size: int) -> None:
    single, double = problem(64, 1000, 1, dtype=torch.float32), problem(64, 1000, 1)
    expected = step_loop(*double, **shape_of(block_size))[:, -1]
    assert_same(doubled(single, block_size), single, expected, double, within=1e-5)


def test_gradients_are_the_numerical_ones() -> None:
    arguments = problem(8, 5, batch=2, x_learns=True)
    assert torch.autograd.gradcheck(lambda *values: doubled(list(values), 4), tuple(arguments))


@pytest.mark.parametrize("steps", [1, 2, 5, 8])
def test_kernel_holds_the_response_to_every_step(steps: int) -> None:
    signs, weight, *_ = problem(12, steps, 3)
    powers = doubled_powers(signs, **shape_of(4), steps=steps)
    kernel = doubled_kernel(powers, weight.reshape(3, 4, 3), steps).reshape(12, steps, 3)
    matrix = torch.block_diag(*recurrent_blocks(signs, **shape_of(4)))
    for step in range(steps):
        expected = torch.matrix_power(matrix, steps - 1 - step) @ weight
        torch.testing.assert_close(kernel[:, step], expected, rtol=0, atol=1e-12)


def test_runs_on(device: str) -> None:
    there, here = problem(16, 9, device=device), problem(16, 9)
    found = doubled(there, 8)
    assert found.device.type == device
    assert_same(found, there, step_loop(*here, **shape_of(8))[:, -1], here)
