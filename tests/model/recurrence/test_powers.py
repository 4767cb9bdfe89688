"""Powers of W as blocks, and when the cache keeps them."""

import pytest
import torch
from torch import Tensor

from hadamrnn.model.recurrence import PowerCache, recurrent_blocks
from hadamrnn.model.recurrence.powers import doubled_powers, recurrent_power
from hadamrnn.model.walsh_hadamard import hadamard_matrix, recurrent_gain

from .problems import SHAPES, problem, shape_of


def signs_of(hidden: int) -> Tensor:
    return problem(hidden, 1)[0].detach()


@pytest.mark.parametrize(("hidden", "block_size"), SHAPES)
def test_blocks_are_the_signed_hadamard_matrix(hidden: int, block_size: int) -> None:
    signs = signs_of(hidden)
    blocks = recurrent_blocks(signs, **shape_of(block_size))
    assert blocks.shape == (hidden // block_size, block_size, block_size)
    dense = torch.kron(torch.eye(hidden // block_size), hadamard_matrix(block_size)).double()
    assert torch.equal(torch.block_diag(*blocks), signs.diag() @ dense * recurrent_gain(block_size))


def test_recurrent_matrix_is_orthogonal_to_the_gain() -> None:
    blocks = recurrent_blocks(signs_of(24), **shape_of(8))
    expected = torch.eye(8, dtype=torch.float64) * 8 * recurrent_gain(8) ** 2
    torch.testing.assert_close(blocks @ blocks.mT, expected.expand(3, -1, -1))


@pytest.mark.parametrize(("steps", "count"), [(1, 0), (2, 1), (3, 2), (4, 2), (5, 3), (64, 6), (65, 7), (1000, 10)])
def test_doubled_powers_are_those_below_the_number_of_steps(steps: int, count: int) -> None:
    powers = doubled_powers(signs_of(8), **shape_of(4), steps=steps)
    assert len(powers) == count
    for exponent, power in enumerate(powers):
        blocks = recurrent_blocks(signs_of(8), **shape_of(4))
        torch.testing.assert_close(power, torch.matrix_power(blocks, 1 << exponent), rtol=0, atol=1e-13)


@pytest.mark.parametrize("block_size", [128, 64])
def test_powers_of_single_precision_are_those_of_double_precision_rounded(block_size: int) -> None:
    signs = signs_of(128)
    powers = doubled_powers(signs.float(), **shape_of(block_size), steps=600)
    for exponent, power in enumerate(powers):
        exact = torch.matrix_power(recurrent_blocks(signs, **shape_of(block_size)), 1 << exponent)
        error = (power.double() - exact).abs()
        assert power.dtype == torch.float32
        assert (error <= 2.0**-24 * exact.abs() + 1e-12).all()
        one = recurrent_power(signs.float(), **shape_of(block_size), exponent=1 << exponent)
        torch.testing.assert_close(one, power, rtol=2**-23, atol=1e-12)


@pytest.mark.parametrize("exponent", [1, 3, 100])
def test_any_power(exponent: int) -> None:
    blocks = recurrent_blocks(signs_of(24), **shape_of(8))
    found = recurrent_power(signs_of(24), **shape_of(8), exponent=exponent)
    torch.testing.assert_close(found, torch.matrix_power(blocks, exponent), rtol=0, atol=1e-14)


def test_cache_keeps_powers_while_the_signs_stay() -> None:
    cache, signs = PowerCache(), signs_of(8)
    first = cache.doubled_powers(signs, **shape_of(4), steps=100)
    again = cache.doubled_powers(signs.clone(), **shape_of(4), steps=100)
    fewer = cache.doubled_powers(signs, **shape_of(4), steps=10)
    more = cache.doubled_powers(signs, **shape_of(4), steps=1000)
    assert [len(powers) for powers in (first, again, fewer, more)] == [7, 7, 4, 10]
    for powers in (again, fewer, more):
        assert all(one is other for one, other in zip(powers, first, strict=False))


def test_cache_is_used_where_no_gradient_is_taken() -> None:
    cache, signs = PowerCache(), signs_of(8).requires_grad_()
    with torch.no_grad():
        first = cache.doubled_powers(signs, **shape_of(4), steps=9)
        assert all(a is b for a, b in zip(first, cache.doubled_powers(signs, **shape_of(4), steps=9), strict=True))


def test_cache_makes_powers_anew_where_signs_learn() -> None:
    cache, signs = PowerCache(), signs_of(8).requires_grad_()
    first, again = (cache.doubled_powers(signs, **shape_of(4), steps=9) for _ in range(2))
    assert all(a is not b for a, b in zip(first, again, strict=True))
    assert all(power.requires_grad for power in first)


@pytest.mark.parametrize("change", ["flip", "flip in place", "block", "gain", "type"])
def test_cache_notices_what_changes(change: str) -> None:
    cache, signs, shape = PowerCache(), signs_of(8), shape_of(4)
    before = cache.doubled_powers(signs, **shape, steps=9)
    if change == "flip":
        signs = signs * torch.tensor([1.0] * 7 + [-1.0])
    elif change == "flip in place":
        signs[3] *= -1
    elif change == "block":
        shape = shape_of(2)
    elif change == "gain":
        shape["gain"] *= 0.5
    else:
        signs = signs.float()
    found = cache.doubled_powers(signs, **shape, steps=9)
    expected = doubled_powers(signs, **shape, steps=9)
    assert all(a is not b for a, b in zip(before, found, strict=True))
    assert all(torch.equal(a, b) and a.dtype == b.dtype for a, b in zip(found, expected, strict=True))
