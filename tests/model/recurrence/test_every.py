"""Every state and every read-out by the scan, for all lengths of chunk and segment: against the loop."""

import itertools
from typing import Any

import pytest
import torch
from torch import Tensor

from hadamrnn.model.recurrence import every_read_out, every_state, scan, step_loop
from hadamrnn.model.recurrence.scan import CACHED

from .problems import SHAPES, assert_same, looped_read_out, problem, shape_of

STEPS = [1, 2, 7, 13]
INPUTS = [(2, False), (20, False), (3, True), (200, True)]  # both sides of the limits for the ways of taking U in


@pytest.mark.quick(30)
@pytest.mark.parametrize(("inputs", "tokens"), INPUTS)
@pytest.mark.parametrize("steps", STEPS)
@pytest.mark.parametrize(("hidden", "block_size"), SHAPES)
def test_states_are_those_of_the_loop_for_every_chunk(
    hidden: int, block_size: int, steps: int, inputs: int, tokens: bool
) -> None:
    sizes, options = (hidden, steps, inputs), {"tokens": tokens, "x_learns": not tokens}
    for chunk in range(1, steps + 1):
        ours, loop = (problem(*sizes, **options) for _ in range(2))
        expected = step_loop(*loop, **shape_of(block_size))
        assert_same(every_state(*ours, chunk=chunk, **shape_of(block_size)), ours, expected, loop)


def read_out_cases() -> list[Any]:
    """Without tokens for rectified states of small blocks: W² = ±I brings v − v, exactly 0 in one way and 1e-17 in
    another, and the derivative of relu differs.
    """
    cases = itertools.product(SHAPES, STEPS, INPUTS, (True, False))
    chosen = [case for case in cases if not (case[0][1] < 8 and case[2][1] and case[3])]
    return [pytest.param(*case, marks=[pytest.mark.long] * (place % 3 > 0)) for place, case in enumerate(chosen)]


@pytest.mark.quick(14)
@pytest.mark.parametrize(("shape", "steps", "kind", "rectified"), read_out_cases())
def test_read_outs_are_those_of_the_loop_for_every_chunk_and_segment(
    shape: tuple[int, int], steps: int, kind: tuple[int, bool], rectified: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    (hidden, block_size), (inputs, tokens) = shape, kind
    sizes, options = (hidden, steps, inputs), {"tokens": tokens, "outputs": 5}
    for chunk, cached in itertools.product(range(1, steps + 1), (1, 8 * hidden, CACHED)):
        monkeypatch.setattr(scan, "CACHED", cached)
        ours, loop = (problem(*sizes, **options) for _ in range(2))
        found = every_read_out(*ours, rectified=rectified, chunk=chunk, **shape_of(block_size))
        assert_same(found, ours, looped_read_out(loop, block_size, rectified=rectified), loop)


@pytest.mark.parametrize("chunk", [1, 4, 13])
@pytest.mark.parametrize(("hidden", "block_size"), [(256, 256), (256, 64), (128, 128)])
def test_large_blocks_are_transformed_fast(hidden: int, block_size: int, chunk: int) -> None:
    ours, loop = (problem(hidden, 13, outputs=5) for _ in range(2))
    found = every_read_out(*ours, rectified=True, chunk=chunk, **shape_of(block_size))
    assert_same(found, ours, looped_read_out(loop, block_size, rectified=True), loop)


@pytest.mark.parametrize("chunk", [13, 4])
def test_signs_that_do_not_learn_get_no_gradient(chunk: int) -> None:
    for outputs in (0, 5):
        ours, loop = (problem(16, 13, signs_learn=False, outputs=outputs) for _ in range(2))
        if outputs:
            found = every_read_out(*ours, rectified=True, chunk=chunk, **shape_of(8))
            expected = looped_read_out(loop, 8, rectified=True)
        else:
            found, expected = every_state(*ours, chunk=chunk, **shape_of(8)), step_loop(*loop, **shape_of(8))
        assert_same(found, ours, expected, loop)
        assert ours[0].grad is None


@pytest.mark.parametrize("chunk", [300, 77])
@pytest.mark.parametrize("block_size", [64, 32, 16])
def test_single_precision_holds_over_hundreds_of_steps(block_size: int, chunk: int) -> None:
    options = {"outputs": 5, "batch": 2}
    single, double = problem(64, 300, dtype=torch.float32, **options), problem(64, 300, **options)
    found = every_read_out(*single, rectified=False, chunk=chunk, **shape_of(block_size))
    expected = looped_read_out(double, block_size, rectified=False)
    assert_same(found, single, expected, double, within=1e-5)


@pytest.mark.parametrize("chunk", [5, 2])
@pytest.mark.parametrize("tokens", [False, True])
def test_gradients_of_states_are_the_numerical_ones(tokens: bool, chunk: int) -> None:
    arguments = problem(8, 5, 3, batch=2, tokens=tokens, x_learns=not tokens)

    def states(*values: Tensor) -> Tensor:
        return every_state(*values[:3], arguments[3] if tokens else values[3], chunk=chunk, **shape_of(4))

    assert torch.autograd.gradcheck(states, tuple(arguments[: 3 if tokens else 4]))


@pytest.mark.parametrize("chunk", [5, 2])
@pytest.mark.parametrize("rectified", [False, True])
def test_gradients_of_read_outs_are_the_numerical_ones(rectified: bool, chunk: int) -> None:
    arguments = problem(8, 5, 3, batch=2, outputs=2)

    def logits(*values: Tensor) -> Tensor:
        return every_read_out(*values, rectified=rectified, chunk=chunk, **shape_of(4))

    assert torch.autograd.gradcheck(logits, tuple(arguments))


@pytest.mark.parametrize("tokens", [False, True])
@pytest.mark.parametrize(("steps", "chunk", "positions"), [(60, 60, 60), (60, 7, 63)])
def test_read_outs_keep_the_states_once(steps: int, chunk: int, positions: int, tokens: bool) -> None:
    hidden, batch, inputs, outputs, kept = 64, 5, 3, 4, {}

    def record(tensor: Tensor) -> Tensor:
        kept[tensor.data_ptr()] = tensor.nbytes
        return tensor

    arguments = problem(hidden, steps, inputs, batch=batch, tokens=tokens, outputs=outputs, dtype=torch.float32)
    with torch.autograd.graph.saved_tensors_hooks(record, lambda tensor: tensor):
        every_read_out(*arguments, rectified=True, chunk=chunk, **shape_of(64))
    states = 4 * positions * batch * hidden  # `positions`: all chunks are of the same length
    x = 4 * positions * batch * (inputs if tokens else inputs + 1)  # one-hot, or with the input of b
    weights = 4 * (hidden * (2 + inputs) + outputs * hidden)  # s, b, U and V
    assert sum(kept.values()) == states + x + weights


def test_a_second_derivative_is_refused() -> None:
    arguments = problem(8, 5)
    states = every_state(*arguments, **shape_of(4))
    (gradient,) = torch.autograd.grad(states.square().sum(), arguments[1], create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        gradient.sum().backward()


def test_gradients_that_come_in_are_not_written_to() -> None:
    for chunk in (5, 2):
        arguments = problem(8, 5, batch=1)  # arranging it changes nothing, so that it could be the same memory
        states = every_state(*arguments, chunk=chunk, **shape_of(4))
        pull = torch.ones_like(states)
        states.backward(pull)
        assert (pull == 1).all()


@pytest.mark.parametrize("chunk", [9, 4])
def test_runs_on(device: str, chunk: int) -> None:
    for tokens in (False, True):
        options = {"tokens": tokens, "outputs": 5, "x_learns": False}
        there, here = problem(16, 9, 150, device=device, **options), problem(16, 9, 150, **options)
        found = every_read_out(*there, rectified=True, chunk=chunk, **shape_of(16))
        assert found.device.type == device
        assert_same(found, there, looped_read_out(here, 16, rectified=True), here)
        there, here = problem(16, 9, 150, tokens=tokens, device=device), problem(16, 9, 150, tokens=tokens)
        found = every_state(*there, chunk=chunk, **shape_of(16))
        assert_same(found, there, step_loop(*here, **shape_of(16)), here)
