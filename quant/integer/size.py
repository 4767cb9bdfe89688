"""The size of an integer network: the bits that a core has to store of it. Imports without torch."""

import numpy as np

from .network import IntegerNetwork


def stored_bits(network: IntegerNetwork) -> int:
    """Signs d, input weights d·m·p, biases d·w, output weights o·d·p, and o output biases of the narrowest width.

    States are not part of the network, nor are the scales.
    """
    d, m, o, p = network.hidden_size, network.input_size, network.output_size, network.weight_bits
    largest = int(np.maximum(network.output_bias, ~network.output_bias).max())
    return d + d * m * p + d * network.state_bits + o * d * p + o * (largest.bit_length() + 1)


def kilobytes(network: IntegerNetwork) -> float:
    """The same in kB of 1000 bytes."""
    return stored_bits(network) / 8000
