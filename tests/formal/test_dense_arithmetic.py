"""Requantisation and activations of a dense network are their definitions for every operand; broken ones are not.

The recurrence as a whole gives the states of the definition for every drive and every stall, over some steps.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from amaranth.hdl import Assert, Assume, Const, Module, Mux, ResetSignal, Signal, Value, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In

from hadamrnn.hw import requantiser
from hadamrnn.hw.dense import activation
from hadamrnn.hw.dense.activation import Activation
from hadamrnn.hw.dense.recurrence import DenseRecurrence
from hadamrnn.hw.parameters import CoreParameters
from hadamrnn.hw.requantiser import Requantiser
from hadamrnn.hw.widths import drives, signed_bits
from hadamrnn.quant.integer import DenseNetwork

from .prover import Proof

WIDTH = 7  # bits of the sums that are requantised
WIDE = 24  # bits that hold every number of a definition here


def dense(hidden_size: int, **fields: Any) -> DenseNetwork:
    """A network of few bits; weights 1, −2, −1, 0, 1, …"""
    places = [[(place + 2 * row) % 4 for place in range(hidden_size)] for row in range(hidden_size)]
    fields = {
        "recurrent_weight": [[(1, -2, -1, 0)[place] for place in row] for row in places],
        "recurrent_bits": 2,
        "recurrent_multiplier": 3,
        "recurrent_shift": 2,
        "input_weight": [[1]] * hidden_size,
        "bias": [0] * hidden_size,
        "output_weight": [[1] * hidden_size] * 2,
        "output_bias": [0, 0],
        "state_bits": 3,
        "input_bits": 2,
        "weight_bits": 2,
    } | fields
    return DenseNetwork(**fields)


class Requantised(wiring.Component):
    """Claims that ``quotient + round_up`` is the integer nearest to ``value`` · M / 2^S, and the even one of two."""

    value: In(signed(WIDTH))

    def __init__(self, factor: int, shift: int) -> None:
        super().__init__()
        self.factor, self.shift = factor, shift
        largest = (factor << (WIDTH - 1)) >> shift
        self.requantiser = Requantiser(1, WIDTH, factor, shift, (), False, signed_bits(-largest - 1, largest))

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.requantiser = part = self.requantiser
        rounded, error = Signal(signed(WIDE)), Signal(signed(2 * WIDE))
        half = (1 << self.shift) >> 1
        m.d.comb += [
            Assume(~ResetSignal()),
            part.input[0].eq(self.value),
            rounded.eq(part.quotient[0] + part.round_up[0]),
            error.eq((rounded << self.shift) - self.value * self.factor),
            Assert((-half <= error) & (error <= half)),
        ]
        if half:
            with m.If((error == half) | (error == -half)):
                m.d.comb += Assert(~rounded[0])
        return m


FACTORS = [(1, 0), (1, 3), (8, 4), (3, 2), (20, 5), (45, 6), (127, 3), (5, 12)]


@pytest.mark.parametrize("factor, shift", FACTORS)
def test_requantisation_rounds_half_to_even(tmp_path: Path, factor: int, shift: int) -> None:
    assert Proof(Requantised(factor, shift), tmp_path).holds(1)


@pytest.mark.parametrize("wrong", [lambda value, shift: value[shift - 1], lambda value, shift: value[shift - 1] & 0])
def test_half_up_and_truncation_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: Callable[..., Value]
) -> None:
    monkeypatch.setattr(requantiser, "round_up", wrong)
    assert not Proof(Requantised(3, 2), tmp_path).holds(1)


def activated(network: DenseNetwork, total: Value, unit: int) -> Value:
    """sat_w(f(total)) by cases, as the definition has it."""
    result = total
    if network.activation == "relu":
        result = Mux(total < 0, 0, total)
    if network.threshold is not None:
        theta = int(network.threshold[unit])
        up, down = total + theta, total - theta
        result = Mux(total > 0, Mux(up > 0, up, 0), Mux(total < 0, Mux(down < 0, down, 0), 0))
    low, high = -(1 << (network.state_bits - 1)), (1 << (network.state_bits - 1)) - 1
    return Mux(result < low, low, Mux(result > high, high, result))


class Activated(wiring.Component):
    """Claims that every state is the activation of the total, of modReLU that of the clock before."""

    def __init__(self, network: DenseNetwork, kind: type[Activation] = Activation) -> None:
        self.network = network
        self.activation = kind(network, network.hidden_size)
        self.layout = self.activation.totals.shape()
        super().__init__({"totals": In(self.layout)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.activation = part = self.activation
        m.d.comb += [
            Assume(~ResetSignal()),
            part.enable.eq(1),
            part.advance.eq(1),
            part.totals.as_value().eq(self.totals.as_value()),
        ]
        before, clocks = Signal(self.layout), Signal(2)
        m.d.sync += [before.as_value().eq(self.totals.as_value()), clocks.eq(Mux(clocks == 3, 3, clocks + 1))]
        delayed = self.network.activation == "modrelu"
        totals = before if delayed else self.totals
        for unit in range(self.network.hidden_size):
            with m.If((clocks == 3) | (not delayed)):  # the thresholds are there
                m.d.comb += Assert(part.states[unit] == activated(self.network, totals[unit], unit))
        return m


THRESHOLDS = {"activation": "modrelu", "threshold": [0, -2, 3, -40]}


@pytest.mark.parametrize("fields", [{"activation": "none"}, {"activation": "relu"}, THRESHOLDS], ids=str)
def test_every_state_is_the_activation_of_its_total(tmp_path: Path, fields: dict[str, Any]) -> None:
    assert Proof(Activated(dense(4, **fields)), tmp_path).holds(6)


class MovesZero(Activation):
    """A modReLU that makes θ = 3 of 0."""

    def _shifted(self, *arguments: Any) -> tuple[Signal, Signal]:
        shifted, cut = super()._shifted(*arguments)
        return shifted, cut & (shifted != 3)


def test_a_modrelu_that_moves_zero_is_not(tmp_path: Path) -> None:
    claims = Activated(dense(4, **THRESHOLDS), MovesZero)
    assert not Proof(claims, tmp_path).holds(6)


@pytest.mark.parametrize("fields", [{"activation": "none"}, THRESHOLDS], ids=str)
def test_a_state_that_wraps_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fields: dict[str, Any]) -> None:
    monkeypatch.setattr(activation, "saturated", lambda value, bits: value[:bits])
    assert not Proof(Activated(dense(4, **fields)), tmp_path).holds(6)


class States(wiring.Component):
    """Claims that the rows of the trace are those of the definition, for every drive that the network can have.

    Drives come, and trace and read-out take, when they like; where a sequence begins is free too.
    """

    def __init__(self, recurrence: DenseRecurrence) -> None:
        self.recurrence = recurrence
        super().__init__(
            {
                "values": In(recurrence.drive.payload["values"].shape()),
                "first": In(1),
                "valid": In(1),
                "trace_ready": In(1),
                "state_ready": In(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.recurrence = recurrence = self.recurrence
        network, lanes = recurrence.network, recurrence.parameters.lanes
        drive, trace, rows = recurrence.drive, recurrence.trace, recurrence.schedule.rows
        m.d.comb += [
            Assume(~ResetSignal()),
            drive.valid.eq(self.valid),
            drive.payload["values"].as_value().eq(self.values.as_value()),
            drive.payload.last.eq(1),
            trace.ready.eq(self.trace_ready),
            recurrence.last_state.ready.eq(self.state_ready),
        ]
        row, first = Signal(range(rows)), Signal()
        m.d.comb += drive.payload.first.eq(Mux(row == 0, self.first, first))
        bits = network.state_bits
        state = [Signal(signed(bits), name=f"state_{unit}") for unit in range(network.hidden_size)]
        fresh = [Signal(signed(bits), name=f"fresh_{unit}") for unit in range(network.hidden_size)]
        following = self._following(m, state, drive.payload.first, row)
        # The rows that entered last, the newest first, of which so many have not left yet.
        inside, entered = Signal(4), [Signal(bits * lanes, name=f"row_{age}_ago") for age in range(4)]
        enters, leaves = drive.valid & drive.ready, trace.valid & trace.ready
        m.d.sync += inside.eq(inside + enters - leaves)
        with m.If(enters):
            m.d.sync += [row.eq(Mux(row == rows - 1, 0, row + 1)), first.eq(drive.payload.first)]
            m.d.sync += [older.eq(newer) for older, newer in zip(entered, [following, *entered[:-1]], strict=True)]
            for unit in range(network.hidden_size):
                here, word = row == unit // lanes, following.word_select(unit % lanes, bits)
                m.d.sync += fresh[unit].eq(Mux(here, word, fresh[unit]))
                with m.If(row == rows - 1):
                    m.d.sync += state[unit].eq(Mux(here, word, fresh[unit]))
        with m.If(trace.valid):
            m.d.comb += Assert((inside >= 1) & (inside <= len(entered)))
            for age, expected in enumerate(entered):
                with m.If(inside == age + 1):
                    m.d.comb += Assert(trace.payload.as_value() == expected)
        return m

    def _following(self, m: Module, state: list[Signal], first: Value, row: Signal) -> Signal:
        """The row of the next state, by the definition."""
        network, lanes = self.recurrence.network, self.recurrence.parameters.lanes
        factor, shift, bits = network.recurrent_multiplier, network.recurrent_shift, network.state_bits
        result = Signal(bits * lanes)
        lowest, highest = (edge.tolist() for edge in drives(network))
        for unit in range(network.hidden_size):
            drive = self.values[unit % lanes]
            product, quotient = Signal(signed(WIDE), name=f"p_{unit}"), Signal(signed(WIDE), name=f"q_{unit}")
            remainder, total = Signal(WIDE, name=f"rest_{unit}"), Signal(signed(WIDE), name=f"t_{unit}")
            weights = network.recurrent_weight[unit].tolist()
            half = Const((1 << shift) >> 1, WIDE)
            up = (remainder > half) | ((remainder == half) & quotient[0] & (shift > 0))
            m.d.comb += [
                product.eq(sum((w * h for w, h in zip(weights, state, strict=True)), Const(0)) * factor),
                quotient.eq(product >> shift),
                remainder.eq(product - (quotient << shift)),
                total.eq(Mux(first, 0, quotient + up) + drive),
            ]
            with m.If(row == unit // lanes):
                m.d.comb += [
                    Assume((drive >= lowest[unit]) & (drive <= highest[unit])),
                    result.word_select(unit % lanes, bits).eq(activated(network, total, unit)),
                ]
        return result


BINARY = {"recurrent_weight": [[1, -1], [-1, -1]], "activation": "modrelu", "threshold": [-1, 1]}
HALF = {"recurrent_multiplier": 1, "recurrent_shift": 1}
# The network, its lanes and multipliers, and steps of a run without stalls.
RECURRENCES = [
    ({}, 2, 2, 2),
    ({}, 1, 1, 2),
    (HALF | {"activation": "relu"}, 2, 2, 3),
    (HALF | BINARY, 1, 2, 2),
    (HALF | BINARY, 2, 1, 2),
]


def small_recurrence(fields: dict[str, Any], lanes: int, multipliers: int) -> DenseRecurrence:
    network = dense(2, state_bits=2, **fields)
    return DenseRecurrence(network, CoreParameters(trace=True, lanes=lanes, recurrent_multipliers=multipliers))


def clocks_of(recurrence: DenseRecurrence, steps: int) -> int:
    """Until the last row of so many steps is written, and so has left, where nobody stalls."""
    schedule = recurrence.schedule
    return steps * schedule.cycles_per_step - schedule.idle_cycles + schedule.latency


@pytest.mark.long
@pytest.mark.parametrize("fields, lanes, multipliers, steps", RECURRENCES, ids=str)
def test_the_recurrence_is_the_definition(
    tmp_path: Path, fields: dict[str, Any], lanes: int, multipliers: int, steps: int
) -> None:
    recurrence = small_recurrence(fields, lanes, multipliers)
    assert Proof(States(recurrence), tmp_path).holds(clocks_of(recurrence, steps))


@pytest.mark.parametrize("fields, lanes, multipliers, steps", RECURRENCES[1:3], ids=str)
def test_one_idle_clock_less_reads_what_is_not_written(
    tmp_path: Path, fields: dict[str, Any], lanes: int, multipliers: int, steps: int
) -> None:
    recurrence = small_recurrence(fields, lanes, multipliers)
    recurrence.schedule = replace(recurrence.schedule, idle_cycles=recurrence.schedule.idle_cycles - 1)
    assert not Proof(States(recurrence), tmp_path).holds(clocks_of(recurrence, steps))


def test_a_recurrence_that_rounds_half_up_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requantiser, "round_up", lambda value, shift: value[shift - 1])
    recurrence = small_recurrence(*RECURRENCES[2][:3])
    assert not Proof(States(recurrence), tmp_path).holds(clocks_of(recurrence, 2))
