"""Recurrent weights that are all +1 or −1: a bit each, and no multiplier.

W h = Σ ±h_j, and −h = ~h + 1 in two's complement: a weight inverts a word or does not, and what the inverted words of
a row lack is the number of its −1, one constant a unit.
"""

import numpy as np

from ...quant.integer import DenseNetwork


def is_binary(network: DenseNetwork, multipliers: int) -> bool:
    """Whether all recurrent weights are +1 or −1, and M divides d: a bit has no 0 for columns that a part lacks."""
    return network.hidden_size % multipliers == 0 and bool((np.abs(network.recurrent_weight) == 1).all())


def stored_weights(network: DenseNetwork, multipliers: int) -> tuple[np.ndarray, int]:
    """What a core's memory holds, of shape ``(d, d)``, and the bits of each.

    The weights; of binary ones −1 in one bit where the weight is, and 0 for +1.
    """
    if not is_binary(network, multipliers):
        return network.recurrent_weight, network.recurrent_bits
    return np.minimum(network.recurrent_weight, 0), 1


def negative_counts(network: DenseNetwork, multipliers: int) -> np.ndarray | None:
    """The number of −1 of each unit, of shape ``(d,)``; None where weights are not binary."""
    if not is_binary(network, multipliers):
        return None
    return (network.recurrent_weight < 0).sum(axis=1)


def count_bits(counts: np.ndarray) -> int:
    """Bits of the largest of them, unsigned; at least 1."""
    return max(int(counts.max()).bit_length(), 1)
