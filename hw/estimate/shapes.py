"""Networks of a given shape, for estimates without a network."""

import numpy as np

from ...errors import InputError
from ...quant.integer import IntegerNetwork


def worst_case_network(
    hidden_size: int,
    block_size: int,
    *,
    input_kind: str = "vector",
    input_size: int = 1,
    output_size: int = 10,
    readout: str = "last",
    input_bits: int = 8,
    input_signed: bool = False,
    input_shift: int = 0,
    state_bits: int = 12,
    weight_bits: int = 4,
) -> IntegerNetwork:
    """A network of a given shape whose weights are all the largest in magnitude: every width is its upper bound.

    For estimates without a network. Weights and biases are the most negative ones of their format.
    """
    if hidden_size < 1:
        raise InputError(f"hidden_size must be at least 1, not {hidden_size}")
    weight, bias = -(1 << (weight_bits - 1)), -(1 << (state_bits - 1))
    return IntegerNetwork(
        signs=np.ones(hidden_size, dtype=np.int8),
        input_weight=np.full((hidden_size, input_size), weight, dtype=np.int8),
        bias=np.full(hidden_size, bias, dtype=np.int32),
        output_weight=np.full((output_size, hidden_size), weight, dtype=np.int8),
        output_bias=np.zeros(output_size, dtype=np.int64),
        block_size=block_size,
        input_kind=input_kind,
        readout=readout,
        input_bits=input_bits,
        input_signed=input_signed,
        input_shift=input_shift,
        state_bits=state_bits,
        weight_bits=weight_bits,
    )
