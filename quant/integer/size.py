"""The size of an integer network: the bits that a core has to store of it. Imports without torch."""

import numpy as np

from .dense import DenseNetwork
from .frozen import FrozenNetwork


def stored_bits(network: FrozenNetwork) -> int:
    """Recurrent matrix, input weights d·m·p, biases d·w, output weights o·d·p, and o output biases of the least width.

    A recurrent matrix is d signs of one bit; where it is dense d² weights of ``recurrent_bits``, and d thresholds of
    the least width where there are any. States are not part of the network, nor are scales, M and S.
    """
    d, m, o, p = network.hidden_size, network.input_size, network.output_size, network.weight_bits
    recurrent = d
    if isinstance(network, DenseNetwork):
        recurrent = d * d * network.recurrent_bits
        recurrent += 0 if network.threshold is None else d * _width(network.threshold)
    return recurrent + d * m * p + d * network.state_bits + o * d * p + o * _width(network.output_bias)


def kilobytes(network: FrozenNetwork) -> float:
    """The same in kB of 1000 bytes."""
    return stored_bits(network) / 8000


def _width(values: np.ndarray) -> int:
    """Bits of the widest of ``values``, signed."""
    return int(np.maximum(values, ~values).max()).bit_length() + 1
