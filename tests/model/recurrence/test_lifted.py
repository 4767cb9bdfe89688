"""Read-outs by the lifted system, for all numbers of steps at a time, whatever the sizes say of its cost: against the
loop.
"""

import itertools

import pytest
import torch
from torch import Tensor

from hadamrnn.model.recurrence import recurrent_blocks
from hadamrnn.model.recurrence.lifted import lifted_read_out, lifted_system
from hadamrnn.model.recurrence.powers import doubled_powers

from .problems import SHAPES, assert_same, long, looped_read_out, problem, shape_of

LENGTHS = [1, 2, 4, 8, 16]  # L


def lifted(arguments: list[Tensor], block_size: int, length: int) -> Tensor:
    signs, *others = arguments
    return lifted_read_out(doubled_powers(signs, **shape_of(block_size), steps=2 * length), *others)


@pytest.mark.quick(50)
@pytest.mark.parametrize(("inputs", "outputs"), [(1, 1), (3, 1), (1, 4), (3, 5), (70, 2)])
@pytest.mark.parametrize("tokens", [False, True])
@pytest.mark.parametrize("steps", [1, 2, 8, 13, *long(7, 16)])
@pytest.mark.parametrize(("hidden", "block_size"), [*SHAPES, (64, 64)])
def test_is_the_loop_for_every_length(
    hidden: int, block_size: int, steps: int, tokens: bool, inputs: int, outputs: int
) -> None:
    for length, signs_learn in itertools.product(LENGTHS, (True, False)):
        options = {"tokens": tokens, "outputs": outputs, "signs_learn": signs_learn}
        ours, loop = (problem(hidden, steps, inputs, **options) for _ in range(2))
        expected = looped_read_out(loop, block_size, rectified=False)
        assert_same(lifted(ours, block_size, length), ours, expected, loop)


@pytest.mark.parametrize("length", [4, 64])
@pytest.mark.parametrize("block_size", [64, 32, 16])
@pytest.mark.parametrize("tokens", [False, True])
def test_single_precision_holds_over_a_thousand_steps(tokens: bool, block_size: int, length: int) -> None:
    options = {"outputs": 5, "batch": 2, "tokens": tokens}
    single, double = problem(64, 1000, dtype=torch.float32, **options), problem(64, 1000, **options)
    expected = looped_read_out(double, block_size, rectified=False)
    assert_same(lifted(single, block_size, length), single, expected, double, within=1e-5)


@pytest.mark.parametrize("length", [1, 2, 8])
@pytest.mark.parametrize("tokens", [False, True])
def test_gradients_are_the_numerical_ones(tokens: bool, length: int) -> None:
    signs, weight, bias, x, *output = problem(8, 5, 3, batch=2, outputs=2, tokens=tokens)

    def logits(signs: Tensor, weight: Tensor, bias: Tensor, *output: Tensor) -> Tensor:
        return lifted([signs, weight, bias, x, *output], 4, length)

    assert torch.autograd.gradcheck(logits, (signs, weight, bias, *output))


@pytest.mark.parametrize("tokens", [False, True])
def test_system_takes_a_state_as_many_steps_on(tokens: bool) -> None:
    signs, weight, bias, _, output_weight, output_bias = problem(12, 1, 3, outputs=2)
    powers = doubled_powers(signs, **shape_of(4), steps=8)
    out, within, offset, power, into, drift = lifted_system(powers, weight, bias, output_weight, output_bias)
    assert power.shape == (3, 4, 4)
    matrix = torch.block_diag(*recurrent_blocks(signs, **shape_of(4)))
    generator = torch.Generator().manual_seed(0)
    state, x = (torch.randn(*shape, dtype=torch.float64, generator=generator) for shape in ((12,), (4, 3)))
    begin, logits = state, []
    for step in x:
        state = matrix @ state + weight @ step + bias
        logits.append(output_weight @ state + output_bias)
    found = out @ begin + within @ x.flatten() + offset
    torch.testing.assert_close(found, torch.cat(logits), rtol=0, atol=1e-12)
    found = torch.block_diag(*power) @ begin + into @ x.flatten() + drift
    torch.testing.assert_close(found, state, rtol=0, atol=1e-12)


@pytest.mark.parametrize(("steps", "states"), [(60, 7), (64, 7), (65, 8), (8, 0)])
@pytest.mark.parametrize("tokens", [False, True])
def test_only_the_states_between_are_kept(tokens: bool, steps: int, states: int) -> None:
    hidden, batch, inputs, outputs, block_size, length, kept = 256, 50, 3, 4, 16, 8, {}
    arguments = problem(hidden, steps, inputs, batch=batch, tokens=tokens, outputs=outputs, dtype=torch.float32)
    powers = [power.detach() for power in doubled_powers(arguments[0], **shape_of(block_size), steps=2 * length)]
    system = lifted_system(powers, *arguments[1:3], *arguments[4:])

    def record(tensor: Tensor) -> Tensor:
        kept[tensor.data_ptr()] = tensor.nbytes
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(record, lambda tensor: tensor):
        lifted_read_out(powers, *arguments[1:])
    x = steps * batch * (8 if tokens else 4 * inputs)
    own = 4 * states * hidden * batch + x
    beside = sum(nbytes for nbytes in kept.values()) - own
    assert 0 < beside <= 8 * sum(part.nbytes for part in system)  # what does not grow with the steps or the batch
    longest = max(kept.values())
    assert longest <= max(x, *(part.nbytes for part in system), 4 * hidden * batch)


def test_gradients_that_come_in_are_not_written_to() -> None:
    arguments = problem(8, 6, outputs=2, batch=1)
    logits = lifted(arguments, 4, 2)
    pull = torch.ones_like(logits)
    logits.backward(pull)
    assert (pull == 1).all()


def test_a_second_derivative_is_refused() -> None:
    arguments = problem(8, 5, outputs=2)
    logits = lifted(arguments, 4, 2)
    (gradient,) = torch.autograd.grad(logits.square().sum(), arguments[1], create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        gradient.sum().backward()


@pytest.mark.parametrize("kind", [torch.uint8, torch.int32, torch.int64])
def test_tokens_are_integers_of_any_width(kind: torch.dtype) -> None:
    arguments = problem(8, 6, 5, tokens=True, outputs=2)
    expected = looped_read_out(arguments, 4, rectified=False)
    arguments[3] = arguments[3].to(kind)
    torch.testing.assert_close(lifted(arguments, 4, 4), expected, rtol=0, atol=1e-12)


def test_runs_on(device: str) -> None:
    for tokens in (False, True):
        options = {"tokens": tokens, "outputs": 5}
        there, here = problem(16, 9, 3, device=device, **options), problem(16, 9, 3, **options)
        found = lifted(there, 8, 4)
        assert found.device.type == device
        assert_same(found, there, looped_read_out(here, 8, rectified=False), here)
