"""Chunks side by side: how sequences are arranged, and the steps of all chunks."""

import itertools

import pytest
import torch
from torch import Tensor

from hadamrnn.model.recurrence import recurrent_blocks, step_loop
from hadamrnn.model.recurrence.drive import Drive
from hadamrnn.model.recurrence.scan import CACHED, ChunkedSteps, factors

from .problems import problem, shape_of


def steps_of(hidden: int, block_size: int, steps: int, chunk: int) -> ChunkedSteps:
    return ChunkedSteps(problem(hidden, steps)[0], *shape_of(block_size).values(), steps, chunk)


def normal(*shape: int) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("chunk", [1, 3, 4, 7])
def test_arranging_puts_a_position_of_all_chunks_together(chunk: int) -> None:
    steps, x = steps_of(4, 4, 7, chunk), normal(2, 7, 3)
    arranged, tokens = steps.arrange(x), steps.arrange(torch.arange(14).view(2, 7))
    assert arranged.shape == (chunk, 3, -(-7 // chunk) * 2)
    assert tokens.shape == (chunk, arranged.shape[2])
    for sequence, step in itertools.product(range(2), range(7)):
        position, column = step % chunk, step // chunk * 2 + sequence
        assert torch.equal(arranged[position, :, column], x[sequence, step])
        assert tokens[position, column] == 7 * sequence + step
    assert torch.equal(steps.restore(arranged), x)
    assert arranged.is_contiguous()


def test_what_fills_the_last_chunk_is_zero() -> None:
    arranged = steps_of(4, 4, 7, 4).arrange(torch.ones(2, 7, 3))
    assert arranged[3, :, 2:].tolist() == [[0, 0]] * 3
    assert arranged.sum() == 2 * 7 * 3


@pytest.mark.parametrize(("columns", "length"), [(1, CACHED // 4), (CACHED // 4, 1), (CACHED, 1), (CACHED // 20, 5)])
def test_segments_fit_in_the_cache_and_cover_a_chunk(columns: int, length: int) -> None:
    segments = steps_of(4, 4, 100_000, 100_000).segments(columns)
    assert segments[0] == slice(0, length)
    assert segments[-1].stop == 100_000
    assert all(one.stop == other.start for one, other in itertools.pairwise(segments))


@pytest.mark.parametrize(
    ("block_size", "expected"),
    [(1, (1, 1)), (16, (1, 16)), (32, (1, 32)), (64, (8, 8)), (128, (8, 16)), (512, (16, 32))],
)
def test_factors_are_as_equal_as_they_can_be(block_size: int, expected: tuple[int, int]) -> None:
    assert factors(block_size) == expected


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize(("hidden", "block_size"), [(3, 1), (24, 8), (64, 64), (128, 64), (128, 128), (256, 128)])
def test_a_step_is_the_product_with_the_matrix(hidden: int, block_size: int, backwards: bool) -> None:
    steps, drive, state = steps_of(hidden, block_size, 3, 3), normal(3, hidden, 5), normal(hidden, 5)
    matrix = torch.block_diag(*recurrent_blocks(steps.signs, **shape_of(block_size)))
    for given in (None, state):
        states, expected = drive.clone(), torch.zeros_like(state) if given is None else state
        last = steps.run(states, given, backwards=backwards)
        for position in (2, 1, 0) if backwards else (0, 1, 2):
            expected = (matrix.T if backwards else matrix) @ expected + drive[position]
            torch.testing.assert_close(states[position], expected, rtol=0, atol=1e-12)
        torch.testing.assert_close(last, expected, rtol=0, atol=1e-12)
        assert torch.equal(state, normal(hidden, 5))


@pytest.mark.parametrize(("inputs", "tokens"), [(2, False), (40, False), (3, True), (200, True)])
@pytest.mark.parametrize("chunk", [2, 4, 13])
def test_chunks_begin_where_those_before_them_end(chunk: int, inputs: int, tokens: bool) -> None:
    signs, weight, bias, x = (value.detach() for value in problem(12, 13, inputs, tokens=tokens))
    drive, steps = Drive(weight, bias, tokens=tokens), ChunkedSteps(signs, *shape_of(4).values(), 13, chunk)
    begins = steps.begins(steps.ends(drive, drive.read(steps.arrange(drive.extended(x)))))
    states = step_loop(signs, weight, bias, x, **shape_of(4))
    assert begins[:, :3].abs().max() == 0
    for number in range(1, steps.chunks):
        found = begins[:, 3 * number : 3 * number + 3].T
        torch.testing.assert_close(found, states[:, number * chunk - 1], rtol=0, atol=1e-11)
