"""The recurrent product: M multiplications a clock in each lane, of M words of the state that all lanes share."""

import operator
from collections.abc import Sequence

import numpy as np
from amaranth.hdl import Const, Module, Mux, Signal, Value, ValueLike, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from ...quant.integer import DenseNetwork
from ..coefficient_memory import CoefficientMemory, pack, part_words
from ..registered_sum import registered_sum
from .binary_weights import count_bits, negative_counts, stored_weights
from .dense_widths import dense_widths
from .state_memory import part_layout

_FLAGS = data.StructLayout({"begins": 1, "ends": 1})


class RecurrentProduct(wiring.Component):
    """``sums`` = W_int h of one row of units, from the parts of h; exact.

    The weights are in one memory, a word of P · M for each part of each row, which follow each other by themselves.
    Where :func:`~.binary_weights.is_binary`, a weight is one bit and multiplies nothing: −h = ~h + 1, so words are
    inverted, and a row's sum begins with the number of its −1, which a second memory holds.

    Latency: ``4 + ceil(log2 M)`` enabled clocks from a row's last part being issued to its sums: the memories, the
    registers behind them, the products, one clock for each level of their sum, and the accumulator less one clock, for
    ``valid`` comes with the sums. Throughput: one part per clock.

    Parameters
    ----------
    network : DenseNetwork
    lanes, multipliers : int
        P and M.

    Members
    -------
    enable : ``In(1)``
        Nothing moves while this is low.
    issue, begins, ends : ``In(1)``
        Whether a part is asked for, and whether it is the first and the last of its row; only while ``enable``.
    part : ``In(part_layout(network, multipliers))``
        What was asked for two enabled clocks before.
    sums : ``Out`` of rows
    valid : ``Out(1)``
        Whether ``sums`` are those of a whole row, which they are for one enabled clock.
    """

    def __init__(self, network: DenseNetwork, lanes: int, multipliers: int) -> None:
        self.network = network
        self.lanes = lanes
        self.multipliers = multipliers
        self.width = dense_widths(network).recurrent_sum
        super().__init__(
            {
                "enable": In(1),
                "issue": In(1),
                "begins": In(1),
                "ends": In(1),
                "part": In(part_layout(network, multipliers)),
                "sums": Out(data.ArrayLayout(signed(self.width), lanes)),
                "valid": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        lanes, multipliers = self.lanes, self.multipliers
        asked, read = Signal(_FLAGS, name="asked_flags", reset_less=True), Signal(_FLAGS, reset_less=True)
        asked_valid, read_valid = Signal(), Signal()
        with m.If(self.enable):
            m.d.sync += [
                asked.begins.eq(self.begins),
                asked.ends.eq(self.ends),
                asked_valid.eq(self.issue),
                read.eq(asked),
                read_valid.eq(asked_valid),
            ]
        stored, bits = stored_weights(self.network, multipliers)
        words = part_words(stored, lanes, multipliers, bits)
        m.submodules.weights = weights = CoefficientMemory(words, lanes * multipliers * bits)
        m.d.comb += weights.advance.eq(self.enable & asked_valid)
        layout = data.ArrayLayout(data.ArrayLayout(signed(bits), multipliers), lanes)
        word = weights.registered(m, self.enable, layout)
        counts = negative_counts(self.network, multipliers)
        multiplied = operator.mul if counts is None else operator.xor  # a weight of one bit is 0 or, of +1 or −1, ~0
        terms = [[multiplied(word[lane][j], self.part[j]) for j in range(multipliers)] for lane in range(lanes)]
        sums, flags, valid = registered_sum(m, self.enable, terms, read, read_valid)
        advance = self.enable & valid & flags.begins
        begun = [Const(0)] * lanes if counts is None else self._counts(m, counts, advance)

        totals = Signal(self.sums.shape(), name="accumulators", reset_less=True)
        whole = Signal()
        m.d.comb += [self.sums.eq(totals), self.valid.eq(whole)]
        with m.If(self.enable):
            m.d.sync += whole.eq(valid & flags.ends)
            with m.If(valid):
                m.d.sync += [totals[i].eq(Mux(flags.begins, begun[i], totals[i]) + sums[i]) for i in range(lanes)]
        return m

    def _counts(self, m: Module, counts: np.ndarray, advance: ValueLike) -> Sequence[Value]:
        """The counts of the row that begins next, one per lane, in registers: ``advance`` takes those of the one after.

        The registers begin with the first row's, so that the memory begins with the second's.
        """
        rows, bits = counts.reshape(-1, self.lanes).tolist(), count_bits(counts)
        if len(rows) == 1:
            return [Const(count, bits) for count in rows[0]]
        words = [pack([(count, bits) for count in row]) for row in [*rows[1:], rows[0]]]
        m.submodules.counts = memory = CoefficientMemory(words, self.lanes * bits)
        held = Signal(data.ArrayLayout(bits, self.lanes), name="count_register", init=rows[0])
        m.d.comb += memory.advance.eq(advance)
        with m.If(advance):
            m.d.sync += held.as_value().eq(memory.data)
        return [held[lane] for lane in range(self.lanes)]
