"""A register between two streams that breaks the combinational path of ``ready``."""

from amaranth.hdl import Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out


class StreamBuffer(wiring.Component):
    """A two-place buffer (skid buffer): no combinational path from input to output in either direction.

    Latency: one clock. Throughput: one transfer per clock.

    Parameters
    ----------
    shape : ShapeLike
        Payload.

    Members
    -------
    input, output : ``In``, ``Out`` of ``stream.Signature(shape)``
    """

    def __init__(self, shape: object) -> None:
        self.shape = shape
        super().__init__({"input": In(stream.Signature(shape)), "output": Out(stream.Signature(shape))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        shape = self.shape
        payload = Signal(shape, reset_less=True)
        spare = Signal(shape, reset_less=True)
        spare_valid = Signal()
        m.d.comb += [self.input.ready.eq(~spare_valid), self.output.payload.eq(payload)]
        with m.If(~self.output.valid | self.output.ready):
            m.d.sync += [self.output.valid.eq(spare_valid | self.input.valid), spare_valid.eq(0)]
            with m.If(spare_valid):
                m.d.sync += payload.eq(spare)
            with m.Else():
                m.d.sync += payload.eq(self.input.payload)
        with m.Elif(self.input.valid):
            m.d.sync += spare_valid.eq(1)
        with m.If(~spare_valid):  # whether or not it will be needed: its enable need not wait for `output.ready`
            m.d.sync += spare.eq(self.input.payload)
        return m
