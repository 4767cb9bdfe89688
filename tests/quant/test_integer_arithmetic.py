"""Rounding, saturation and transform against their definitions in exact arithmetic."""

from fractions import Fraction

import numpy as np
import pytest
import torch
from scipy.linalg import hadamard

from hadamrnn.quant.integer import round_half_even_shift, saturate, shift_round, walsh_hadamard


@pytest.mark.parametrize("shift", range(7))
def test_rounding_is_half_to_even_everywhere(shift: int) -> None:
    values = np.arange(-600, 600)
    rounded = round_half_even_shift(values, shift)
    assert rounded.tolist() == [round(Fraction(int(v), 1 << shift)) for v in values]  # Python's round is half to even
    assert np.array_equal(rounded, np.rint(values / (1 << shift)))
    assert np.array_equal(rounded, torch.round(torch.from_numpy(values) / (1 << shift)).numpy())


def test_rounding_is_odd() -> None:
    """round(−v) = −round(v): what allows the hardware to apply the sign after the division."""
    values = np.arange(-5000, 5000)
    for shift in range(1, 8):
        assert np.array_equal(round_half_even_shift(-values, shift), -round_half_even_shift(values, shift))


def test_rounding_is_exact_for_wide_values() -> None:
    values = np.array([(1 << 61) + (1 << 30), (1 << 61) + (3 << 30), -(1 << 61) - (1 << 30)])
    assert round_half_even_shift(values, 31).tolist() == [round(Fraction(int(v), 1 << 31)) for v in values]


def test_rounding_refuses_a_negative_shift() -> None:
    with pytest.raises(ValueError, match="shift must be at least 0, not -1"):
        round_half_even_shift(np.array([1]), -1)


def test_shift_of_either_sign() -> None:
    values = np.array([-6, -5, -3, -1, 0, 1, 2, 3, 6])
    assert shift_round(values, 3).tolist() == (values * 8).tolist()
    assert shift_round(values, -2).tolist() == [-2, -1, -1, 0, 0, 0, 0, 1, 2]


@pytest.mark.parametrize("bits", [2, 8, 12])
def test_saturation_clips_and_counts(bits: int) -> None:
    low, high = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
    clipped, count = saturate(np.array([low - 1, low, -1, 0, high, high + 1, 10 * high]), bits)
    assert clipped.tolist() == [low, low, -1, 0, high, high, high]
    assert count == 3


@pytest.mark.parametrize(("size", "block"), [(1, 1), (6, 2), (16, 16), (48, 16), (256, 64)])
def test_transform_is_the_sylvester_matrix_of_each_block(size: int, block: int) -> None:
    values = np.random.default_rng(0).integers(-(1 << 40), 1 << 40, (3, size))
    matrix = np.kron(np.eye(size // block, dtype=np.int64), hadamard(block))
    assert np.array_equal(walsh_hadamard(values, block), values @ matrix.T)
    assert np.array_equal(walsh_hadamard(walsh_hadamard(values, block), block), block * values)
