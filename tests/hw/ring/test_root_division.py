"""Division by √n: every input of small widths against the definition, with and without registers."""

import math
from fractions import Fraction

import pytest

from hadamrnn.hw.ring.constant_multiplier import ConstantMultiplier
from hadamrnn.hw.ring.root_division import RootDivision

from ..rows import pass_rows, settle


def sqrt_half(bits: int) -> int:
    """round(2^bits / √2), as the integer network defines it."""
    return (math.isqrt(1 << (2 * bits + 1)) + 1) >> 1


def definition(value: int, block_bits: int, fraction_bits: int) -> int:
    """DESIGN.md section 3: Python's round of a fraction is half to even."""
    if block_bits % 2:
        scaled = Fraction(value * sqrt_half(fraction_bits), 1 << (fraction_bits + (block_bits - 1) // 2))
    else:
        scaled = Fraction(value, 1 << (block_bits // 2))
    return round(scaled)


def division(
    lanes: int,
    width: int,
    block_bits: int,
    fraction_bits: int = 15,
    register_levels: tuple[int, ...] = (),
    registered: bool = False,
) -> RootDivision:
    constant = sqrt_half(fraction_bits)
    quotient_width = width - block_bits + (block_bits + 1) // 2  # as Widths has it for a transform of `width` bits
    return RootDivision(lanes, width, block_bits, constant, fraction_bits, register_levels, registered, quotient_width)


def every_value(width: int) -> list[list[int]]:
    return [[value] for value in range(-(1 << (width - 1)), 1 << (width - 1))]


def total(sampled: tuple[list[int], int]) -> int:
    """The quotient of lane 0 and its rounding."""
    quotient, round_up = sampled
    return quotient[0] + (round_up & 1)


@pytest.mark.parametrize("block_bits", [0, 2, 4, 6])
def test_even_block_bits_exhaustively(block_bits: int) -> None:
    component = division(1, 10, block_bits)
    rows = every_value(10)
    totals = [total(sample) for sample in settle(component, rows, [component.quotient, component.round_up])]
    assert totals == [definition(row[0], block_bits, 15) for row in rows]


@pytest.mark.parametrize("fraction_bits", [1, 2, 3, 8, 15, 30])
@pytest.mark.parametrize("block_bits", [1, 3, 5])
def test_odd_block_bits_exhaustively(block_bits: int, fraction_bits: int) -> None:
    component = division(1, 9, block_bits, fraction_bits)
    rows = every_value(9)
    totals = [total(sample) for sample in settle(component, rows, [component.quotient, component.round_up])]
    assert totals == [definition(row[0], block_bits, fraction_bits) for row in rows]


def test_ties_occur_and_go_to_the_even_quotient() -> None:
    component = division(1, 8, 4)
    ties = [[4 * quotient + 2] for quotient in range(-8, 8)]
    samples = settle(component, ties, [component.quotient, component.round_up])
    assert all(total(sample) % 2 == 0 for sample in samples)
    assert [total(sample) for sample in samples] == [round(row[0] / 4) for row in ties]


def register_choices(fraction_bits: int) -> list[tuple[int, ...]]:
    depth = ConstantMultiplier(sqrt_half(fraction_bits)).depth
    return [(), (0,), (depth - 1,), tuple(range(0, depth, 2)), tuple(range(depth))]


@pytest.mark.parametrize("gaps", [0.0, 0.3])
@pytest.mark.parametrize("registered", [False, True])
@pytest.mark.parametrize("register_levels", register_choices(15))
def test_latency_is_one_clock_per_register(register_levels: tuple[int, ...], registered: bool, gaps: float) -> None:
    component = division(2, 8, 3, 15, register_levels, registered)
    latency = len(register_levels) + registered
    rows = [[first, -1 - first] for (first,) in every_value(8)]
    passed = pass_rows(component, rows + rows[:latency], outputs=("quotient", "round_up"), gaps=gaps)
    for row, (quotient, round_up) in zip(rows, passed[latency:], strict=True):
        for lane, value in enumerate(row):
            assert quotient[lane] + (round_up >> lane & 1) == definition(value, 3, 15)
