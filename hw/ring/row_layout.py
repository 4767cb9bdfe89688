"""Rows of lanes between the stages of the transform."""

from typing import Any

from amaranth.hdl import Format, Value, ValueLike, signed
from amaranth.lib import data


class RowLayout(data.ArrayLayout):
    """A row of ``lanes`` signed words of ``width`` bits, lane 0 in the low ones.

    An array like any other but in waveforms and in RTLIL, where it is one vector: with a name for each word of each
    row, half of the time to generate a wide core would go into names that the Verilog does not have.
    """

    def __init__(self, width: int, lanes: int) -> None:
        super().__init__(signed(width), lanes)

    # Amaranth's own says Format.Array, which is what it makes of an array; a ShapeCastable may give any Format.
    def format(self, value: ValueLike, format_spec: str) -> Any:
        """The whole row as one number."""
        return Format("{:x}", Value.cast(value))
