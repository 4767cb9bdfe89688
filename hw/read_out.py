"""The read-out: logits = V relu(h) + C, with a few multipliers per lane that share the outputs between them."""

from itertools import pairwise

import numpy as np
from amaranth.hdl import Array, Const, Module, Mux, Shape, Signal, signed, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ..quant.integer import IntegerNetwork
from .coefficient_memory import CoefficientMemory, pack
from .delay_line import RowCounter
from .recurrence import state_layout
from .widths import Widths


def logit_layout(network: IntegerNetwork) -> data.StructLayout:
    """One logit, and whether it is the ``last`` of its result."""
    return data.StructLayout({"logit": signed(Widths.of(network).logit), "last": 1})


def read_out_fold(network: IntegerNetwork, multipliers: int) -> int:
    """Clocks per row of the last step, for so many multipliers per lane: ceil(o / multipliers)."""
    return -(-network.output_size // multipliers)


def read_out_latency(lanes: int) -> int:
    """Clocks from the last row being taken to the first logit being offered.

    3 + log2 P: the operands, the product, each level of the sum over lanes, and the accumulator.
    """
    return 3 + (lanes - 1).bit_length()


class ReadOut(wiring.Component):
    """Computes the logits of a state that arrives row by row. Exact.

    M multipliers per lane compute M logits at once, so a row takes ``fold`` = ceil(o / M) clocks; multiplier j has the
    logits j·fold to (j + 1)·fold − 1. The accumulators are one chain: each multiplier's part of it rotates by one place
    with each product, and after the last row the whole chain shifts out, logit 0 first, while the output biases shift
    in for the next result.

    Throughput: one row in ``fold`` clocks; the first row of a state waits until the result before has been taken.

    Parameters
    ----------
    network : IntegerNetwork
    lanes, multipliers : int
        P and M.

    Members
    -------
    state : ``In(stream.Signature(state_layout(network, lanes)))``
    logits : ``Out(stream.Signature(logit_layout(network)))``

    Attributes
    ----------
    fold, latency : int
        :func:`read_out_fold` and :func:`read_out_latency`.
    """

    def __init__(self, network: IntegerNetwork, lanes: int, multipliers: int) -> None:
        self.network = network
        self.lanes = lanes
        self.multipliers = multipliers
        self.rows = network.hidden_size // lanes
        self.fold = read_out_fold(network, multipliers)
        self.latency = read_out_latency(lanes)
        self.width = Widths.of(network).logit
        super().__init__(
            {
                "state": In(stream.Signature(state_layout(network, lanes))),
                "logits": Out(stream.Signature(logit_layout(network))),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()

        # Issue: `fold` clocks per row, unless a result is still on its way out.
        busy = Signal(init=1)
        issue = Signal()
        m.submodules.coefficients = coefficients = self._coefficients()
        m.submodules.part = part = RowCounter(self.fold)
        final = issue & (coefficients.next_index == 0)
        m.d.comb += [issue.eq(self.state.valid & ~busy), coefficients.advance.eq(issue), part.enable.eq(issue)]
        with m.If(issue):  # `ready` is a register: the whole recurrence waits for it
            m.d.sync += self.state.ready.eq(part.next_count == self.fold - 1)
        with m.If(final):
            m.d.sync += [busy.eq(1), self.state.ready.eq(0)]

        weights = coefficients.registered(m, Const(1), self._word_layout())
        states = [Signal(self._activated_shape(), name=f"state_{lane}", reset_less=True) for lane in range(self.lanes)]
        m.d.sync += [state.eq(self._activated(self.state.payload[lane])) for lane, state in enumerate(states)]
        valid, last = Signal(name="operands_valid"), Signal(name="operands_last")
        m.d.sync += [valid.eq(issue), last.eq(final)]
        products = [[states[lane] * weights[lane][j] for lane in range(self.lanes)] for j in range(self.multipliers)]
        products, valid, last = self._registered(m, "product", products, valid, last)
        while len(products[0]) > 1:
            products = [[sum(terms[i : i + 2]) for i in range(0, len(terms), 2)] for terms in products]
            products, valid, last = self._registered(m, f"sum_of_{len(products[0])}", products, valid, last)

        self._accumulators(m, [terms[0] for terms in products], valid, last, busy)
        return m

    def _accumulators(self, m: Module, products: list[Signal], valid: Signal, last: Signal, busy: Signal) -> None:
        places, outputs = self.multipliers * self.fold, self.network.output_size
        biases = [int(bias) for bias in self.network.output_bias] + [0] * (places - outputs)
        chain = [Signal(signed(self.width), name=f"accumulator_{i}", reset_less=True) for i in range(places)]
        # After reset the chain shifts once around to fill with the biases, and nothing leaves.
        filling, leaving, index = Signal(init=1), Signal(init=1), Signal(range(places))
        last_logit, shift = Signal(init=outputs == 1), Signal()
        m.d.comb += [
            shift.eq(leaving & (self.logits.ready | ~self.logits.valid)),
            self.logits.payload.logit.eq(chain[0]),
            self.logits.payload.last.eq(last_logit),
        ]
        with m.If(valid):
            for j, product in enumerate(products):
                part = chain[j * self.fold : (j + 1) * self.fold]
                for place, register in enumerate(part[:-1]):
                    m.d.sync += register.eq(part[place + 1])
                m.d.sync += part[-1].eq(part[0] + product)
            m.d.sync += [leaving.eq(last), self.logits.valid.eq(last)]
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

    def _activated_shape(self) -> Shape:
        bits = self.network.state_bits
        return signed(bits) if self.network.readout_activation == "none" else unsigned(bits - 1)

    def _activated(self, state: Signal) -> Signal:
        if self.network.readout_activation == "none":
            return state
        return Mux(state[-1], Const(0, unsigned(len(state) - 1)), state[:-1])

    def _registered(
        self, m: Module, name: str, terms: list, valid: Signal, last: Signal
    ) -> tuple[list, Signal, Signal]:
        """One pipeline register; this pipeline never waits."""
        registers = [
            [Signal.like(term, name=f"{name}_{j}_{i}", reset_less=True) for i, term in enumerate(column)]
            for j, column in enumerate(terms)
        ]
        later = Signal(name=f"{name}_valid"), Signal(name=f"{name}_last")
        m.d.sync += [later[0].eq(valid), later[1].eq(last)]
        for column, sources in zip(registers, terms, strict=True):
            m.d.sync += [register.eq(source) for register, source in zip(column, sources, strict=True)]
        return registers, *later

    def _word_layout(self) -> data.ArrayLayout:
        return data.ArrayLayout(data.ArrayLayout(signed(self.network.weight_bits), self.multipliers), self.lanes)

    def _coefficients(self) -> CoefficientMemory:
        """Words in the order of issue: row by row, and within a row one for each part of the fold."""
        d, o, bits = self.network.hidden_size, self.network.output_size, self.network.weight_bits
        weights = np.zeros((self.multipliers * self.fold, d), dtype=np.int64)
        weights[:o] = self.network.output_weight
        ordered = weights.reshape(self.multipliers, self.fold, self.rows, self.lanes).transpose(2, 1, 3, 0)
        rows = ordered.reshape(self.rows * self.fold, -1).tolist()
        words = [pack([(value, bits) for value in row]) for row in rows]
        return CoefficientMemory(words, self.lanes * self.multipliers * bits)


class ArgMax(wiring.Component):
    """The class of a result: the smallest index of a largest logit.

    Throughput: one logit in two clocks, the comparison and the choice. Latency: one clock after the choice of the last.

    Parameters
    ----------
    network : IntegerNetwork

    Members
    -------
    logits : ``In(stream.Signature(logit_layout(network)))``
    best : ``Out(stream.Signature(range(o)))``
    """

    def __init__(self, network: IntegerNetwork) -> None:
        self.classes = max(network.output_size, 2)
        super().__init__(
            {
                "logits": In(stream.Signature(logit_layout(network))),
                "best": Out(stream.Signature(range(self.classes))),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        logit = self.logits.payload.logit
        index = Signal(range(self.classes))
        best = Signal(range(self.classes), reset_less=True)
        largest = Signal(logit.shape(), reset_less=True)
        compared, larger, fresh = Signal(), Signal(), Signal(init=1)
        m.d.comb += [self.logits.ready.eq(compared), self.best.payload.eq(best)]
        m.d.sync += compared.eq(self.logits.valid & ~compared & ~self.best.valid)
        m.d.sync += larger.eq(logit > largest)
        with m.If(self.best.ready):
            m.d.sync += self.best.valid.eq(0)
        with m.If(compared):
            m.d.sync += [index.eq(index + 1), fresh.eq(self.logits.payload.last)]
            with m.If(larger | fresh):
                m.d.sync += [largest.eq(logit), best.eq(index)]
            with m.If(self.logits.payload.last):
                m.d.sync += [index.eq(0), self.best.valid.eq(1)]
        return m
