"""Saturation of a sum to the width of the state."""

from amaranth.hdl import Cat, Mux, Signal


def saturated(value: Signal, bits: int) -> object:
    """``value``, of at least ``bits`` bits, clipped to ``bits`` bits: its own low bits, or the sign's limit."""
    sign = value[-1]
    overflow = (value[bits - 1 :] != sign.replicate(len(value) - bits + 1)) if len(value) > bits else 0
    return Mux(overflow, Cat((~sign).replicate(bits - 1), sign), value[:bits])
