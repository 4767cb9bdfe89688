"""Widths of the signals in the ring of a Hadamard RNN."""

from dataclasses import dataclass

from ...quant.integer import IntegerNetwork
from ..widths import Widths


@dataclass(frozen=True)
class RingWidths(Widths):
    """Those of :class:`~hadamrnn.hw.widths.Widths`, and those in the ring, all signed.

    Attributes
    ----------
    transform : output of the Walsh–Hadamard transform, w + k
    quotient : the transform divided by √n, rounded down
    total : what saturation reads
    """

    transform: int
    quotient: int
    total: int


def ring_widths(network: IntegerNetwork) -> RingWidths:
    """The widths for ``network``."""
    state, k = network.state_bits, network.block_bits
    quotient = state + (k + 1) // 2
    total = max(quotient, Widths.of(network).drive) + 1
    return RingWidths(**vars(Widths.of(network)), transform=state + k, quotient=quotient, total=total)
