"""The last state by pairwise reduction, whatever the sizes say of its cost: against the loop."""

import pytest
import torch
from torch import Tensor

from hadamrnn.model.recurrence import recurrent_blocks, step_loop
from hadamrnn.model.recurrence.drive import driven
from hadamrnn.model.recurrence.halving import apply_blocks, last_by_halving
from hadamrnn.model.recurrence.powers import doubled_powers

from .problems import SHAPES, assert_same, problem, shape_of


def halved(arguments: list[Tensor], block_size: int) -> Tensor:
    signs, weight, bias, x = arguments
    powers = doubled_powers(signs, **shape_of(block_size), steps=x.shape[1])
    return last_by_halving(powers, driven(weight, bias, x.transpose(0, 1)))


@pytest.mark.parametrize("tokens", [False, True])
@pytest.mark.parametrize("steps", [1, 2, 3, 7, 8, 9, 16, 64, 100])
@pytest.mark.parametrize(("hidden", "block_size"), [*SHAPES, (64, 64)])
def test_is_the_loop(hidden: int, block_size: int, steps: int, tokens: bool) -> None:
    ours, loop = (problem(hidden, steps, 5, tokens=tokens, x_learns=not tokens) for _ in range(2))
    expected = step_loop(*loop, **shape_of(block_size))[:, -1]
    assert_same(halved(ours, block_size), ours, expected, loop)


@pytest.mark.parametrize("block_size", [64, 16])
def test_single_precision_holds_over_a_thousand_steps(block_size: int) -> None:
    single, double = (problem(64, 1000, 7, tokens=True, dtype=kind) for kind in (torch.float32, torch.float64))
    expected = step_loop(*double, **shape_of(block_size))[:, -1]
    assert_same(halved(single, block_size), single, expected, double, within=1e-5)


def test_gradients_are_the_numerical_ones() -> None:
    arguments = problem(8, 5, batch=2, x_learns=True)
    assert torch.autograd.gradcheck(lambda *values: halved(list(values), 4), tuple(arguments))


@pytest.mark.parametrize(("hidden", "block_size"), SHAPES)
def test_blocks_multiply_as_the_matrix_they_stand_for(hidden: int, block_size: int) -> None:
    blocks = recurrent_blocks(problem(hidden, 1)[0], **shape_of(block_size))
    states = torch.randn(2, 5, hidden, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    expected = states @ torch.block_diag(*blocks).T
    torch.testing.assert_close(apply_blocks(blocks, states), expected, rtol=0, atol=1e-14)


def test_runs_on(device: str) -> None:
    there, here = (problem(16, 9, 5, tokens=True, device=kind) for kind in (device, "cpu"))
    found = halved(there, 8)
    assert found.device.type == device
    assert_same(found, there, step_loop(*here, **shape_of(8))[:, -1], here)
