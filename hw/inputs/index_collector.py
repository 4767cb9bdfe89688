"""The input port of networks that read indices: one beat is one step."""

from amaranth.hdl import Module, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ...quant.integer import FrozenNetwork
from .input_format import InputFormat
from .step_collector import beat_layout


def column_layout(network: FrozenNetwork, rows: int) -> data.StructLayout:
    """One step: ``base`` = index · R, the address of the first row of its column, and the flags of the step."""
    return data.StructLayout({"base": (network.input_size * rows - 1).bit_length(), "first": 1, "last": 1})


class IndexCollector(wiring.Component):
    """Marks the first and the last step of each sequence, and keeps wrong indices from the recurrence.

    An index of m or more is malformed. That step and the rest of its sequence are dropped, up to and with the beat that
    brings ``last``: what came before must not be taken for the whole, nor what comes after for a sequence of its own.
    ``error`` is high for one clock, for the first wrong index of a sequence only.

    Latency: none. Throughput: one beat per clock. ``beat.ready`` is ``step.ready``, which therefore must not wait for
    ``step.valid`` (that of a :class:`~hadamrnn.hw.stream_buffer.StreamBuffer` does not): a dropped beat has none.

    Parameters
    ----------
    network : FrozenNetwork
    form : InputFormat
    rows : int
        R.

    Members
    -------
    beat : ``In(stream.Signature(beat_layout(form)))``
    step : ``Out(stream.Signature(column_layout(network, rows)))``
    error : ``Out(1)``
    in_sequence : ``Out(1)``
        Whether further steps of the sequence of the last step are to come; they are not where they are dropped.
    """

    def __init__(self, network: FrozenNetwork, form: InputFormat, rows: int) -> None:
        self.network = network
        self.rows = rows
        super().__init__(
            {
                "beat": In(stream.Signature(beat_layout(form))),
                "step": Out(stream.Signature(column_layout(network, rows))),
                "error": Out(1),
                "in_sequence": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        beat, step = self.beat, self.step
        index = beat.payload.elements[0]
        size = self.network.input_size
        begins = Signal(init=1)
        dropping = Signal()
        wrong = Signal()
        if size < 1 << len(index):
            m.d.comb += wrong.eq(index >= size)
        m.d.comb += [
            beat.ready.eq(step.ready),
            step.valid.eq(beat.valid & ~wrong & ~dropping),
            step.payload.base.eq(index * self.rows),
            step.payload.first.eq(begins),
            step.payload.last.eq(beat.payload.last),
        ]
        m.d.sync += self.error.eq(0)
        with m.If(beat.valid & beat.ready):
            m.d.sync += [
                begins.eq(beat.payload.last),
                dropping.eq((dropping | wrong) & ~beat.payload.last),
                self.error.eq(wrong & ~dropping),
            ]
        m.d.comb += self.in_sequence.eq(~begins & ~dropping)
        return m
