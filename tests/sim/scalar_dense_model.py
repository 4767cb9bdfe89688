"""One step of a dense network, unit by unit in Python integers and fractions, written from its definition alone."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from hadamrnn.quant.integer import DenseNetwork


def activated(network: DenseNetwork, unit: int, total: int) -> int:
    """f(total): modReLU moves the magnitude by the threshold and keeps the sign."""
    if network.activation == "relu":
        return max(0, total)
    if network.activation == "modrelu":
        assert network.threshold is not None
        magnitude = max(abs(total) + int(network.threshold[unit]), 0)
        return -magnitude if total < 0 else magnitude if total > 0 else 0
    return total


def step(network: DenseNetwork, state: Sequence[int], x: Any) -> tuple[list[int], int, int]:
    """The next state, and how many units were clipped and how many divisions tied."""
    following, clipped, ties = [], 0, 0
    limit = 2 ** (network.state_bits - 1)
    for unit in range(len(state)):
        row = [int(weight) for weight in network.recurrent_weight[unit]]
        product = sum(weight * value for weight, value in zip(row, state, strict=True))
        quotient = Fraction(product * network.recurrent_multiplier, 2**network.recurrent_shift)
        weights = [int(weight) for weight in network.input_weight[unit]]
        driven = weights[int(x)] if network.input_kind == "index" else sum(int(a) * w for a, w in zip(x, weights))  # noqa: B905
        shifted = Fraction(driven) * Fraction(2) ** network.input_shift
        ties += quotient.denominator == 2
        total = activated(network, unit, round(quotient) + int(network.bias[unit]) + round(shifted))
        following.append(min(max(total, -limit), limit - 1))
        clipped += total != following[-1]
    return following, clipped, ties
