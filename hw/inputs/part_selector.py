"""Whose elements are multiplied: the parts of the channel whose slot it is, from as many memories as channels."""

from amaranth.hdl import Array, Module, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from ...quant.integer import FrozenNetwork
from ..row_counter import RowCounter
from .input_format import InputFormat
from .interleaver import slot_layout
from .step_memory import FLAGS, part_layout


class PartSelector(wiring.Component):
    """Hands on the R · F parts of a channel's next step for each of its slots, and one part for each void slot.

    Latency: none. Throughput: one part per clock. A slot is taken with its last part.

    Parameters
    ----------
    network : FrozenNetwork
    form : InputFormat
    rows, channels : int
        R and C.

    Members
    -------
    slot : ``In(stream.Signature(slot_layout(FLAGS, channels)))``
    parts : ``In(stream.Signature(part_layout(network, form))).array(C)``
    part : ``Out(stream.Signature(part_layout(network, form, channels)))``
        What is in a void part does not matter.
    """

    def __init__(self, network: FrozenNetwork, form: InputFormat, rows: int, channels: int) -> None:
        self.count = rows * form.fold
        self.channels = channels
        super().__init__(
            {
                "slot": In(stream.Signature(slot_layout(FLAGS, channels))),
                "parts": In(stream.Signature(part_layout(network, form))).array(channels),
                "part": Out(stream.Signature(part_layout(network, form, channels))),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        slot, part = self.slot, self.part
        void, channel = slot.payload.void, slot.payload.channel
        m.submodules.place = place = RowCounter(self.count)
        last = Signal(init=self.count == 1)
        available = Signal()
        m.d.comb += [
            available.eq(Array(source.valid for source in self.parts)[channel]),
            part.valid.eq(slot.valid & (void | available)),
            part.payload.void.eq(void),
            part.payload.channel.eq(channel),
            place.enable.eq(part.valid & part.ready & ~void),
            slot.ready.eq(part.ready & (void | (available & last))),
        ]
        with m.If(place.enable):
            m.d.sync += last.eq(place.next_count == self.count - 1)
        for number, source in enumerate(self.parts):
            m.d.comb += source.ready.eq(place.enable & (channel == number))
        for name in ("elements", "first", "last"):
            sources = Array(Value.cast(source.payload[name]) for source in self.parts)
            m.d.comb += Value.cast(part.payload[name]).eq(sources[channel])
        return m
