"""One place between a channel's input port and the choice of channels."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out


class StepRegister(wiring.Component):
    """A buffer of one place: no combinational path from input to output in either direction.

    Latency: one clock. Throughput: one transfer in two clocks, which is what a channel needs at most, since it is
    served once in a turn of at least two slots.

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
        payload = Signal(self.shape, reset_less=True)
        m.d.comb += [self.input.ready.eq(~self.output.valid), self.output.payload.eq(payload)]
        m.d.sync += self.output.valid.eq(Mux(self.output.valid, ~self.output.ready, self.input.valid))
        with m.If(self.input.valid & ~self.output.valid):
            m.d.sync += payload.eq(self.input.payload)
        return m
