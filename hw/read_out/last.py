"""The read-out: logits = V relu(h) + C, with a few multipliers per lane that share the outputs between them."""

from itertools import pairwise

from amaranth.hdl import Array, Const, Module, Signal, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ...quant.integer import FrozenNetwork
from ..channel import channel_field, words_of
from ..row_counter import RowCounter
from ..row_layouts import handed_layout
from ..widths import Widths
from .product import ReadOutProduct, read_out_fold, read_out_latency


def logit_layout(network: FrozenNetwork, channels: int = 1) -> data.StructLayout:
    """One logit, and whether it is the ``last`` of its result.

    For read-out ``every`` also whether its result is that of the ``end`` of a sequence, for several channels the
    ``channel`` of its result.
    """
    end = {"end": 1} if network.readout == "every" else {}
    return data.StructLayout({"logit": signed(Widths.of(network).logit), "last": 1} | end | channel_field(channels))


class ReadOut(wiring.Component):
    """Computes the logits of the last state of a sequence, which arrives row by row. Exact.

    M multipliers per lane compute M logits at once, so a row takes ``fold`` = ceil(o / M) clocks; multiplier j has the
    logits j·fold to (j + 1)·fold − 1. The accumulators are one chain: each multiplier's part of it rotates by one place
    with each product, and after the last row the whole chain shifts out, logit 0 first, while the output biases shift
    in for the next result.

    Throughput: one row in ``fold`` clocks; the first row of a state waits until the result before has been taken.

    Parameters
    ----------
    network : FrozenNetwork
    lanes, multipliers, channels : int
        P, M and C.

    Members
    -------
    state : ``In(stream.Signature(handed_layout(network, lanes, channels)))``
    logits : ``Out(stream.Signature(logit_layout(network, channels)))``

    Attributes
    ----------
    fold, latency : int
        :func:`~hadamrnn.hw.read_out.product.read_out_fold` and
        :func:`~hadamrnn.hw.read_out.product.read_out_latency`.
    """

    def __init__(self, network: FrozenNetwork, lanes: int, multipliers: int, channels: int = 1) -> None:
        self.network = network
        self.lanes = lanes
        self.multipliers = multipliers
        self.rows = network.hidden_size // lanes
        self.fold = read_out_fold(network, multipliers)
        self.latency = read_out_latency(lanes)
        self.channels = channels
        self.width = Widths.of(network).logit
        super().__init__(
            {
                "state": In(stream.Signature(handed_layout(network, lanes, channels))),
                "logits": Out(stream.Signature(logit_layout(network, channels))),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()

        # Issue: `fold` clocks per row, unless a result is still on its way out.
        busy = Signal(init=1)
        issue = Signal()
        m.submodules.products = product = ReadOutProduct(self.network, self.lanes, self.multipliers)
        m.submodules.part = part = RowCounter(self.fold)
        m.d.comb += [issue.eq(self.state.valid & ~busy), part.enable.eq(issue)]
        m.d.comb += [product.enable.eq(1), product.load.eq(1), product.issue.eq(issue)]
        with m.If(issue):  # `ready` is a register: the whole recurrence waits for it
            m.d.sync += self.state.ready.eq(part.next_count == self.fold - 1)
        with m.If(product.final):
            m.d.sync += [busy.eq(1), self.state.ready.eq(0)]

        m.d.comb += product.state.eq(words_of(self.state.payload))
        if channel_field(self.channels):  # no row of the next state is multiplied before this result has left
            with m.If(product.final):
                m.d.sync += self.logits.payload.channel.eq(self.state.payload.channel)
        self._accumulators(m, product, busy)
        return m

    def _accumulators(self, m: Module, product: ReadOutProduct, busy: Signal) -> None:
        places, outputs = self.multipliers * self.fold, self.network.output_size
        biases = [int(bias) for bias in self.network.output_bias] + [0] * (places - outputs)
        chain = [Signal(signed(self.width), name=f"accumulator_{i}", reset_less=True) for i in range(places)]
        # After reset the chain shifts once around to fill with the biases, and nothing leaves.
        filling = Signal(init=1)
        leaving = Signal(init=1)
        index = Signal(range(places))
        last_logit = Signal(init=outputs == 1)
        shift = Signal()
        m.d.comb += [
            shift.eq(leaving & (self.logits.ready | ~self.logits.valid)),
            self.logits.payload.logit.eq(chain[0]),
            self.logits.payload.last.eq(last_logit),
        ]
        with m.If(product.sums_valid):
            for j in range(self.multipliers):
                part = chain[j * self.fold : (j + 1) * self.fold]
                for place, register in enumerate(part[:-1]):
                    m.d.sync += register.eq(part[place + 1])
                m.d.sync += part[-1].eq(part[0] + product.sums[j])
            m.d.sync += [leaving.eq(product.sums_last), self.logits.valid.eq(product.sums_last)]
        with m.If(shift):
            for register, source in pairwise(chain):
                m.d.sync += register.eq(source)
            m.d.sync += chain[-1].eq(Array([Const(bias, signed(self.width)) for bias in biases])[index])
            m.d.sync += [
                index.eq(index + 1),
                self.logits.valid.eq(~filling & (index < outputs - 1)),
                last_logit.eq(index == outputs - 2),
            ]
            with m.If(index == places - 1):
                m.d.sync += [index.eq(0), leaving.eq(0), filling.eq(0), busy.eq(0), last_logit.eq(outputs == 1)]
                m.d.sync += self.state.ready.eq(self.fold == 1)
