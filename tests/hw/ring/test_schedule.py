"""The ring closes: its delays add up to the clocks of a step, and the formula says how many they are."""

from itertools import product
from typing import Any

import pytest

from hadamrnn.hw.parameters import CoreParameters
from hadamrnn.hw.ring.constant_multiplier import ConstantMultiplier
from hadamrnn.hw.ring.schedule import Schedule

from ..networks import random_network

SHAPES = [
    (hidden_size, block_size, lanes)
    for hidden_size, block_size, lanes in product([16, 48, 64], [1, 2, 8, 16, 64], [1, 4, 16, 64])
    if hidden_size % block_size == 0 and hidden_size % lanes == 0
]
STAGES_PER_REGISTER = [0, 1, 2, 3, 5]


def schedule_of(hidden_size: int, block_size: int, lanes: int, stages_per_register: int) -> Schedule:
    network = random_network(hidden_size, block_size)
    return Schedule.of(network, CoreParameters(lanes=lanes, stages_per_register=stages_per_register))


@pytest.mark.parametrize("stages_per_register", STAGES_PER_REGISTER)
@pytest.mark.parametrize("hidden_size, block_size, lanes", SHAPES)
def test_cycles_per_step(hidden_size: int, block_size: int, lanes: int, stages_per_register: int) -> None:
    schedule = schedule_of(hidden_size, block_size, lanes, stages_per_register)
    registers = sum(stage.registered for stage in schedule.stages) + len(schedule.multiplier_registers)
    registers += schedule.division_register + schedule.saturation_register + 1
    assert schedule.rows == hidden_size // lanes
    assert schedule.transform_latency == max(block_size // lanes, 1) - 1
    assert schedule.pipeline_latency == registers
    assert schedule.cycles_per_step == max(schedule.rows, schedule.transform_latency + schedule.pipeline_latency)
    assert schedule.fifo_depth == schedule.cycles_per_step - schedule.transform_latency - registers


@pytest.mark.parametrize("stages_per_register", STAGES_PER_REGISTER)
@pytest.mark.parametrize("hidden_size, block_size, lanes", SHAPES)
def test_delays_of_the_ring_sum_to_a_step(
    hidden_size: int, block_size: int, lanes: int, stages_per_register: int
) -> None:
    schedule = schedule_of(hidden_size, block_size, lanes, stages_per_register)
    passed = 1 + schedule.saturation_register + schedule.fifo_depth
    for stage in schedule.stages:
        assert stage.offset == passed % schedule.cycles_per_step
        passed += stage.delay + stage.registered
    passed += len(schedule.multiplier_registers) + schedule.division_register
    assert passed == schedule.cycles_per_step


@pytest.mark.parametrize("hidden_size, block_size, lanes", SHAPES)
def test_stages_halve_the_span(hidden_size: int, block_size: int, lanes: int) -> None:
    schedule = schedule_of(hidden_size, block_size, lanes, 2)
    spans = [stage.distance or stage.delay * lanes for stage in schedule.stages]
    assert spans == [block_size >> level for level in range(1, block_size.bit_length())]
    assert [stage.index for stage in schedule.stages] == list(range(len(spans)))
    assert [stage.width for stage in schedule.stages] == [10 + index for index in range(len(spans))]
    for stage in schedule.stages:
        assert (stage.delay == 0) != (stage.distance == 0)
        assert 2 * stage.distance <= lanes


@pytest.mark.parametrize("stages_per_register", STAGES_PER_REGISTER)
@pytest.mark.parametrize("block_size", [1, 2, 8, 32, 64])
def test_no_more_levels_between_registers_than_chosen(block_size: int, stages_per_register: int) -> None:
    schedule = schedule_of(64, block_size, 1, stages_per_register)
    network = random_network(64, block_size)
    depth = ConstantMultiplier(network.sqrt_half).depth if network.block_bits % 2 else 0
    levels = [stage.registered for stage in schedule.stages]
    levels += [level in schedule.multiplier_registers for level in range(depth)]
    if stages_per_register == 0:
        assert not any(levels)
        assert not schedule.division_register
        return
    assert schedule.division_register
    run = 0
    for registered in levels:
        run += 1
        assert run <= stages_per_register
        run = 0 if registered else run
    assert schedule.saturation_register == (stages_per_register == 1)


def test_one_block_leaves_no_room_for_a_fifo() -> None:
    assert schedule_of(64, 64, 1, 1).fifo_depth == 0


def test_blocks_hide_the_pipeline() -> None:
    schedule = schedule_of(64, 16, 1, 1)
    assert schedule.cycles_per_step == schedule.rows
    assert schedule.fifo_depth > 0


def test_a_step_in_one_clock() -> None:
    assert schedule_of(16, 16, 16, 0).cycles_per_step == 1


@pytest.mark.parametrize("channels", [1, 2, 3, 8])
@pytest.mark.parametrize("hidden_size, block_size, lanes", SHAPES)
def test_the_states_of_channels_follow_each_other(hidden_size: int, block_size: int, lanes: int, channels: int) -> None:
    network = random_network(hidden_size, block_size)
    schedule = Schedule.of(network, CoreParameters(lanes=lanes, channels=channels))
    latency = schedule.transform_latency + schedule.pipeline_latency
    assert schedule.ring_rows == channels * hidden_size // lanes
    assert schedule.cycles_per_step == max(schedule.ring_rows, latency)
    assert schedule.fifo_depth == max(schedule.ring_rows - latency, 0)


@pytest.mark.parametrize(
    "block_size, lanes, stages_per_register, inverted",
    [
        (16, 16, 0, [1, 3]),  # at the inputs of these stages
        (8, 8, 0, [2]),  # the first of three is alone
        (8, 4, 0, [2]),
        (16, 8, 0, [1, 3]),  # the stage in time inverts for the first of three
        (16, 8, 1, []),  # registers behind all of them, the division's behind the last
        (32, 8, 1, []),
        (16, 16, 2, [1, 3]),
        (16, 8, 2, [3]),  # a register behind stage 1
        (16, 8, 3, [1]),
        (16, 1, 0, []),
        (1, 16, 0, []),
    ],
)
def test_words_are_inverted_where_it_spares_inverters(
    block_size: int, lanes: int, stages_per_register: int, inverted: list[int]
) -> None:
    choices: dict[str, Any] = {"lanes": lanes, "stages_per_register": stages_per_register}
    network = random_network(16 if block_size < 32 else 32, block_size)
    stages = Schedule.of(network, CoreParameters(lane_difference="from-sum", **choices)).stages
    assert [stage.index for stage in stages if stage.inverted_input] == inverted
    assert [stage.index + 1 for stage in stages if stage.inverted_output] == inverted
    direct = Schedule.of(network, CoreParameters(**choices)).stages
    assert not any(stage.inverted_input or stage.inverted_output for stage in direct)
