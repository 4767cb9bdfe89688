"""Exact widths: how many bits each signal of a core needs, from the weights that it will hold."""

from dataclasses import dataclass

import numpy as np

from ..quant.integer import IntegerNetwork, shift_round


def signed_bits(low: int, high: int) -> int:
    """Bits of the narrowest signed integer that holds every value from ``low`` to ``high``; at least 1."""
    return max((~low if low < 0 else low).bit_length(), (~high if high < 0 else high).bit_length()) + 1


@dataclass(frozen=True)
class Widths:
    """Bits of the signals between the parts of a core; all signed unless said otherwise.

    Attributes
    ----------
    state : w
    input : bits of one input element, signed where the network's inputs are; of an index, unsigned
    bias : narrowest for the biases as they are
    product_sum : Σ_j U_ij x_j, exact; for an index an entry of U, shifted where the shift goes right
    drive : B + shift(U x, f), exact
    transform : output of the Walsh–Hadamard transform, w + k
    quotient : the transform divided by √n, rounded down
    total : what saturation reads
    logit : V relu(h) + C, exact
    """

    state: int
    input: int
    bias: int
    product_sum: int
    drive: int
    transform: int
    quotient: int
    total: int
    logit: int

    @classmethod
    def of(cls, network: IntegerNetwork) -> "Widths":
        """The widths for ``network``."""
        state, k = network.state_bits, network.block_bits
        products, bias = _products(network), network.bias.astype(np.int64)
        drive = np.concatenate([shift_round(edge, network.input_shift) + bias for edge in products])
        state_low, state_high = -(1 << (state - 1)), (1 << (state - 1)) - 1
        relu_low = 0 if network.readout_activation == "relu" else state_low
        logits = [edge + network.output_bias for edge in _extremes(network.output_weight, relu_low, state_high)]
        if network.input_kind == "index":
            products = tuple(shift_round(edge, min(network.input_shift, 0)) for edge in products)
        drive_bits = _bits_of(drive)
        quotient = state + (k + 1) // 2
        return cls(
            state=state,
            input=max(network.input_size - 1, 1).bit_length() if network.input_kind == "index" else network.input_bits,
            bias=_bits_of(bias),
            product_sum=_bits_of(np.concatenate(products)),
            drive=drive_bits,
            transform=state + k,
            quotient=quotient,
            total=max(quotient, drive_bits) + 1,
            logit=_bits_of(np.concatenate(logits)),
        )


def _products(network: IntegerNetwork) -> tuple[np.ndarray, np.ndarray]:
    """Smallest and largest input product of each unit."""
    if network.input_kind == "index":
        weights = network.input_weight.astype(np.int64)
        return weights.min(axis=1), weights.max(axis=1)
    return _extremes(network.input_weight, *network.input_range)


def _extremes(weights: np.ndarray, low: int, high: int) -> tuple[np.ndarray, np.ndarray]:
    """Smallest and largest value of each row of ``weights @ v``, for v with elements from ``low`` to ``high``."""
    weights = weights.astype(np.int64)
    at_low, at_high = weights * low, weights * high
    return np.minimum(at_low, at_high).sum(axis=1), np.maximum(at_low, at_high).sum(axis=1)


def _bits_of(values: np.ndarray) -> int:
    return signed_bits(int(values.min()), int(values.max()))
