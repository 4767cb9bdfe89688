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

    ``last`` with the last beat of a step ends the sequence there; the next beat begins a new one. ``last`` with an
    earlier beat is malformed: the beats of that step are dropped, ``error`` is high for one clock, and the next beat
    begins a new sequence.

    Latency: none, a step is offered with its last beat. Throughput: one beat per clock while steps are taken.

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
        beat, step = self.beat, self.step
        position = Signal(range(count))
        complete = position == count - 1
        begins = Signal(init=1)
        waiting = [Signal(self.network.input_bits, name=f"element_{i}", reset_less=True) for i in range(count - 1)]
        element = beat.payload.element[: self.network.input_bits]
        m.d.comb += [
            beat.ready.eq(~complete | step.ready),
            step.valid.eq(beat.valid & complete),
            step.payload.first.eq(begins),
            step.payload.last.eq(beat.payload.last),
        ]
        m.d.comb += [place.eq(source) for place, source in zip(step.payload.elements, [*waiting, element], strict=True)]
        m.d.sync += self.error.eq(0)
        with m.If(beat.valid & beat.ready):
            with m.Switch(position):
                for place, register in enumerate(waiting):
                    with m.Case(place):
                        m.d.sync += register.eq(element)
            m.d.sync += position.eq(position + 1)
            with m.If(complete | beat.payload.last):
                m.d.sync += [position.eq(0), begins.eq(beat.payload.last)]
            m.d.sync += self.error.eq(beat.payload.last & ~complete)
        return m
