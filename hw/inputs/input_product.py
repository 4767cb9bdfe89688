"""The input side of a step: row by row, bias plus shifted input product, ahead of the recurrence."""

import numpy as np
from amaranth.hdl import Module, Signal, signed, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ...quant.integer import IntegerNetwork
from ..channel import copied, slot_fields
from ..coefficient_memory import CoefficientMemory, pack
from ..ring.recurrence import drive_layout
from ..rounding import round_up
from ..widths import Widths
from .interleaver import slot_layout


def step_layout(network: IntegerNetwork) -> data.StructLayout:
    """One step of input: ``elements``, and whether it is the ``first`` and the ``last`` of its sequence."""
    element = signed(network.input_bits) if network.input_signed else unsigned(network.input_bits)
    return data.StructLayout({"elements": data.ArrayLayout(element, network.input_size), "first": 1, "last": 1})


def bias_layout(network: IntegerNetwork, lanes: int) -> data.ArrayLayout:
    """What belongs to a row whatever its input is: ``negative`` and ``bias`` of each lane."""
    return data.ArrayLayout(data.StructLayout({"negative": 1, "bias": signed(Widths.of(network).bias)}), lanes)


def bias_words(network: IntegerNetwork, lanes: int) -> tuple[list[int], int]:
    """The memory of biases and signs, R words in the layout of :func:`bias_layout`, and the bits of a word."""
    bits = [1, Widths.of(network).bias] * lanes
    rows = np.stack([network.signs < 0, network.bias], axis=1).reshape(-1, 2 * lanes).tolist()
    return [pack(list(zip(row, bits, strict=True))) for row in rows], sum(bits)


def shifted(network: IntegerNetwork, value: Signal) -> object:
    """``shift(value, f)``: to the left exact, to the right rounded half to even."""
    shift = network.input_shift
    return value << shift if shift >= 0 else (value >> -shift) + round_up(value, -shift)


def registered_sum(
    m: Module, enable: Signal, terms: list[list], carried: Signal, valid: Signal
) -> tuple[list[Signal], Signal, Signal]:
    """The sum of the terms of each lane, as a tree with a register before every level and behind the last.

    What is ``carried`` and whether it is ``valid`` come out beside it, 1 + ceil(log2 M) enabled clocks later for M
    terms.
    """
    terms, carried, valid = _registered(m, enable, "product", terms, carried, valid)
    while len(terms[0]) > 1:
        terms = [[sum(lane_terms[j : j + 2]) for j in range(0, len(lane_terms), 2)] for lane_terms in terms]
        terms, carried, valid = _registered(m, enable, f"sum_of_{len(terms[0])}", terms, carried, valid)
    return [lane_terms[0] for lane_terms in terms], carried, valid


def _registered(
    m: Module, enable: Signal, name: str, terms: list, carried: Signal, valid: Signal
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


class InputProduct(wiring.Component):
    """Turns each step of input into R = d/P rows of ``values = bias + shift(U x, f)``, rounded half to even, exact.

    Latency: ``latency`` clocks from a step to its first row. Throughput: one row per clock; a step is taken with its
    last row. A pipeline that moves whenever its output is empty or taken. A step must not be offered in the first clock
    after reset, when the coefficients are not there yet. A ``void`` slot is one row and uses no coefficients.

    Parameters
    ----------
    network : IntegerNetwork
    lanes : int
    channels : int
        C.

    Members
    -------
    step : ``In(stream.Signature(step_layout(network)))``
        For several channels slots, ``slot_layout(step_layout(network), channels)``.
    drive : ``Out(stream.Signature(drive_layout(network, lanes, channels)))``

    Attributes
    ----------
    latency : int
        3 + ceil(log2 m): coefficients, products, one clock per level of the sum over m elements, the shift with the
        bias.
    """

    def __init__(self, network: IntegerNetwork, lanes: int, channels: int = 1) -> None:
        self.network = network
        self.lanes = lanes
        self.slot = slot_fields(channels)
        self.step_layout = step_layout(network) if channels == 1 else slot_layout(step_layout(network), channels)
        self.rows = network.hidden_size // lanes
        self.widths = Widths.of(network)
        self.latency = 3 + (network.input_size - 1).bit_length()
        super().__init__(
            {
                "step": In(stream.Signature(self.step_layout)),
                "drive": Out(stream.Signature(drive_layout(network, lanes, channels))),
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
        row = self.step.valid & ~self.step.payload.void if self.slot else self.step.valid
        through = last_row | self.step.payload.void if self.slot else last_row
        m.d.comb += [coefficients.advance.eq(enable & row), self.step.ready.eq(enable & through)]
        with m.If(coefficients.advance):
            m.d.sync += last_row.eq(coefficients.next_index == self.rows - 1)
        valid = Signal(name="issued_valid")
        issued = Signal(self.step_layout, reset_less=True)
        word = coefficients.registered(m, enable, self._word_layout())
        with m.If(enable):
            m.d.sync += [valid.eq(self.step.valid), issued.eq(self.step.payload)]

        terms = [
            [word.lanes[lane].weights[j] * issued.elements[j] for j in range(network.input_size)]
            for lane in range(lanes)
        ]
        carried = Signal(
            data.StructLayout({"bias": self._bias_layout(), "negative": lanes, "first": 1, "last": 1} | self.slot),
            name="carried",
        )
        m.d.comb += copied(carried, issued, ("first", "last", *self.slot))
        for lane in range(lanes):
            m.d.comb += [
                carried.bias[lane].eq(word.lanes[lane].bias),
                carried.negative[lane].eq(word.lanes[lane].negative),
            ]
        sums, carried, valid = registered_sum(m, enable, terms, carried, valid)

        payload = Signal(self.drive.payload.shape(), name="drive_register", reset_less=True)
        m.d.comb += self.drive.payload.eq(payload)
        with m.If(enable):
            m.d.sync += [
                self.drive.valid.eq(valid),
                *copied(payload, carried, ("first", "last", *self.slot)),
                payload.negative.eq(carried.negative),
            ]
            for lane in range(lanes):
                m.d.sync += payload["values"][lane].eq(carried.bias[lane] + shifted(network, sums[lane]))
        return m

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
