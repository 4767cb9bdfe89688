"""The class of a result."""

from amaranth.hdl import Module, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ...quant.integer import FrozenNetwork
from ..channel import channel_field
from .read_out import logit_layout


def class_layout(network: FrozenNetwork, channels: int = 1) -> data.StructLayout:
    """A class, its ``index``, whether it is the ``last`` of its sequence, and of several channels the ``channel``."""
    return data.StructLayout({"index": range(max(network.output_size, 2)), "last": 1} | channel_field(channels))


class ArgMax(wiring.Component):
    """The class of a result: the smallest index of a largest logit.

    Throughput: one logit in two clocks, the comparison and the choice; for read-out ``every`` from result to result
    without a gap while classes are taken. Latency: one clock after the choice of the last.

    Parameters
    ----------
    network : FrozenNetwork
    channels : int
        C.

    Members
    -------
    logits : ``In(stream.Signature(logit_layout(network, channels)))``
    best : ``Out(stream.Signature(class_layout(network, channels)))``
    """

    def __init__(self, network: FrozenNetwork, channels: int = 1) -> None:
        self.channels = channels
        self.every = network.readout == "every"
        super().__init__(
            {
                "logits": In(stream.Signature(logit_layout(network, channels))),
                "best": Out(stream.Signature(class_layout(network, channels))),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        logit = self.logits.payload.logit
        best = self.best.payload.index
        index = Signal.like(best)
        running = Signal.like(best, reset_less=True)
        largest = Signal(logit.shape(), reset_less=True)
        compared = Signal()
        larger = Signal()
        fresh = Signal(init=1)
        last = Signal(init=1, reset_less=True)
        m.d.comb += [self.logits.ready.eq(compared), best.eq(running), self.best.payload.last.eq(last)]
        # Where a result follows a result, the first comparison does not wait until the class is gone.
        free = ~self.best.valid | self.best.ready if self.every else ~self.best.valid
        m.d.sync += compared.eq(self.logits.valid & ~compared & free)
        m.d.sync += larger.eq(logit > largest)
        with m.If(self.best.ready):
            m.d.sync += self.best.valid.eq(0)
        with m.If(compared):
            m.d.sync += [index.eq(index + 1), fresh.eq(self.logits.payload.last)]
            with m.If(larger | fresh):
                m.d.sync += [largest.eq(logit), running.eq(index)]
            with m.If(self.logits.payload.last):
                m.d.sync += [index.eq(0), self.best.valid.eq(1)]
                if self.every:
                    m.d.sync += last.eq(self.logits.payload.end)
                if self.channels > 1:
                    m.d.sync += self.best.payload.channel.eq(self.logits.payload.channel)
        return m
