"""The products of the read-out: some rows of V at a time, times a row of the activated state, summed over lanes."""

import numpy as np
from amaranth.hdl import Const, Module, Mux, Shape, Signal, signed, unsigned
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from ...quant.integer import FrozenNetwork
from ..coefficient_memory import CoefficientMemory, pack
from ..row_layouts import state_layout
from ..widths import Widths


def read_out_fold(network: FrozenNetwork, multipliers: int) -> int:
    """Clocks per row that is read out, for so many multipliers per lane: ceil(o / multipliers)."""
    return -(-network.output_size // multipliers)


def read_out_latency(lanes: int) -> int:
    """Clocks from the last row being taken to the first logit being offered.

    3 + log2 P: the operands, the product, each level of the sum over lanes, and the accumulator.
    """
    return 3 + (lanes - 1).bit_length()


def product_sum_bits(network: FrozenNetwork, lanes: int) -> int:
    """Bits of the sum over the lanes of V · relu(h), exact; no more than a logit has."""
    return min(Widths.of(network).logit, network.state_bits + network.weight_bits + (lanes - 1).bit_length())


class ReadOutProduct(wiring.Component):
    """``sums[j]`` = Σ over the lanes of V · relu(h), for M logits at once; the weights follow each other by themselves.

    A row takes ``fold`` = ceil(o / M) issues; multiplier j has the logits j·fold to (j + 1)·fold − 1 in turn.

    Latency: 2 + log2 P enabled clocks. Throughput: one issue per clock.

    Parameters
    ----------
    network : FrozenNetwork
    lanes, multipliers : int
        P and M.
    mark_bits : int
        Bits of ``mark``.

    Members
    -------
    enable : ``In(1)``
        Nothing moves while this is low.
    issue : ``In(1)``
        Multiply the row in hand; only while ``enable``.
    load : ``In(1)``
        Take ``state`` in hand with this clock, before it is multiplied.
    state : ``In(state_layout(network, lanes))``
    mark : ``In(mark_bits)``
        Travels with an issue.
    final : ``Out(1)``
        This issue is the last one of a state.
    sums : ``Out``, M signed words
    sums_valid, sums_last : ``Out(1)``
        Whether there are sums, and whether they are the last ones of a state.
    sums_mark : ``Out(mark_bits)``
        The ``mark`` of their issue.
    """

    def __init__(self, network: FrozenNetwork, lanes: int, multipliers: int, mark_bits: int = 1) -> None:
        self.network = network
        self.lanes = lanes
        self.mark_bits = mark_bits
        self.multipliers = multipliers
        width = signed(product_sum_bits(network, lanes))
        super().__init__(
            {
                "enable": In(1),
                "issue": In(1),
                "load": In(1),
                "state": In(state_layout(network, lanes)),
                "mark": In(mark_bits),
                "final": Out(1),
                "sums": Out(data.ArrayLayout(width, multipliers)),
                "sums_valid": Out(1),
                "sums_last": Out(1),
                "sums_mark": Out(mark_bits),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.coefficients = coefficients = self._coefficients()
        m.d.comb += [
            coefficients.advance.eq(self.issue),
            self.final.eq(self.issue & (coefficients.next_index == 0)),
        ]
        weights = coefficients.registered(m, self.enable, self._word_layout())
        states = [Signal(self._activated_shape(), name=f"state_{lane}", reset_less=True) for lane in range(self.lanes)]
        flags = self._flags("operands")
        with m.If(self.enable & self.load):
            m.d.sync += [state.eq(self._activated(self.state[lane])) for lane, state in enumerate(states)]
        with m.If(self.enable):
            m.d.sync += [flags[0].eq(self.issue), flags[1].eq(self.final), flags[2].eq(self.mark)]
        products = [[states[lane] * weights[lane][j] for lane in range(self.lanes)] for j in range(self.multipliers)]
        products, flags = self._registered(m, "product", products, flags)
        while len(products[0]) > 1:
            products = [[sum(terms[i : i + 2]) for i in range(0, len(terms), 2)] for terms in products]
            products, flags = self._registered(m, f"sum_of_{len(products[0])}", products, flags)
        m.d.comb += [self.sums[j].eq(terms[0]) for j, terms in enumerate(products)]
        m.d.comb += [self.sums_valid.eq(flags[0]), self.sums_last.eq(flags[1]), self.sums_mark.eq(flags[2])]
        return m

    def _activated_shape(self) -> Shape:
        bits = self.network.state_bits
        return signed(bits) if self.network.readout_activation == "none" else unsigned(bits - 1)

    def _activated(self, state: Signal) -> Signal:
        if self.network.readout_activation == "none":
            return state
        return Mux(state[-1], Const(0, unsigned(len(state) - 1)), state[:-1])

    def _registered(self, m: Module, name: str, terms: list, flags: list[Signal]) -> tuple[list, list[Signal]]:
        """One pipeline register."""
        registers = [
            [Signal.like(term, name=f"{name}_{j}_{i}", reset_less=True) for i, term in enumerate(column)]
            for j, column in enumerate(terms)
        ]
        later = self._flags(name)
        with m.If(self.enable):
            m.d.sync += [flag.eq(source) for flag, source in zip(later, flags, strict=True)]
            for column, sources in zip(registers, terms, strict=True):
                m.d.sync += [register.eq(source) for register, source in zip(column, sources, strict=True)]
        return registers, later

    def _flags(self, name: str) -> list[Signal]:
        """What travels with an issue: whether it is one, whether it is a state's last, its mark."""
        return [Signal(name=f"{name}_valid"), Signal(name=f"{name}_last"), Signal(self.mark_bits, name=f"{name}_mark")]

    def _word_layout(self) -> data.ArrayLayout:
        return data.ArrayLayout(data.ArrayLayout(signed(self.network.weight_bits), self.multipliers), self.lanes)

    def _coefficients(self) -> CoefficientMemory:
        """Words in the order of issue: row by row, and within a row one for each part of the fold."""
        d, o, bits = self.network.hidden_size, self.network.output_size, self.network.weight_bits
        fold = read_out_fold(self.network, self.multipliers)
        weights = np.zeros((self.multipliers * fold, d), dtype=np.int64)
        weights[:o] = self.network.output_weight
        ordered = weights.reshape(self.multipliers, fold, d // self.lanes, self.lanes).transpose(2, 1, 3, 0)
        words = [pack([(value, bits) for value in row]) for row in ordered.reshape(d // self.lanes * fold, -1).tolist()]
        return CoefficientMemory(words, self.lanes * self.multipliers * bits)
