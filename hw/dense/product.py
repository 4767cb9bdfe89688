"""The recurrent product: M multiplications a clock in each lane, of M words of the state that all lanes share."""

from amaranth.hdl import Module, Mux, Signal, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from ...quant.integer import DenseNetwork
from ..coefficient_memory import CoefficientMemory, part_words
from ..registered_sum import registered_sum
from .dense_widths import dense_widths
from .state_memory import part_layout

_FLAGS = data.StructLayout({"begins": 1, "ends": 1})


class RecurrentProduct(wiring.Component):
    """``sums`` = W_int h of one row of units, from the parts of h; exact.

    The weights are in one memory, a word of P · M for each part of each row, which follow each other by themselves.

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
        lanes, multipliers, bits = self.lanes, self.multipliers, self.network.recurrent_bits
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
        words = part_words(self.network.recurrent_weight, lanes, multipliers, bits)
        m.submodules.weights = weights = CoefficientMemory(words, lanes * multipliers * bits)
        m.d.comb += weights.advance.eq(self.enable & asked_valid)
        layout = data.ArrayLayout(data.ArrayLayout(signed(bits), multipliers), lanes)
        word = weights.registered(m, self.enable, layout)
        terms = [[word[lane][j] * self.part[j] for j in range(multipliers)] for lane in range(lanes)]
        sums, flags, valid = registered_sum(m, self.enable, terms, read, read_valid)

        totals = Signal(self.sums.shape(), name="accumulators", reset_less=True)
        whole = Signal()
        m.d.comb += [self.sums.eq(totals), self.valid.eq(whole)]
        with m.If(self.enable):
            m.d.sync += whole.eq(valid & flags.ends)
            with m.If(valid):
                m.d.sync += [totals[i].eq(Mux(flags.begins, 0, totals[i]) + sums[i]) for i in range(lanes)]
        return m
