"""The counter of rows: addresses, and the place in a step."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out


class RowCounter(wiring.Component):
    """Counts enabled clocks modulo ``limit``.

    Parameters
    ----------
    limit : int
        At least 1.

    Members
    -------
    enable : ``In(1)``
    count, next_count : ``Out(range(limit))``
        The count, 0 after reset, and the value it takes at the next enabled clock.
    """

    def __init__(self, limit: int) -> None:
        if limit < 1:
            raise ValueError(f"limit must be at least 1, not {limit!r}")
        self.limit = limit
        super().__init__({"enable": In(1), "count": Out(range(limit)), "next_count": Out(range(limit))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        if self.limit > 1:
            following = (self.count + 1)[: len(self.count)]
            if self.limit & (self.limit - 1):
                last = Signal()  # a register: the comparison is not in the path of the count
                with m.If(self.enable):
                    m.d.sync += last.eq(self.count == self.limit - 2)
                following = Mux(last, 0, following)
            m.d.comb += self.next_count.eq(following)
            with m.If(self.enable):
                m.d.sync += self.count.eq(self.next_count)
        return m
