"""The step loop is the definition: against numpy with a dense matrix."""

import numpy as np
import pytest
import torch
from torch import Tensor

from hadamrnn.model.recurrence import step_loop
from hadamrnn.model.walsh_hadamard import hadamard_matrix, recurrent_gain

from .problems import SHAPES, assert_same, problem, shape_of


def definition(block_size: int, signs: Tensor, weight: Tensor, bias: Tensor, x: Tensor) -> np.ndarray:
    """Every state, one sequence at a time."""
    s, u, b = (tensor.detach().numpy() for tensor in (signs, weight, bias))
    blocks = np.kron(np.eye(len(s) // block_size), hadamard_matrix(block_size).numpy())
    matrix = np.diag(s) @ blocks * recurrent_gain(block_size)
    states = np.zeros((*x.shape[:2], len(s)))
    for sequence, values in enumerate(x.detach().numpy()):
        state = np.zeros(len(s))
        for step, value in enumerate(values):
            state = matrix @ state + (u @ value if values.ndim == 2 else u[:, value]) + b
            states[sequence, step] = state
    return states


@pytest.mark.parametrize("tokens", [False, True])
@pytest.mark.parametrize("steps", [1, 2, 13])
@pytest.mark.parametrize(("hidden", "block_size"), [*SHAPES, (128, 128)])
def test_is_the_definition(hidden: int, block_size: int, steps: int, tokens: bool) -> None:
    arguments = problem(hidden, steps, 3, tokens=tokens)
    states = step_loop(*arguments, **shape_of(block_size)).detach().numpy()
    np.testing.assert_allclose(states, definition(block_size, *arguments), rtol=0, atol=1e-12 * steps)


@pytest.mark.parametrize("tokens", [False, True])
def test_gradients_are_the_numerical_ones(tokens: bool) -> None:
    arguments = problem(8, 4, 3, batch=2, tokens=tokens, x_learns=not tokens)

    def loop(*values: Tensor) -> Tensor:
        return step_loop(*values[:3], arguments[3] if tokens else values[3], **shape_of(4))

    assert torch.autograd.gradcheck(loop, tuple(arguments[: 3 if tokens else 4]))


def test_runs_on(device: str) -> None:
    there, here = problem(16, 9, device=device), problem(16, 9)
    found = step_loop(*there, **shape_of(8))
    assert found.device.type == device
    assert_same(found, there, step_loop(*here, **shape_of(8)), here)
