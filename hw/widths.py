"""Exact widths: how many bits each signal of a core needs, from the weights that it will hold."""

from dataclasses import dataclass

import numpy as np

from ..quant.integer import FrozenNetwork, shift_round


def signed_bits(low: int, high: int) -> int:
    """Bits of the narrowest signed integer that holds every value from ``low`` to ``high``; at least 1."""
    return max((~low if low < 0 else low).bit_length(), (~high if high < 0 else high).bit_length()) + 1


@dataclass(frozen=True)
class Widths:
    """Bits of the signals around the recurrence of a core; all signed unless said otherwise.

    Those within it are in :class:`~hadamrnn.hw.ring.ring_widths.RingWidths` and
    :class:`~hadamrnn.hw.dense.dense_widths.DenseWidths`.

    Attributes
    ----------
    state : w
    input : bits of one input element, signed where the network's inputs are; of an index, unsigned
    bias : narrowest for the biases as they are
    product_sum : Σ_j U_ij x_j, exact; for an index an entry of U, shifted where the shift goes right
    drive : B + shift(U x, f), exact
    logit : V relu(h) + C, exact
    """

    state: int
    input: int
    bias: int
    product_sum: int
    drive: int
    logit: int

    @staticmethod
    def of(network: FrozenNetwork) -> "Widths":
        """The widths for ``network``."""
        state = network.state_bits
        products = input_products(network)
        state_low, state_high = -(1 << (state - 1)), (1 << (state - 1)) - 1
        relu_low = 0 if network.readout_activation == "relu" else state_low
        logits = [edge + network.output_bias for edge in extremes(network.output_weight, relu_low, state_high)]
        if network.input_kind == "index":
            products = tuple(shift_round(edge, min(network.input_shift, 0)) for edge in products)
        return Widths(
            state=state,
            input=max(network.input_size - 1, 1).bit_length() if network.input_kind == "index" else network.input_bits,
            bias=bits_of(network.bias.astype(np.int64)),
            product_sum=bits_of(*products),
            drive=bits_of(*drives(network)),
            logit=bits_of(*logits),
        )


def drives(network: FrozenNetwork) -> tuple[np.ndarray, np.ndarray]:
    """Smallest and largest B + shift(U x, f) of each unit."""
    low, high = (shift_round(edge, network.input_shift) + network.bias for edge in input_products(network))
    return low, high


def input_products(network: FrozenNetwork) -> tuple[np.ndarray, np.ndarray]:
    """Smallest and largest input product of each unit."""
    if network.input_kind == "index":
        weights = network.input_weight.astype(np.int64)
        return weights.min(axis=1), weights.max(axis=1)
    return extremes(network.input_weight, *network.input_range)


def extremes(weights: np.ndarray, low: int, high: int) -> tuple[np.ndarray, np.ndarray]:
    """Smallest and largest value of each row of ``weights @ v``, for v with elements from ``low`` to ``high``."""
    positive = np.maximum(weights, 0).sum(axis=1, dtype=np.int64)
    negative = weights.sum(axis=1, dtype=np.int64) - positive
    return positive * low + negative * high, positive * high + negative * low


def bits_of(*values: np.ndarray) -> int:
    """Bits of the narrowest signed integer that holds all of them."""
    return signed_bits(min(int(some.min()) for some in values), max(int(some.max()) for some in values))
