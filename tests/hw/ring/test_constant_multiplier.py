"""The shift-and-add networks multiply, and are as small as they say."""

import math
import random
from collections.abc import Iterable

import pytest

from hadamrnn.hw.ring.constant_multiplier import ConstantMultiplier


def sqrt_half(bits: int) -> int:
    """round(2^bits / √2), as the integer network defines it."""
    return (math.isqrt(1 << (2 * bits + 1)) + 1) >> 1


def odd_part(value: int) -> int:
    return value // (value & -value)


def one_more_adder(nodes: Iterable[int], limit: int) -> set[int]:
    """Odd parts below ``limit`` of every sum and difference of two shifted nodes."""
    found = set()
    for left in nodes:
        for right in nodes:
            shifted = right
            while shifted < 2 * limit:
                found |= {odd_part(value) for value in (left + shifted, abs(left - shifted)) if value}
                shifted <<= 1
    return {value for value in found if value < limit}


def fewest_adders(limit: int) -> dict[int, int]:
    """For each odd constant that up to three adders make, the fewest; by enumerating all networks of odd parts."""
    fewest, networks = {1: 0}, {(1,)}
    for count in (1, 2, 3):
        extended = {(*nodes, value) for nodes in networks for value in one_more_adder(nodes, limit)}
        for nodes in extended:
            fewest.setdefault(nodes[-1], count)
        networks = extended
    return fewest


def products(multiplier: ConstantMultiplier, value: int) -> list[int]:
    """Every node of the network for an input, computed adder by adder."""
    nodes = [value]
    for adder in multiplier.adders:
        left, right = nodes[adder.left] << adder.left_shift, nodes[adder.right] << adder.right_shift
        nodes.append(left - right if adder.subtract else left + right)
    return nodes


@pytest.mark.parametrize("bits", range(1, 31))
def test_network_multiplies(bits: int) -> None:
    multiplier = ConstantMultiplier(sqrt_half(bits))
    generator = random.Random(bits)
    for value in [0, 1, -1, (1 << 40) - 1, -(1 << 40)] + [generator.randrange(-(1 << 40), 1 << 40) for _ in range(50)]:
        nodes = products(multiplier, value)
        assert nodes == [factor * value for factor in multiplier.factors]
        assert nodes[-1] << multiplier.shift == multiplier.constant * value


@pytest.mark.parametrize("bits", range(1, 31))
def test_levels_are_the_longest_paths(bits: int) -> None:
    multiplier = ConstantMultiplier(sqrt_half(bits))
    assert multiplier.levels[0] == 0
    assert len(multiplier.levels) == len(multiplier.adders) + 1
    for node, adder in enumerate(multiplier.adders, start=1):
        assert max(adder.left, adder.right) < node
        assert multiplier.levels[node] == 1 + max(multiplier.levels[adder.left], multiplier.levels[adder.right])
    assert multiplier.depth == multiplier.levels[-1]


@pytest.mark.parametrize("bits", range(1, 31))
def test_live_nodes_are_what_later_levels_read(bits: int) -> None:
    multiplier = ConstantMultiplier(sqrt_half(bits))
    assert multiplier.live_nodes(0) == [0]
    assert multiplier.live_nodes(multiplier.depth) == [len(multiplier.adders)]
    for level in range(multiplier.depth):
        available = set(multiplier.live_nodes(level))
        assert all(multiplier.levels[node] <= level for node in available)
        needed = set(multiplier.live_nodes(level + 1))
        for node in [node for node, of in enumerate(multiplier.levels) if of == level + 1]:
            adder = multiplier.adders[node - 1]
            needed |= {adder.left, adder.right}
        assert available == {node for node in needed if multiplier.levels[node] <= level}


@pytest.mark.parametrize("width", [1, 2, 7])
def test_node_bits_hold_the_extremes_and_no_fewer_do(width: int) -> None:
    low, high = -(1 << (width - 1)), (1 << (width - 1)) - 1
    for constant in range(1, 300):
        multiplier = ConstantMultiplier(constant)
        for node, factor in enumerate(multiplier.factors):
            bits = multiplier.node_bits(node, width)
            limit = 1 << (bits - 1)
            assert -limit <= factor * low <= factor * high < limit
            assert factor * low < -(limit >> 1), f"{bits} bits are more than {factor} · {low} needs"


def test_every_small_constant() -> None:
    for constant in range(1, 300):
        multiplier = ConstantMultiplier(constant)
        assert products(multiplier, -7)[-1] << multiplier.shift == -7 * constant


def test_no_network_of_up_to_three_adders_is_smaller() -> None:
    fewest = fewest_adders(1 << 11)
    for constant in range(1, 1 << 10):
        expected = fewest.get(odd_part(constant), 4)
        assert len(ConstantMultiplier(constant).adders) == expected, constant


def test_power_of_two_needs_no_adder() -> None:
    multiplier = ConstantMultiplier(64)
    assert (multiplier.adders, multiplier.shift, multiplier.depth) == ((), 6, 0)


@pytest.mark.parametrize("constant", [0, -3])
def test_constant_below_one_is_refused(constant: int) -> None:
    with pytest.raises(ValueError, match=rf"^constant must be at least 1, not {constant}$"):
        ConstantMultiplier(constant)
