"""Multiplication by factor / 2^shift, half to even, for every input, every register and ties of both kinds."""

import numpy as np
import pytest

from hadamrnn.hw.requantiser import Requantiser
from hadamrnn.hw.ring.constant_multiplier import ConstantMultiplier
from hadamrnn.quant.integer import round_half_even_shift

from .rows import pass_rows


@pytest.mark.parametrize("registered", [False, True])
@pytest.mark.parametrize(
    "factor, shift", [(1, 0), (1, 3), (8, 4), (3, 2), (3, 6), (20, 5), (1 << 14, 16), (21845, 18), (7, 40)]
)
def test_every_value(factor: int, shift: int, registered: bool) -> None:
    width = 8
    values = np.arange(-(1 << (width - 1)), 1 << (width - 1))
    expected = round_half_even_shift(values * factor, shift)
    ties = 2 * values * factor % (2 << shift) == 1 << shift
    assert ties.any() == ((factor, shift) not in ((1, 0), (21845, 18), (7, 40)))
    levels = tuple(range(ConstantMultiplier(factor).depth)) if registered else ()
    bits = max(int(abs(value * factor)).bit_length() for value in (values[0], values[-1])) + 1
    requantiser = Requantiser(2, width, factor, shift, levels, registered, max(bits - shift, 1))
    latency = len(levels) + registered
    rows = [[int(value), int(-value - 1)] for value in values] + [[0, 0]] * latency
    taken = pass_rows(requantiser, rows, outputs=("quotient", "round_up"), gaps=0.2 * registered)[latency:]
    got = [[quotient[lane] + (up >> lane & 1) for lane in range(2)] for quotient, up in taken[: len(values)]]
    np.testing.assert_array_equal(np.array(got), np.stack([expected, expected[::-1]], axis=1))
