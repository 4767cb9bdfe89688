"""Widths of the signals in the recurrence of a dense network, from its weights as they are."""

from dataclasses import dataclass

import numpy as np

from ...quant.integer import DenseNetwork, round_half_even_shift
from ..widths import Widths, bits_of, drives, extremes


@dataclass(frozen=True)
class DenseWidths(Widths):
    """Those of :class:`~hadamrnn.hw.widths.Widths`, and those in the recurrence, signed and exact.

    Attributes
    ----------
    recurrent_sum : Σ_j W_ij h_j, and every part of it
    quotient : the sum times M, divided by 2^S, rounded down; 0 in the first step
    total : R + B + shift(U x, f), what the activation reads; at least w
    shifted : for ``modrelu`` the total moved towards 0 by the threshold, on whichever side; otherwise ``total``; at
        least w
    """

    recurrent_sum: int
    quotient: int
    total: int
    shifted: int


def dense_widths(network: DenseNetwork) -> DenseWidths:
    """The widths for ``network``."""
    state = network.state_bits
    sums = extremes(network.recurrent_weight, -(1 << (state - 1)), (1 << (state - 1)) - 1)
    scaled = [edge * network.recurrent_multiplier for edge in sums]
    rounded = [round_half_even_shift(edge, network.recurrent_shift) for edge in scaled]
    totals = [edge + drive for edge, drive in zip(rounded, drives(network), strict=True)]
    total = max(bits_of(*totals), state)
    shifted = total
    if network.threshold is not None:
        threshold = network.threshold.astype(np.int64)
        low, high = np.minimum(totals[0], -1), np.maximum(totals[1], 0)
        shifted = max(bits_of(low - threshold, -1 - threshold, threshold, high + threshold), state)
    return DenseWidths(
        **vars(Widths.of(network)),
        recurrent_sum=bits_of(*sums),
        quotient=bits_of(*(edge >> network.recurrent_shift for edge in scaled)),
        total=total,
        shifted=shifted,
    )
