"""The read-out of the last step: one chain of accumulators, which shifts out between two sequences."""

from itertools import pairwise

from amaranth.hdl import Array, Const, Module, Signal, signed

from ..channel import channel_field, words_of
from ..row_counter import RowCounter
from .product import ReadOutProduct
from .read_out import ReadOut


class ReadOutLast(ReadOut):
    """Computes the logits of the last state of a sequence, which arrives row by row. Exact.

    The accumulators are one chain: each multiplier's part of it rotates by one place with each product, and after the
    last row the whole chain shifts out, logit 0 first, while the output biases shift in for the next result.

    Throughput: one row in ``fold`` clocks; the first row of a state waits until the result before has been taken.
    Parameters, members and attributes: see :class:`~hadamrnn.hw.read_out.read_out.ReadOut`.
    """

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
        places, outputs = len(self.biases), self.network.output_size
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
                part = self.accumulators_of(chain, j)
                for place, register in enumerate(part[:-1]):
                    m.d.sync += register.eq(part[place + 1])
                m.d.sync += part[-1].eq(part[0] + product.sums[j])
            m.d.sync += [leaving.eq(product.sums_last), self.logits.valid.eq(product.sums_last)]
        with m.If(shift):
            for register, source in pairwise(chain):
                m.d.sync += register.eq(source)
            m.d.sync += chain[-1].eq(Array([Const(bias, signed(self.width)) for bias in self.biases])[index])
            m.d.sync += [
                index.eq(index + 1),
                self.logits.valid.eq(~filling & (index < outputs - 1)),
                last_logit.eq(index == outputs - 2),
            ]
            with m.If(index == places - 1):
                m.d.sync += [index.eq(0), leaving.eq(0), filling.eq(0), busy.eq(0), last_logit.eq(outputs == 1)]
                m.d.sync += self.state.ready.eq(self.fold == 1)
