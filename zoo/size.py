"""How large a network is: the bits that a core stores of it."""

from ..hw.widths import Widths
from ..quant.integer import IntegerNetwork


def stored_bits(network: IntegerNetwork) -> int:
    """Bits of signs, U, B, V and C as a core holds them: p bits a weight, biases as wide as they have to be.

    It is what :func:`hadamrnn.hw.estimate.estimate` counts as weight memory and output biases, for one multiplier a
    lane; states and the registers of the datapath are not part of the network.
    """
    d, m, o, p, widths = (
        network.hidden_size,
        network.input_size,
        network.output_size,
        network.weight_bits,
        Widths.of(network),
    )
    return d * (1 + m * p + widths.bias + o * p) + o * widths.logit
