"""Rounding half to even, as the integer network rounds (DESIGN: every shift to the right)."""

from amaranth.hdl import Cat, Const, Signal


def round_up(value: Signal, shift: int) -> object:
    """What must be added to ``value >> shift``, signed, so that it is rounded half to even: 0 or 1, combinational."""
    if shift == 0:
        return Const(0)
    # Where all of a narrow value is behind the point, its sign is what stands before it.
    wide = Cat(value, value[-1].replicate(shift + 1 - len(value))) if len(value) <= shift else value
    guard, odd = wide[shift - 1], wide[shift]
    return guard & (odd | wide[: shift - 1].any()) if shift > 1 else guard & odd
