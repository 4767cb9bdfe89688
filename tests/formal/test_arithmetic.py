"""Rounding, saturation and the transform are their definitions, for every operand; a broken variant of each is not."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from amaranth.hdl import Assert, Assume, Const, Module, Mux, ResetSignal, Signal, Value, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In

from hadamrnn.hw import requantiser
from hadamrnn.hw.parameters import CoreParameters
from hadamrnn.hw.ring import transform
from hadamrnn.hw.ring.butterfly import LaneButterfly
from hadamrnn.hw.ring.recurrence import saturated
from hadamrnn.hw.ring.root_division import RootDivision
from hadamrnn.hw.ring.schedule import Schedule
from hadamrnn.hw.ring.transform import Transform

from ..hw.networks import random_network
from .prover import Proof

WORD = 2  # bits of a word that enters the transform: it is linear, and what it adds does not depend on them


class Quotient(wiring.Component):
    """Claims that a division without registers rounds to the nearest integer, and to the even one of two.

    ``2^shift · r − product`` is at most half of ``2^shift`` away from 0, and where it is just that, r is even.
    """

    value: In(signed(9))

    def __init__(self, block_bits: int, bits: int) -> None:
        super().__init__()
        constant = round(2**bits / 2**0.5)
        self.factor = constant if block_bits % 2 else 1
        width = 9 + (block_bits + 1) // 2
        self.division = RootDivision(1, 9, block_bits, constant, bits, (), False, width)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.division = division = self.division
        rounded = Signal(signed(20))
        error = Signal(signed(40))
        half = (1 << division.shift) >> 1
        m.d.comb += [
            Assume(~ResetSignal()),
            division.input[0].eq(self.value),
            division.enable.eq(1),
            rounded.eq(division.quotient[0] + division.round_up[0]),
            error.eq((rounded << division.shift) - self.value * self.factor),
            Assert((-half <= error) & (error <= half)),
        ]
        if half:
            with m.If((error == half) | (error == -half)):
                m.d.comb += Assert(~rounded[0])
        return m


class Clipped(wiring.Component):
    """Claims that ``clip`` gives the nearest number of 5 bits."""

    value: In(signed(9))

    def __init__(self, clip: Callable[[Value, int], Value]) -> None:
        super().__init__()
        self.clip = clip

    def elaborate(self, platform: object) -> Module:
        m = Module()
        result = Signal(signed(5))
        m.d.comb += [Assume(~ResetSignal()), result.eq(self.clip(self.value, 5))]
        with m.If(self.value > 15):
            m.d.comb += Assert(result == 15)
        with m.Elif(self.value < -16):
            m.d.comb += Assert(result == -16)
        with m.Else():
            m.d.comb += Assert(result == self.value)
        return m


@pytest.mark.parametrize("block_bits", [0, 1, 2, 3, 4, 6])
def test_division_rounds_half_to_even(tmp_path: Path, block_bits: int) -> None:
    assert Proof(Quotient(block_bits, 4), tmp_path).holds(1)


@pytest.mark.parametrize("wrong", [lambda value, shift: value[shift - 1], lambda value, shift: value[shift - 1] & 0])
def test_half_up_and_truncation_are_not_half_to_even(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: Callable[..., Value]
) -> None:
    monkeypatch.setattr(requantiser, "round_up", wrong)
    assert not Proof(Quotient(2, 4), tmp_path).holds(1)


def test_saturation_gives_the_nearest_number(tmp_path: Path) -> None:
    assert Proof(Clipped(saturated), tmp_path).holds(1)


@pytest.mark.parametrize("wrong", [lambda value, bits: value[:bits], lambda value, bits: saturated(value[:-1], bits)])
def test_wrapping_is_not_saturation(tmp_path: Path, wrong: Callable[[Value, int], Value]) -> None:
    assert not Proof(Clipped(wrong), tmp_path).holds(1)


class HadamardRows(wiring.Component):
    """Claims that each row that leaves the transform is the row of (I ⊗ H_n) times the state that entered.

    The ring is as the core has it, from the clock after reset: rows of a state enter at positions
    ``offset`` on; the rows themselves, and with ``stalls``
    ``enable`` too, are free.
    """

    def __init__(self, hidden_size: int, block_size: int, *, stalls: bool, **choices: Any) -> None:
        self.stalls = stalls
        network = random_network(hidden_size, block_size, state_bits=WORD)
        parameters = CoreParameters(**choices)
        self.block_size, self.lanes = block_size, parameters.lanes
        self.schedule = schedule = Schedule.of(network, parameters)
        first = schedule.exchanges or schedule.stages
        self.offset = first[0].offset  # of the position at which row 0 enters
        self.transform = Transform(self.lanes, WORD, schedule, parameters.memory_depth)
        super().__init__({"enable": In(1), "row": In(WORD * self.lanes)})
        self.latency = schedule.transform_latency + sum(stage.registered for stage in schedule.stages)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.transform = rows = self.transform
        schedule, lanes, n = self.schedule, self.lanes, self.block_size
        cycles = schedule.cycles_per_step
        position, started = Signal(range(cycles)), Signal(range(2 * cycles + self.latency + 1))
        m.d.comb += [
            Assume(~ResetSignal()),
            Assume(self.enable | self.stalls),
            rows.enable.eq(self.enable),
            rows.position.eq(position),
            rows.input.as_value().eq(self.row),
        ]
        # The rows that entered so many enabled clocks ago.
        oldest = self.latency + max(n // lanes, 1)
        history = [self.row] + [Signal(WORD * lanes, name=f"row_{age}_ago") for age in range(1, oldest)]
        with m.If(self.enable):
            m.d.sync += position.eq(Mux(position == cycles - 1, 0, position + 1))
            with m.If(~started.all()):
                m.d.sync += started.eq(started + 1)
            for older, newer in zip(history[1:], history, strict=False):
                m.d.sync += older.eq(newer)
        offset = self.offset
        hadamard = sylvester(n)
        for row in range(schedule.rows):
            leaves = (offset + row + self.latency) % cycles
            with m.If((position == leaves) & (started >= offset + row + self.latency)):
                for lane in range(lanes):
                    unit = (row * lanes + lane) % n
                    first = row * lanes + lane - unit  # of the block
                    total = Const(0)
                    for j in range(n):
                        from_row, from_lane = divmod(first + j, lanes)
                        entered = history[self.latency + row - from_row].word_select(from_lane, WORD).as_signed()
                        total = total + entered if hadamard[unit, j] > 0 else total - entered
                    m.d.comb += Assert(rows.output[lane] == total)
        return m


# Hidden size, block size, whether the ring may stand still, clocks.
TRANSFORMS = [
    (4, 4, False, 10, {"lanes": 1, "stages_per_register": 0}),
    (4, 4, False, 12, {"lanes": 1}),
    (4, 4, True, 6, {"lanes": 2, "stages_per_register": 0}),
    (4, 2, False, 12, {"lanes": 1, "stages_per_register": 0}),
    (8, 4, False, 10, {"lanes": 2, "arrangement": "commutator", "stages_per_register": 0}),
    (8, 2, True, 6, {"lanes": 8, "stages_per_register": 0}),
    (4, 4, True, 6, {"lanes": 4, "stages_per_register": 0, "lane_difference": "from-sum"}),
    (8, 8, False, 6, {"lanes": 4, "stages_per_register": 0, "lane_difference": "from-sum"}),
]


@pytest.mark.long
@pytest.mark.parametrize("hidden_size, block_size, stalls, clocks, choices", TRANSFORMS)
def test_transform_is_the_hadamard_matrix(
    tmp_path: Path, hidden_size: int, block_size: int, stalls: bool, clocks: int, choices: dict[str, Any]
) -> None:
    claims = HadamardRows(hidden_size, block_size, stalls=stalls, **choices)
    assert clocks >= claims.offset + claims.schedule.rows + claims.latency + 1, "no whole state would be seen"
    assert Proof(claims, tmp_path).holds(clocks)


def test_a_transform_with_a_butterfly_the_other_way_round_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    claims = HadamardRows(4, 4, stalls=False, lanes=2, stages_per_register=0)
    monkeypatch.setattr(transform, "LaneButterfly", Swapped)
    assert not Proof(claims, tmp_path).holds(8)


class Swapped(LaneButterfly):
    """(a, b) → (a − b, a + b)."""

    def elaborate(self, platform: object) -> Module:
        m = Module()
        for lane in range(self.lanes):
            low, high = self.input[lane & ~self.distance], self.input[lane | self.distance]
            m.d.comb += self.output[lane].eq(low + high if lane & self.distance else low - high)
        return m


def sylvester(n: int) -> np.ndarray:
    """H_n."""
    matrix = np.ones((1, 1), dtype=np.int64)
    while len(matrix) < n:
        matrix = np.block([[matrix, matrix], [matrix, -matrix]])
    return matrix
