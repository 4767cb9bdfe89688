"""The input side of a step: row by row, bias plus shifted input product, ahead of the recurrence."""

import numpy as np
from amaranth.hdl import Module, Signal, signed, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ..quant.integer import IntegerNetwork
from .coefficient_memory import CoefficientMemory, pack
from .root_division import round_up
from .widths import Widths


def step_layout(network: IntegerNetwork) -> data.StructLayout:
    """One step of input: ``elements``, and whether it is the ``first`` and the ``last`` of its sequence."""
    element = signed(network.input_bits) if network.input_signed else unsigned(network.input_bits)
    return data.StructLayout({"elements": data.ArrayLayout(element, network.input_size), "first": 1, "last": 1})


def drive_layout(network: IntegerNetwork, lanes: int) -> data.StructLayout:
    """One row of what a step adds to the state.

    ``values`` = B + shift(U x, f) per lane, ``negative`` the sign of W per lane (1 for −1), and the flags of the step.
    """
    values = data.ArrayLayout(signed(Widths.of(network).drive), lanes)
    return data.StructLayout({"values": values, "negative": lanes, "first": 1, "last": 1})


def input_latency(network: IntegerNetwork) -> int:
    """Clocks from a step to its first row of drive.

    3 + ceil(log2 m): coefficients, products, one clock per level of the sum over m elements, the shift with the bias.
    """
    return 3 + (network.input_size - 1).bit_length()


class InputProduct(wiring.Component):
    """Turns each step of input into R = d/P rows of ``values = bias + shift(U x, f)``, rounded half to even, exact.

    Latency: ``latency`` clocks from a step to its first row. Throughput: one row per clock; a step is taken with its
    last row. A pipeline that moves whenever its output is empty or taken. A step must not be offered in the first clock
    after reset, when the coefficients are not there yet.

    Parameters
    ----------
    network : IntegerNetwork
    lanes : int

    Members
    -------
    step : ``In(stream.Signature(step_layout(network)))``
    drive : ``Out(stream.Signature(drive_layout(network, lanes)))``

    Attributes
    ----------
    latency : int
        :func:`input_latency`.
    """

    def __init__(self, network: IntegerNetwork, lanes: int) -> None:
        self.network = network
        self.lanes = lanes
        self.rows = network.hidden_size // lanes
        self.widths = Widths.of(network)
        self.latency = input_latency(network)
        super().__init__(
            {
                "step": In(stream.Signature(step_layout(network))),
                "drive": Out(stream.Signature(drive_layout(network, lanes))),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        network, lanes = self.network, self.lanes
        enable = Signal()
        m.d.comb += enable.eq(~self.drive.valid | self.drive.ready)

        # Issue: one row per clock of the step that is waiting.
        m.submodules.coefficients = coefficients = self._coefficients()
        last_row = Signal(init=self.rows == 1)
        m.d.comb += [coefficients.advance.eq(enable & self.step.valid), self.step.ready.eq(enable & last_row)]
        with m.If(coefficients.advance):
            m.d.sync += last_row.eq(coefficients.next_index == self.rows - 1)
        valid = Signal(name="issued_valid")
        issued = Signal(step_layout(network), reset_less=True)
        word = coefficients.registered(m, enable, self._word_layout())
        with m.If(enable):
            m.d.sync += [valid.eq(self.step.valid), issued.eq(self.step.payload)]

        terms = [
            [word.lanes[lane].weights[j] * issued.elements[j] for j in range(network.input_size)]
            for lane in range(lanes)
        ]
        carried = Signal(
            data.StructLayout({"bias": self._bias_layout(), "negative": lanes, "first": 1, "last": 1}), name="carried"
        )
        m.d.comb += [carried.first.eq(issued.first), carried.last.eq(issued.last)]
        for lane in range(lanes):
            m.d.comb += [
                carried.bias[lane].eq(word.lanes[lane].bias),
                carried.negative[lane].eq(word.lanes[lane].negative),
            ]
        terms, carried, valid = self._registered(m, enable, "product", terms, carried, valid)
        while len(terms[0]) > 1:
            terms = [[sum(lane_terms[j : j + 2]) for j in range(0, len(lane_terms), 2)] for lane_terms in terms]
            terms, carried, valid = self._registered(m, enable, f"sum_of_{len(terms[0])}", terms, carried, valid)

        payload = Signal(drive_layout(network, lanes), name="drive_register", reset_less=True)
        m.d.comb += self.drive.payload.eq(payload)
        with m.If(enable):
            m.d.sync += [
                self.drive.valid.eq(valid),
                payload.first.eq(carried.first),
                payload.last.eq(carried.last),
                payload.negative.eq(carried.negative),
            ]
            for lane in range(lanes):
                m.d.sync += payload["values"][lane].eq(carried.bias[lane] + self._shifted(terms[lane][0]))
        return m

    def _shifted(self, value: Signal) -> object:
        shift = self.network.input_shift
        return value << shift if shift >= 0 else (value >> -shift) + round_up(value, -shift)

    def _registered(
        self, m: Module, enable: Signal, name: str, terms: list, carried: Signal, valid: Signal
    ) -> tuple[list, Signal, Signal]:
        """One pipeline register over the terms of all lanes and what travels with them."""
        registers = [
            [Signal.like(term, name=f"{name}_{lane}_{j}", reset_less=True) for j, term in enumerate(lane_terms)]
            for lane, lane_terms in enumerate(terms)
        ]
        following = Signal(carried.shape(), name=f"{name}_carried", reset_less=True)
        following_valid = Signal(name=f"{name}_valid")
        with m.If(enable):
            m.d.sync += [following.eq(carried), following_valid.eq(valid)]
            for lane, lane_terms in enumerate(terms):
                m.d.sync += [register.eq(term) for register, term in zip(registers[lane], lane_terms, strict=True)]
        return registers, following, following_valid

    def _bias_layout(self) -> data.ArrayLayout:
        return data.ArrayLayout(signed(self.widths.bias), self.lanes)

    def _word_layout(self) -> data.StructLayout:
        weights = data.ArrayLayout(signed(self.network.weight_bits), self.network.input_size)
        lane = data.StructLayout({"negative": 1, "bias": signed(self.widths.bias), "weights": weights})
        return data.StructLayout({"lanes": data.ArrayLayout(lane, self.lanes)})

    def _coefficients(self) -> CoefficientMemory:
        network = self.network
        fields = np.concatenate([(network.signs < 0)[:, None], network.bias[:, None], network.input_weight], axis=1)
        bits = [1, self.widths.bias] + [network.weight_bits] * network.input_size
        rows = fields.reshape(self.rows, -1).tolist()
        words = [pack(list(zip(row, bits * self.lanes, strict=True))) for row in rows]
        return CoefficientMemory(words, sum(bits) * self.lanes)
