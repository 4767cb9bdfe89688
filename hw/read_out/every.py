"""The read-out of every step: the logits of one state leave while those of the next add up."""

from itertools import pairwise

from amaranth.hdl import Cat, Module, Mux, Signal, signed

from ..channel import channel_bits
from ..row_counter import RowCounter
from .product import ReadOutProduct
from .read_out import ReadOut


class ReadOutEvery(ReadOut):
    """Computes the logits of every state, which arrives row by row. Exact.

    The accumulators rotate as in :class:`~hadamrnn.hw.read_out.last.ReadOutLast`. With the last product of a state the
    sums go to a second chain of registers, from which they leave, logit 0 first, and the accumulators start again from
    the biases. A row is taken with its first product, so the recurrence goes on during the others.

    Throughput: one row in ``fold`` clocks, and one result in o clocks while logits are taken. Where a result is
    finished before the one before it has left, the products wait.
    Parameters, members and attributes: see :class:`~hadamrnn.hw.read_out.read_out.ReadOut`.
    """

    def elaborate(self, platform: object) -> Module:
        m = Module()
        enable = Signal()
        issue = Signal()
        waiting = Signal(init=1)  # for a row: all products of the one in hand are issued
        m.submodules.products = product = ReadOutProduct(
            self.network, self.lanes, self.multipliers, 1 + channel_bits(self.channels)
        )
        m.submodules.part = part = RowCounter(self.fold)
        m.d.comb += [
            issue.eq(enable & (~waiting | self.state.valid)),
            self.state.ready.eq(enable & waiting),
            part.enable.eq(issue),
            product.enable.eq(enable),
            product.load.eq(waiting),
            product.issue.eq(issue),
            product.state.eq(self.state.payload.words),
        ]
        with m.If(issue):
            m.d.sync += waiting.eq(part.next_count == 0)

        held = Signal(product.mark.shape(), reset_less=True)
        mark = self.state.payload.last
        if self.channels > 1:
            mark = Cat(mark, self.state.payload.channel)
        m.d.comb += product.mark.eq(Mux(waiting, mark, held))
        with m.If(issue):
            m.d.sync += held.eq(product.mark)
        self._accumulators(m, product, enable)
        return m

    def _accumulators(self, m: Module, product: ReadOutProduct, enable: Signal) -> None:
        outputs = self.network.output_size
        chain = [Signal(signed(self.width), name=f"accumulator_{i}", init=bias) for i, bias in enumerate(self.biases)]
        leaving = [Signal(signed(self.width), name=f"leaving_{i}", reset_less=True) for i in range(outputs)]
        index = Signal(range(outputs))
        last = Signal(init=outputs == 1)
        finished = Signal()
        end = Signal(reset_less=True)
        m.d.comb += [
            finished.eq(product.sums_valid & product.sums_last),
            enable.eq(~(finished & self.logits.valid & ~(last & self.logits.ready))),
            self.logits.payload.logit.eq(leaving[0]),
            self.logits.payload.last.eq(last),
            self.logits.payload.end.eq(end),
        ]
        following = list(chain)
        for j in range(self.multipliers):
            part = self.accumulators_of(chain, j)
            total = Signal(signed(self.width), name=f"total_{j}")
            m.d.comb += total.eq(part[0] + product.sums[j])
            following[j * self.fold : (j + 1) * self.fold] = [*part[1:], total]
        with m.If(enable & product.sums_valid):
            with m.If(product.sums_last):
                m.d.sync += [register.eq(bias) for register, bias in zip(chain, self.biases, strict=True)]
            with m.Else():
                m.d.sync += [register.eq(value) for register, value in zip(chain, following, strict=True)]
        with m.If(self.logits.valid & self.logits.ready):
            m.d.sync += [register.eq(source) for register, source in pairwise(leaving)]
            m.d.sync += [index.eq(index + 1), last.eq(index == outputs - 2)]
            with m.If(last):
                m.d.sync += [self.logits.valid.eq(0), index.eq(0), last.eq(outputs == 1)]
        with m.If(enable & finished):
            m.d.sync += [register.eq(value) for register, value in zip(leaving, following, strict=False)]
            m.d.sync += [self.logits.valid.eq(1), end.eq(product.sums_mark[0])]
            if self.channels > 1:
                m.d.sync += self.logits.payload.channel.eq(product.sums_mark[1:])
