"""Parameters for a clock: as few registers as it needs, more where they take the place of rows of the FIFO."""

import re
from dataclasses import replace

import pytest

from hadamrnn.errors import InputError
from hadamrnn.hw.estimate import estimate, worst_case_network
from hadamrnn.hw.parameters import CoreParameters
from hadamrnn.hw.ring.clock_parameters import parameters_for_clock
from hadamrnn.hw.ring.ring_registers import place_registers, register_names
from hadamrnn.hw.ring.schedule import Schedule
from hadamrnn.hw.targets.catalogue import TARGETS
from hadamrnn.hw.targets.delays import Delays
from hadamrnn.hw.targets.target import Target

ECP5 = TARGETS["ecp5-25k"]


@pytest.mark.parametrize(
    "target", [target for target in TARGETS.values() if target.delays is not None], ids=lambda target: target.name
)
def test_registers_for_a_clock_on_every_target(target: Target) -> None:
    network = worst_case_network(64, 64)
    few, _ = parameters_for_clock(network, CoreParameters(), target, 15.0)
    many, placement = parameters_for_clock(network, CoreParameters(), target, 500.0)
    assert few.registers is not None
    assert many.registers is not None
    assert len(few.registers) < len(many.registers)
    cycles = Schedule.of(network, many).cycles_per_step
    assert cycles == 63 + len(many.registers) + 1 == estimate(network, many).cycles_per_step
    assert placement.core_ns > 1000 / 500.0


@pytest.mark.parametrize("lanes", [1, 8, 16])
@pytest.mark.parametrize("block_size, channels", [(64, 2), (64, 4), (8, 1), (8, 3)])
@pytest.mark.parametrize("arrangement", ["feedback", "commutator"])
def test_registers_that_cost_no_cycle_are_there(lanes: int, block_size: int, channels: int, arrangement: str) -> None:
    network = worst_case_network(64, block_size)
    parameters = CoreParameters(lanes=lanes, channels=channels, arrangement=arrangement)
    bare = Schedule.of(network, replace(parameters, registers=()))
    chosen, placement = parameters_for_clock(network, parameters, ECP5, 30.0, keep_depth=True)
    alone = replace(worst_case_network(block_size, block_size), signs=network.signs[:block_size])
    tight, slower = parameters_for_clock(
        alone, CoreParameters(lanes=min(lanes, block_size)), ECP5, 30.0, keep_depth=True
    )
    schedule = Schedule.of(network, chosen)
    assert schedule.cycles_per_step == bare.cycles_per_step == channels * 64 // lanes
    assert bool(schedule.exchanges) == bool(bare.exchanges)
    assert chosen.registers is not None
    assert tight.registers is not None
    assert len(tight.registers) < len(chosen.registers) <= bare.fifo_depth
    assert placement.ring_ns < slower.ring_ns


def test_they_are_as_few_as_the_clock_needs_where_each_costs_a_cycle() -> None:
    network = worst_case_network(64, 64)
    for clock_mhz in (60.0, 90.0):
        one, placement = parameters_for_clock(network, CoreParameters(lanes=64), ECP5, clock_mhz)
        two, of_two = parameters_for_clock(network, CoreParameters(lanes=64, channels=2), ECP5, clock_mhz)
        assert (two, of_two) == (replace(one, channels=2), placement)
        assert one.registers


def test_no_more_than_the_parts_around_the_ring_can_use() -> None:
    network = worst_case_network(64, 64)
    delays = Delays(register=1.0, memory=2.0, adder=3.0, carry=0.1, table=1.0, rest=15.0)
    needed = place_registers(network, 1, 8, 20.0, delays)
    placed = place_registers(network, 1, 8, 20.0, delays, free=100)
    assert placed == place_registers(network, 1, 8, 1000.0 / 15.0, delays)
    assert len(needed.registers) < len(placed.registers) < len(register_names(network))
    assert needed.core_ns > placed.core_ns == 15.0


@pytest.mark.parametrize("clock_mhz", [0.0, -1.0, float("inf"), float("nan")])
def test_a_clock_that_is_none_is_refused(clock_mhz: float) -> None:
    message = f"clock_mhz must be a positive number of MHz, not {clock_mhz!r}"
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        parameters_for_clock(worst_case_network(8, 8), CoreParameters(), TARGETS["ice40-hx8k"], clock_mhz)
