"""Every width holds all that can occur, found by enumeration, and those that are called exact hold no bit more."""

from itertools import product

import numpy as np
import pytest

from hadamrnn.hw.ring.ring_widths import ring_widths
from hadamrnn.hw.widths import Widths, signed_bits
from hadamrnn.quant.integer import IntegerNetwork, round_half_even_shift, shift_round, walsh_hadamard

from .networks import random_network


def needed_bits(values: np.ndarray) -> int:
    """Bits of the narrowest signed integer for all ``values``, found by trying."""
    return next(bits for bits in range(1, 64) if -(1 << (bits - 1)) <= values.min() <= values.max() < 1 << (bits - 1))


def every_vector(low: int, high: int, length: int) -> np.ndarray:
    return np.array(list(product(range(low, high + 1), repeat=length)), dtype=np.int64)


def every_product_sum(network: IntegerNetwork) -> np.ndarray:
    """U x for every input x, of shape ``(inputs, d)``."""
    return every_vector(*network.input_range, network.input_size) @ network.input_weight.T.astype(np.int64)


def every_state(network: IntegerNetwork) -> np.ndarray:
    half = 1 << (network.state_bits - 1)
    return every_vector(-half, half - 1, network.hidden_size)


NETWORKS = [
    random_network(
        4,
        1 << (seed % 3),
        input_size=1 + seed % 3,
        state_bits=2 + seed % 2,
        weight_bits=1 + seed % 4,
        input_bits=1 + seed % 3,
        input_signed=bool(seed & 1),
        input_shift=(-3, 0, 2, -9)[seed // 2 % 4],
        readout_activation=("relu", "none")[seed // 4 % 2],
        sqrt_half_bits=(1, 2, 15)[seed % 3],
        corners=bool(seed & 8),
        seed=seed,
    )
    for seed in range(24)
]


@pytest.mark.parametrize("network", NETWORKS)
def test_input_side_is_exact(network: IntegerNetwork) -> None:
    widths, sums = Widths.of(network), every_product_sum(network)
    assert widths.input == network.input_bits
    assert widths.bias == needed_bits(network.bias)
    assert widths.product_sum == needed_bits(sums)
    assert widths.drive == needed_bits(shift_round(sums, network.input_shift) + network.bias)


@pytest.mark.parametrize("network", NETWORKS)
def test_logits_are_exact(network: IntegerNetwork) -> None:
    states = every_state(network)
    if network.readout_activation == "relu":
        states = np.maximum(states, 0)
    logits = states @ network.output_weight.T.astype(np.int64) + network.output_bias
    assert Widths.of(network).logit == needed_bits(logits)


@pytest.mark.parametrize("network", NETWORKS)
def test_recurrence_holds_every_state(network: IntegerNetwork) -> None:
    widths = ring_widths(network)
    transforms = walsh_hadamard(every_state(network), network.block_size)
    assert widths.state == network.state_bits
    assert widths.transform == needed_bits(transforms)
    odd = network.block_bits % 2
    scaled, shift = transforms, network.block_bits // 2
    if odd:
        scaled, shift = transforms * network.sqrt_half, shift + network.sqrt_half_bits
    assert widths.quotient >= needed_bits(scaled >> shift)
    assert widths.quotient <= needed_bits(scaled >> shift) + odd
    rounded = round_half_even_shift(scaled, shift)
    drives = shift_round(every_product_sum(network), network.input_shift) + network.bias
    extremes = [
        sign * edge + drive
        for sign in (-1, 1)
        for edge in (rounded.min(), rounded.max())
        for drive in (drives.min(), drives.max())
    ]
    assert widths.total >= needed_bits(np.array(extremes))


@pytest.mark.parametrize(
    "low, high, bits",
    [(0, 0, 1), (-1, 0, 1), (0, 1, 2), (-2, 1, 2), (-3, 0, 3), (0, 127, 8), (-128, 127, 8), (-129, 0, 9), (3, 5, 4)],
)
def test_signed_bits(low: int, high: int, bits: int) -> None:
    assert signed_bits(low, high) == bits
