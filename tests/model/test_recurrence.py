"""Closed form and step loop: against the definition, and against each other in values and gradients."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from hadamrnn.model.recurrence import last_state, recurrent_blocks
from hadamrnn.model.recurrence import step_loop as every_state
from hadamrnn.model.walsh_hadamard import hadamard_matrix, recurrent_gain

SHAPES = [(4, 4), (6, 2), (16, 16), (32, 8), (24, 8), (128, 128), (3, 1)]  # d, n; k even and odd, q = 1 and more
STEPS = [1, 2, 3, 7, 8, 13, 64, 100]


def arguments(hidden: int, steps: int, inputs: int, batch: int = 3) -> dict[str, Tensor]:
    """Random leaves in double precision."""
    generator = torch.Generator().manual_seed(hidden * 1000 + steps * 10 + inputs)

    def normal(*shape: int) -> Tensor:
        return torch.randn(*shape, dtype=torch.float64, generator=generator).requires_grad_()

    signs = (torch.randint(0, 2, (hidden,), generator=generator) * 2 - 1).double().requires_grad_()
    return {
        "signs": signs,
        "weight": normal(hidden, inputs),
        "bias": normal(hidden),
        "x": normal(batch, steps, inputs),
    }


def definition(block_size: int, signs: Tensor, weight: Tensor, bias: Tensor, x: Tensor) -> np.ndarray:
    """Every state in numpy, with a dense matrix and one sequence at a time."""
    s, u, b = (tensor.detach().numpy() for tensor in (signs, weight, bias))
    blocks = np.kron(np.eye(len(s) // block_size), hadamard_matrix(block_size).numpy())
    matrix = np.diag(s) @ blocks * recurrent_gain(block_size)
    states = np.zeros((*x.shape[:2], len(s)))
    for sequence, values in enumerate(x.detach().numpy()):
        state = np.zeros(len(s))
        for step, value in enumerate(values):
            state = matrix @ state + u @ value + b
            states[sequence, step] = state
    return states


@pytest.mark.parametrize("inputs", [1, 3])
@pytest.mark.parametrize("steps", [1, 2, 7, 16])
@pytest.mark.parametrize(("hidden", "block_size"), SHAPES)
def test_both_ways_are_the_definition(hidden: int, block_size: int, steps: int, inputs: int) -> None:
    given, gain = arguments(hidden, steps, inputs), recurrent_gain(block_size)
    expected = definition(block_size, **given)
    states = every_state(**given, block_size=block_size, gain=gain).detach().numpy()
    last = last_state(**given, block_size=block_size, gain=gain).detach().numpy()
    np.testing.assert_allclose(states, expected, rtol=0, atol=1e-12 * steps)
    np.testing.assert_allclose(last, expected[:, -1], rtol=0, atol=1e-12 * steps)


@pytest.mark.parametrize("inputs", [1, 2, 3])
@pytest.mark.parametrize("steps", STEPS)
@pytest.mark.parametrize(("hidden", "block_size"), SHAPES)
def test_closed_form_has_the_gradients_of_the_loop(hidden: int, block_size: int, steps: int, inputs: int) -> None:
    options = {"block_size": block_size, "gain": recurrent_gain(block_size)}
    closed, loop = arguments(hidden, steps, inputs), arguments(hidden, steps, inputs)
    pull = torch.randn(3, hidden, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    (last_state(**closed, **options) * pull).sum().backward()
    (every_state(**loop, **options)[:, -1] * pull).sum().backward()
    for name in closed:
        expected = torch.zeros_like(loop[name]) if loop[name].grad is None else loop[name].grad  # one step: no W
        found = torch.zeros_like(expected) if closed[name].grad is None else closed[name].grad
        torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-9, msg=lambda text, name=name: f"{name}: {text}")


def test_gradients_are_the_numerical_ones() -> None:
    given = arguments(8, 5, 2, batch=2)

    def closed(*tensors: Tensor) -> Tensor:
        return last_state(*tensors, block_size=4, gain=0.5)

    assert torch.autograd.gradcheck(closed, tuple(given.values()))


def test_single_precision_holds_over_a_thousand_steps() -> None:
    given = {name: tensor.detach() for name, tensor in arguments(64, 1000, 1).items()}
    options = {"block_size": 64, "gain": recurrent_gain(64)}
    expected = last_state(**given, **options)
    found = last_state(**{name: tensor.float() for name, tensor in given.items()}, **options)
    assert (found - expected).abs().max() < 1e-5 * expected.abs().max()


def test_recurrent_matrix_is_orthogonal_to_the_gain() -> None:
    blocks = recurrent_blocks(arguments(24, 1, 1)["signs"].detach(), 8, recurrent_gain(8))
    assert blocks.shape == (3, 8, 8)
    expected = torch.eye(8, dtype=torch.float64) * 8 * recurrent_gain(8) ** 2
    torch.testing.assert_close(blocks @ blocks.mT, expected.expand(3, -1, -1))


def test_blocks_never_become_a_dense_matrix() -> None:
    hidden, block_size, steps, batch = 256, 4, 8, 2
    given, sizes = arguments(hidden, steps, 1, batch), []

    def record(tensor: Tensor) -> Tensor:
        sizes.append(math.prod(tensor.shape))
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(record, lambda tensor: tensor):
        last_state(**given, block_size=block_size, gain=0.5)
        every_state(**given, block_size=block_size, gain=0.5)
    assert max(sizes) <= batch * steps * hidden < hidden * hidden
