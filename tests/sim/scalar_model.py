"""The integer network once more, unit by unit in Python integers and fractions, written from its definition alone.

Shares nothing with the package but the class that holds the numbers: slow, and independent of numpy.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import isqrt

from hadamrnn.quant.integer import IntegerNetwork

Event = tuple[str, int]


def root_division(value: int, block_bits: int, sqrt_half_bits: int) -> Fraction:
    """``value / √n`` before rounding: exact for even k, with the constant round(2^F / √2) for odd k."""
    if block_bits % 2 == 0:
        return Fraction(value, 2 ** (block_bits // 2))
    doubled = isqrt(2 * 4**sqrt_half_bits)  # floor(2 · 2^F / √2), of which the half is rounded
    constant = (doubled + 1) // 2
    return Fraction(value * constant, 2 ** (sqrt_half_bits + (block_bits - 1) // 2))


def hadamard_row(state: Sequence[int], unit: int, block_size: int) -> int:
    """Row ``unit`` of (I_q ⊗ H_n) times the state: H_n[i, j] = (−1)^popcount(i & j)."""
    start = unit - unit % block_size
    return sum(state[start + j] * (-1) ** ((unit % block_size) & j).bit_count() for j in range(block_size))


def step(network: IntegerNetwork, state: Sequence[int], x: Sequence[int]) -> tuple[list[int], list[Event]]:
    """The next state, and what happened in it: ``("tie" | "input tie" | "low" | "high", unit)``."""
    following, events = [], []
    limit = 2 ** (network.state_bits - 1)
    block_bits = network.block_size.bit_length() - 1
    for unit in range(len(state)):
        turned = int(network.signs[unit]) * hadamard_row(state, unit, network.block_size)
        quotient = root_division(turned, block_bits, network.sqrt_half_bits)
        weights = [int(weight) for weight in network.input_weight[unit]]
        if network.input_kind == "index":
            driven = Fraction(weights[x[0]])
        else:
            driven = Fraction(sum(weight * element for weight, element in zip(weights, x, strict=True)))
        driven *= Fraction(2) ** network.input_shift
        events += [(name, unit) for name, part in (("tie", quotient), ("input tie", driven)) if part.denominator == 2]
        total = round(quotient) + int(network.bias[unit]) + round(driven)  # Python rounds fractions half to even
        following.append(min(max(total, -limit), limit - 1))
        if total != following[-1]:
            events.append(("low" if total < 0 else "high", unit))
    return following, events


def read_out(network: IntegerNetwork, state: Sequence[int]) -> list[int]:
    """The logits of a state."""
    if network.readout_activation == "relu":
        state = [max(value, 0) for value in state]
    return [
        int(bias) + sum(int(weight) * value for weight, value in zip(row, state, strict=True))
        for row, bias in zip(network.output_weight, network.output_bias, strict=True)
    ]


def run(
    network: IntegerNetwork, sequence: Sequence[Sequence[int]]
) -> Iterator[tuple[list[int], list[int], list[Event]]]:
    """State, logits and events after each step of one sequence."""
    state = [0] * len(network.signs)
    for x in sequence:
        state, events = step(network, state, x)
        yield state, read_out(network, state), events
