"""Networks of a given shape, for estimates without a network."""

import math
from typing import Any

import numpy as np

from ...errors import InputError
from ...quant.integer import DenseNetwork, FrozenNetwork, IntegerNetwork

_SQRT_HALF = 23170  # round(2^15 / √2), of 15 bits as a trained M is
_OTHERS = ("input_weight", "bias", "output_weight", "output_bias", *FrozenNetwork.options)

MOST_WEIGHTS = 1 << 28  # a quarter of a gigabyte


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

    Raises
    ------
    InputError
        Sizes or bits that no network has, or more than :data:`MOST_WEIGHTS` weights.
    """
    for name, value in (("hidden_size", hidden_size), ("input_size", input_size), ("output_size", output_size)):
        if value < 1:
            raise InputError(f"{name} must be at least 1, not {value}")
    weights = hidden_size * (input_size + output_size)
    if weights > MOST_WEIGHTS:
        raise InputError(f"U and V must have at most {MOST_WEIGHTS} weights together, not {weights}")
    for name, value in (("state_bits", state_bits), ("weight_bits", weight_bits)):  # before arrays are made of them
        low, high = IntegerNetwork.ranges[name]
        if not low <= value <= high:
            raise InputError(f"{name} must be an integer from {low} to {high}, not {value}")
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


def worst_case_dense(hidden_size: int, recurrent_bits: int, **shape: Any) -> DenseNetwork:
    """The same of family ``dense``: see :func:`dense_alternative`.

    Parameters
    ----------
    hidden_size : of any size
    recurrent_bits : from 2 to 8, or 1 for weights of +1 and −1
    **shape : as of :func:`worst_case_network`
    """
    if hidden_size < 1:
        raise InputError(f"hidden_size must be at least 1, not {hidden_size}")
    return dense_alternative(worst_case_network(hidden_size, 1, **shape), recurrent_bits)


def dense_alternative(network: FrozenNetwork, recurrent_bits: int, weight: np.ndarray | None = None) -> DenseNetwork:
    """``network`` with a dense recurrent matrix in place of its own, without an activation in the loop.

    Parameters
    ----------
    network : FrozenNetwork
    recurrent_bits : from 2 to 8, or 1 for weights of +1 and −1
    weight : integers, shape ``(d, d)``; the most negative ones there are unless given

    M / 2^S is about 1 / (2^(p−1) √d), which makes rows of the most negative weights have length 1: M = 1 where weights
    are +1 and −1 and d is a power of 4, so that the division is a shift as it is for a Hadamard matrix; otherwise M
    is round(2^15 / √2), a number of 15 bits as that of a trained matrix is.
    """
    if type(recurrent_bits) is not int or not 1 <= recurrent_bits <= 8:
        raise InputError(f"recurrent_bits must be an integer from 1 to 8, not {recurrent_bits!r}")
    d = network.hidden_size
    if d * d > MOST_WEIGHTS:
        raise InputError(f"W must have at most {MOST_WEIGHTS} weights, not {d * d}")
    if weight is None:
        weight = np.full((d, d), -(1 << (recurrent_bits - 1)), dtype=np.int8)
    shift = recurrent_bits - 1 + math.log2(d) / 2
    whole = recurrent_bits == 1 and shift.is_integer()
    factor = 1 if whole else _SQRT_HALF
    return DenseNetwork(
        recurrent_weight=weight,
        recurrent_bits=max(recurrent_bits, 2),
        recurrent_multiplier=factor,
        recurrent_shift=round(math.log2(factor) + shift),
        **{name: getattr(network, name) for name in _OTHERS},
    )
