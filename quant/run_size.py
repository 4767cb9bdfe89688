"""How much a trained network takes before it is frozen, by its shape alone. Imports without torch."""

from .network_options import FREEZABLE, NetworkOptions
from .weight_format import TERNARY

BIAS_BITS = 12  # the default of freezing; the frozen network has the exact widths
FLOAT_BITS = 32


def stored_bits(network: NetworkOptions, *, input_size: int, output_size: int, parameters: int) -> int:
    """Bits that inference has to store.

    Of a network that can be frozen what a core stores, as :func:`~.integer.size.stored_bits` counts them, with
    :data:`BIAS_BITS` a bias or threshold. Of a baseline :data:`FLOAT_BITS` for every trained number; of ``"float"`` a
    bit for each sign, and its embedding folded with U where that takes less.

    Parameters
    ----------
    input_size, output_size : m and o.
    parameters : numbers that are trained, the latents of signs among them.
    """
    d, m, o = network.hidden_size, input_size, output_size
    if network.kind in FREEZABLE:
        weights = 2 if network.weight_bits == TERNARY else int(network.weight_bits)
        recurrent = d if network.kind == "hadamard" else d * d * network.recurrent_bits
        thresholds = d if network.activation == "modrelu" else 0
        return recurrent + (d * m + o * d) * weights + (d + thresholds + o) * BIAS_BITS
    if network.kind == "float":
        embedded = network.embedding_size * (d + m) if network.embedding_size else d * m
        return d + FLOAT_BITS * (min(embedded, d * m) + d + o * d + o)
    return FLOAT_BITS * parameters


def stored_kilobytes(network: NetworkOptions, *, input_size: int, output_size: int, parameters: int) -> float:
    """The same in kB of 1000 bytes."""
    return stored_bits(network, input_size=input_size, output_size=output_size, parameters=parameters) / 8000
