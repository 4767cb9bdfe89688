"""The fast ways of a dense linear recurrence equal the step loop, in values and in gradients."""

import pytest
import torch
from torch import Tensor

from hadamrnn.model.recurrence.dense import dense_last, dense_loop, dense_read_out, dense_states, lifted_length


def arrays(steps: int, inputs: int, *, tokens: bool = False, batch: int = 3) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """W, U, b and x in double precision, d = 6; W is no normal matrix."""
    generator = torch.Generator().manual_seed(steps)

    def drawn(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    matrix = (torch.linalg.qr(drawn(6, 6))[0] + 0.05 * drawn(6, 6)).requires_grad_()
    weight, bias = drawn(6, inputs).requires_grad_(), drawn(6).requires_grad_()
    x = torch.randint(0, inputs, (batch, steps), generator=generator) if tokens else drawn(batch, steps, inputs)
    return matrix, weight, bias, x


def assert_equal_with_gradients(found: Tensor, expected: Tensor, leaves: tuple[Tensor, ...]) -> None:
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-9)
    direction = torch.randn(found.shape, generator=torch.Generator().manual_seed(1), dtype=found.dtype)
    for one, other in zip(
        torch.autograd.grad((found * direction).sum(), leaves, allow_unused=True),
        torch.autograd.grad((expected * direction).sum(), leaves, allow_unused=True),
        strict=True,
    ):
        absent = torch.zeros(())  # W has no gradient where there is a single step
        torch.testing.assert_close(one if one is not None else absent, other if other is not None else absent)


@pytest.mark.parametrize("steps", [1, 2, 3, 8, 13, 64, 100])
@pytest.mark.parametrize("tokens", [False, True])
def test_states_equal_the_loop(steps: int, tokens: bool) -> None:
    matrix, weight, bias, x = arrays(steps, 2, tokens=tokens)
    expected = dense_loop(matrix, weight, bias, x)
    assert_equal_with_gradients(dense_states(matrix, weight, bias, x), expected, (weight, bias))
    if steps > 1:
        found = dense_states(matrix, weight, bias, x)
        assert_equal_with_gradients(found, dense_loop(matrix, weight, bias, x), (matrix, weight, bias))


@pytest.mark.parametrize("steps", [2, 3, 8, 13, 64, 100])
@pytest.mark.parametrize(("inputs", "batch"), [(1, 8), (12, 2)])  # the closed form, and pairwise reduction
@pytest.mark.parametrize("tokens", [False, True])
@pytest.mark.parametrize("uneven", [False, True])
def test_the_last_state_equals_the_loop(steps: int, inputs: int, batch: int, tokens: bool, uneven: bool) -> None:
    matrix, weight, bias, x = arrays(steps, inputs, tokens=tokens, batch=batch)
    generator = torch.Generator().manual_seed(9)
    lengths = torch.randint(1, steps + 1, (batch,), generator=generator) if uneven else None
    last = torch.full((batch,), steps - 1) if lengths is None else lengths - 1
    expected = dense_loop(matrix, weight, bias, x)[torch.arange(batch), last]
    assert_equal_with_gradients(dense_last(matrix, weight, bias, x, lengths), expected, (matrix, weight, bias))


def test_one_step_is_the_drive() -> None:
    matrix, weight, bias, x = arrays(1, 3)
    expected = x[:, 0] @ weight.T + bias
    for found in (dense_last(matrix, weight, bias, x), dense_states(matrix, weight, bias, x)[:, 0]):
        torch.testing.assert_close(found, expected)


def test_the_loop_is_the_definition() -> None:
    matrix, weight, bias, x = arrays(7, 2)
    state = torch.zeros(3, 6, dtype=torch.float64)
    states = dense_loop(matrix, weight, bias, x, torch.tanh)
    for t in range(7):
        state = torch.tanh(state @ matrix.T + x[:, t] @ weight.T + bias)
        torch.testing.assert_close(states[:, t], state)


@pytest.mark.parametrize(("steps", "batch"), [(1, 3), (13, 3), (64, 3), (100, 1), (100, 40)])
@pytest.mark.parametrize("tokens", [False, True])
def test_read_outs_of_every_step_equal_those_of_the_loop(steps: int, batch: int, tokens: bool) -> None:
    matrix, weight, bias, x = arrays(steps, 2, tokens=tokens, batch=batch)
    generator = torch.Generator().manual_seed(7)
    output_weight = torch.randn(3, 6, generator=generator, dtype=torch.float64, requires_grad=True)
    output_bias = torch.randn(3, generator=generator, dtype=torch.float64, requires_grad=True)
    expected = dense_loop(matrix, weight, bias, x) @ output_weight.T + output_bias
    found = dense_read_out(matrix, weight, bias, x, output_weight, output_bias)
    leaves = (matrix, weight, bias, output_weight, output_bias)
    assert_equal_with_gradients(found, expected, leaves if steps > 1 else leaves[1:])


def test_steps_at_once() -> None:
    """From the sizes of the copy task; all states where a lifted system would be larger than they are."""
    assert lifted_length(128, 1000, 256, 10, 9) == 32
    assert lifted_length(1, 2, 256, 10, 9) == 0
    assert lifted_length(128, 500, 128, 10_000, 10_000) == 0
    assert lifted_length(128, 1000, 4, 10, 9) == 1
