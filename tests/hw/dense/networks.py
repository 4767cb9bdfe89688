"""Small dense networks for the tests of their hardware, and their recurrence step by step."""

from typing import Any

import numpy as np

from hadamrnn.quant.integer import DenseNetwork, modrelu, round_half_even_shift, saturate
from hadamrnn.sim.stimulus import random_dense_network


def small_dense(hidden_size: int = 8, *, seed: int = 0, **choices: Any) -> DenseNetwork:
    """States of 8 bits, one input, three logits."""
    return random_dense_network(seed, hidden_size=hidden_size, **{"output_size": 3, "state_bits": 8} | choices)


def activated(network: DenseNetwork, totals: np.ndarray) -> np.ndarray:
    """sat(f(totals)), of shape ``(…, d)``."""
    if network.activation == "relu":
        totals = np.maximum(totals, 0)
    if network.threshold is not None:
        totals = modrelu(totals, network.threshold.astype(np.int64))
    return saturate(totals, network.state_bits)[0]


def rounded_product(network: DenseNetwork, state: np.ndarray) -> np.ndarray:
    """R of a state."""
    product = network.recurrent_weight.astype(np.int64) @ state * network.recurrent_multiplier
    return round_half_even_shift(product, network.recurrent_shift)
