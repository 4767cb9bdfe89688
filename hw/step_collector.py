"""The input port: AXI-Stream beats in, steps of a sequence out."""

from amaranth.hdl import Module, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ..quant.integer import IntegerNetwork
from .input_product import step_layout


def bytes_for(bits: int) -> int:
    """Whole bytes that hold ``bits``."""
    return -(-bits // 8)


def beat_layout(network: IntegerNetwork) -> data.StructLayout:
    """One beat of input: one ``element``, extended to whole bytes, and AXI-Stream's ``last``."""
    return data.StructLayout({"element": 8 * bytes_for(network.input_bits), "last": 1})


class StepCollector(wiring.Component):
    """Collects the m beats of each step and marks the first and the last step of each sequence.

    ``last`` with the last beat of a step ends the sequence there; the next beat begins a new one. ``last`` with an earlier
    beat is malformed: the beats of that step are dropped, ``error`` is high for one clock, and the next beat begins a new
    sequence.

    Latency: one clock after the last beat of a step. Throughput: one beat per clock while steps are taken.

    Parameters
    ----------
    network : IntegerNetwork

    Members
    -------
    beat : ``In(stream.Signature(beat_layout(network)))``
    step : ``Out(stream.Signature(step_layout(network)))``
    error : ``Out(1)``
    """

    def __init__(self, network: IntegerNetwork) -> None:
        self.network = network
        super().__init__(
            {
                "beat": In(stream.Signature(beat_layout(network))),
                "step": Out(stream.Signature(step_layout(network))),
                "error": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        count = self.network.input_size
        position = Signal(range(count))
        first = Signal(init=1)
        full, complete = self.step.valid, position == count - 1
        m.d.comb += [
            self.beat.ready.eq(~full | self.step.ready),
            self.step.payload.first.eq(first),
        ]
        m.d.sync += self.error.eq(0)
        with m.If(self.step.ready & full):
            m.d.sync += [full.eq(0), first.eq(self.step.payload.last)]
        with m.If(self.beat.valid & self.beat.ready):
            element = self.beat.payload.element[: self.network.input_bits]
            with m.Switch(position):
                for place in range(count):
                    with m.Case(place):
                        m.d.sync += self.step.payload.elements[place].eq(element)
            m.d.sync += position.eq(position + 1)
            with m.If(complete | self.beat.payload.last):
                m.d.sync += [position.eq(0), full.eq(complete), self.step.payload.last.eq(self.beat.payload.last)]
            with m.If(self.beat.payload.last & ~complete):
                m.d.sync += [self.error.eq(1), first.eq(1)]
        return m
