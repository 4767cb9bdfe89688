"""The input port: AXI-Stream beats in, steps of a sequence out, all elements of a step side by side."""

from amaranth.hdl import Module, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ...quant.integer import FrozenNetwork
from .input_format import InputFormat
from .input_product import step_layout


def beat_layout(form: InputFormat) -> data.StructLayout:
    """One beat of input: its ``elements``, each extended to whole bytes, and AXI-Stream's ``last``."""
    return data.StructLayout({"elements": data.ArrayLayout(8 * form.element_bytes, form.beat_elements), "last": 1})


class StepCollector(wiring.Component):
    """Collects the beats of each step and marks the first and the last step of each sequence.

    ``last`` with the last beat of a step ends the sequence there; the next beat begins a new one. ``last`` with an
    earlier beat is malformed: the beats of that step are dropped, ``error`` is high for one clock, and the next beat
    begins a new sequence.

    Latency: none, a step is offered with its last beat. Throughput: one beat per clock while steps are taken.

    Parameters
    ----------
    network : FrozenNetwork
    form : InputFormat

    Members
    -------
    beat : ``In(stream.Signature(beat_layout(form)))``
    step : ``Out(stream.Signature(step_layout(network)))``
    error : ``Out(1)``
    in_sequence : ``Out(1)``
        Whether further steps of the sequence of the last step are to come.
    """

    def __init__(self, network: FrozenNetwork, form: InputFormat) -> None:
        self.network = network
        self.form = form
        super().__init__(
            {
                "beat": In(stream.Signature(beat_layout(form))),
                "step": Out(stream.Signature(step_layout(network))),
                "error": Out(1),
                "in_sequence": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        count, bits, per_beat = self.form.beats_per_step, self.network.input_bits, self.form.beat_elements
        beat, step = self.beat, self.step
        position = Signal(range(count))
        complete = position == count - 1
        begins = Signal(init=1)
        waiting = [
            [Signal(bits, name=f"element_{i * per_beat + j}", reset_less=True) for j in range(per_beat)]
            for i in range(count - 1)
        ]
        elements = [beat.payload.elements[j][:bits] for j in range(per_beat)]
        m.d.comb += [
            beat.ready.eq(~complete | step.ready),
            step.valid.eq(beat.valid & complete),
            step.payload.first.eq(begins),
            step.payload.last.eq(beat.payload.last),
        ]
        sources = [*(register for registers in waiting for register in registers), *elements]
        m.d.comb += [step.payload.elements[i].eq(sources[i]) for i in range(self.network.input_size)]
        m.d.sync += self.error.eq(0)
        with m.If(beat.valid & beat.ready):
            with m.Switch(position):
                for place, registers in enumerate(waiting):
                    with m.Case(place):
                        m.d.sync += [
                            register.eq(element) for register, element in zip(registers, elements, strict=True)
                        ]
            m.d.sync += position.eq(position + 1)
            with m.If(complete | beat.payload.last):
                m.d.sync += [position.eq(0), begins.eq(beat.payload.last)]
            m.d.sync += self.error.eq(beat.payload.last & ~complete)
        m.d.comb += self.in_sequence.eq(~begins)
        return m
