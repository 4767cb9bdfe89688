"""Beats of several bytes to bytes."""

from amaranth.hdl import Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out


class BeatBytes(wiring.Component):
    """Splits beats into bytes, the lowest first.

    Latency: none. Throughput: one byte per clock.

    Parameters
    ----------
    count : bytes of a beat

    Members
    -------
    beat : ``In(stream.Signature(8 * count))``
    byte : ``Out(stream.Signature(8))``
    """

    def __init__(self, count: int) -> None:
        self.count = count
        super().__init__({"beat": In(stream.Signature(8 * count)), "byte": Out(stream.Signature(8))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        place = Signal(range(self.count))
        last = place == self.count - 1
        m.d.comb += [
            self.byte.payload.eq(self.beat.payload.word_select(place, 8)),
            self.byte.valid.eq(self.beat.valid),
            self.beat.ready.eq(self.byte.ready & last),
        ]
        with m.If(self.byte.valid & self.byte.ready):
            m.d.sync += place.eq(place + 1)
            with m.If(last):
                m.d.sync += place.eq(0)
        return m
