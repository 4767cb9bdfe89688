"""The input side of a step: row by row, bias plus shifted input product, ahead of the recurrence."""

from typing import Any

import numpy as np
from amaranth.hdl import Module, Signal, signed, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ...quant.integer import FrozenNetwork, IntegerNetwork
from ..channel import copied, slot_fields
from ..coefficient_memory import CoefficientMemory, pack
from ..registered_sum import registered_sum
from ..rounding import round_up
from ..row_layouts import drive_layout, has_signs
from ..widths import Widths
from .interleaver import slot_layout


def step_layout(network: FrozenNetwork) -> data.StructLayout:
    """One step of input: ``elements``, and whether it is the ``first`` and the ``last`` of its sequence."""
    element = signed(network.input_bits) if network.input_signed else unsigned(network.input_bits)
    return data.StructLayout({"elements": data.ArrayLayout(element, network.input_size), "first": 1, "last": 1})


def bias_layout(network: FrozenNetwork, lanes: int) -> data.ArrayLayout:
    """What belongs to a row whatever its input is: ``bias`` and, where units have signs, ``negative`` of each lane."""
    return data.ArrayLayout(data.StructLayout(_constant_fields(network)), lanes)


def _constant_fields(network: FrozenNetwork) -> dict[str, Any]:
    return ({"negative": 1} if has_signs(network) else {}) | {"bias": signed(Widths.of(network).bias)}


def constants(network: FrozenNetwork) -> tuple[np.ndarray, list[int]]:
    """The values of these fields, of shape ``(d, fields)``, and the bits of each."""
    bias = Widths.of(network).bias
    if not isinstance(network, IntegerNetwork):
        return network.bias[:, None], [bias]
    return np.stack([network.signs < 0, network.bias], axis=1), [1, bias]


def copied_signs(network: FrozenNetwork, target: data.View, source: data.View) -> list:
    """Assignments of the signs in ``source``, of each lane, to ``negative`` of ``target``, where units have signs."""
    if not has_signs(network):
        return []
    return [target.negative[lane].eq(source[lane].negative) for lane in range(source.shape().length)]


def bias_words(network: FrozenNetwork, lanes: int) -> tuple[list[int], int]:
    """The memory of biases and signs, R words in the layout of :func:`bias_layout`, and the bits of a word."""
    values, bits = constants(network)
    bits = bits * lanes
    rows = values.reshape(-1, len(bits)).tolist()
    return [pack(list(zip(row, bits, strict=True))) for row in rows], sum(bits)


def shifted(network: FrozenNetwork, value: Signal) -> object:
    """``shift(value, f)``: to the left exact, to the right rounded half to even."""
    shift = network.input_shift
    return value << shift if shift >= 0 else (value >> -shift) + round_up(value, -shift)


class InputProduct(wiring.Component):
    """Turns each step of input into R = d/P rows of ``values = bias + shift(U x, f)``, rounded half to even, exact.

    Latency: ``latency`` clocks from a step to its first row. Throughput: one row per clock; a step is taken with its
    last row. A pipeline that moves whenever its output is empty or taken. A step must not be offered in the first clock
    after reset, when the coefficients are not there yet. A ``void`` slot is one row and uses no coefficients.

    Parameters
    ----------
    network : FrozenNetwork
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

    def __init__(self, network: FrozenNetwork, lanes: int, channels: int = 1) -> None:
        self.network = network
        self.lanes = lanes
        self.slot = slot_fields(channels)
        self.step_layout = step_layout(network) if channels == 1 else slot_layout(step_layout(network), channels)
        self.rows = network.hidden_size // lanes
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
            [word[lane].weights[j] * issued.elements[j] for j in range(network.input_size)] for lane in range(lanes)
        ]
        biases = data.ArrayLayout(signed(Widths.of(network).bias), lanes)
        signs = {"negative": lanes} if has_signs(network) else {}
        carried = Signal(
            data.StructLayout({"bias": biases, **signs, "first": 1, "last": 1} | self.slot),
            name="carried",
        )
        m.d.comb += copied(carried, issued, ("first", "last", *self.slot))
        for lane in range(lanes):
            m.d.comb += carried.bias[lane].eq(word[lane].bias)
        m.d.comb += copied_signs(network, carried, word)
        sums, carried, valid = registered_sum(m, enable, terms, carried, valid)

        payload = Signal(self.drive.payload.shape(), name="drive_register", reset_less=True)
        m.d.comb += self.drive.payload.eq(payload)
        with m.If(enable):
            m.d.sync += [
                self.drive.valid.eq(valid),
                *copied(payload, carried, ("first", "last", *self.slot)),
                *copied(payload, carried, signs),
            ]
            for lane in range(lanes):
                m.d.sync += payload["values"][lane].eq(carried.bias[lane] + shifted(network, sums[lane]))
        return m

    def _word_layout(self) -> data.ArrayLayout:
        weights = data.ArrayLayout(signed(self.network.weight_bits), self.network.input_size)
        return data.ArrayLayout(data.StructLayout(_constant_fields(self.network) | {"weights": weights}), self.lanes)

    def _coefficients(self) -> CoefficientMemory:
        network = self.network
        values, bits = constants(network)
        fields = np.concatenate([values, network.input_weight], axis=1)
        bits = bits + [network.weight_bits] * network.input_size
        rows = fields.reshape(self.rows, -1).tolist()
        words = [pack(list(zip(row, bits * self.lanes, strict=True))) for row in rows]
        return CoefficientMemory(words, sum(bits) * self.lanes)
