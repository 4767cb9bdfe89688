"""What the idea promises, counted in the netlist before mapping: adders, and bits of state."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hadamrnn.hw.channel import channel_bits
from hadamrnn.hw.estimate import Estimate, estimate
from hadamrnn.hw.parameters import CoreParameters
from hadamrnn.hw.ring.schedule import Schedule

from .netlist import Netlist
from .networks import random_network

ADDERS = {"$add", "$sub"}
MEMORY = {"$mem_v2"}
DATA_REGISTERS = {"$dff", "$dffe"}  # those without a reset: control has one


STATE_BITS = 10


def in_ring(module: str) -> bool:
    return module.startswith("recurrence")


def in_butterfly(module: str) -> bool:
    return module.startswith("recurrence.transform.") and module.endswith("_butterfly")


def in_delay_line(module: str) -> bool:
    return in_ring(module) and module.endswith(("delay_line", ".fifo"))


def in_division(module: str) -> bool:
    return module.startswith("recurrence.root_division")


@dataclass(frozen=True)
class Counted:
    """A core as netlist, as schedule and as estimate."""

    parameters: CoreParameters
    schedule: Schedule
    netlist: Netlist
    estimated: Estimate


def counted(
    folder: Path,
    hidden_size: int,
    block_size: int,
    *,
    input_size: int = 1,
    state_bits: int = STATE_BITS,
    **choices: Any,
) -> Counted:
    network = random_network(hidden_size, block_size, input_size=input_size, output_size=5, state_bits=state_bits)
    parameters = CoreParameters(**choices)
    schedule = Schedule.of(network, parameters)
    return Counted(parameters, schedule, Netlist(network, parameters, folder), estimate(network, parameters))


@pytest.fixture(
    scope="module",
    params=[
        (64, 64, {"lanes": 1}),
        (64, 16, {"lanes": 1}),
        (64, 32, {"lanes": 1, "stages_per_register": 2, "memory_depth": 2}),
        (64, 8, {"lanes": 4, "stages_per_register": 3, "memory_depth": 100}),
        (64, 8, {"lanes": 2, "arrangement": "commutator"}),
        (64, 32, {"lanes": 2, "arrangement": "commutator"}),  # the FIFO is too short: feedback
        (64, 64, {"lanes": 2, "arrangement": "commutator", "channels": 3}),
        (32, 16, {"lanes": 2, "channels": 2}),
        (32, 32, {"lanes": 8, "stages_per_register": 0}),
        (16, 16, {"lanes": 16, "stages_per_register": 2}),
        (16, 16, {"lanes": 8, "stages_per_register": 0, "lane_difference": "from-sum"}),
    ],
    ids=str,
)
def core(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Counted:
    hidden_size, block_size, choices = request.param
    return counted(tmp_path_factory.mktemp("core"), hidden_size, block_size, **choices)


@pytest.mark.quick("16", "32")
@pytest.mark.parametrize("block_size", [1, 2, 16, 32, 128])
def test_one_lane_has_log2_n_adders_and_subtractors(tmp_path: Path, block_size: int) -> None:
    netlist = counted(tmp_path, 128, block_size).netlist
    levels = block_size.bit_length() - 1
    assert netlist.count({"$add"}, in_butterfly) == levels
    assert netlist.count({"$sub"}, in_butterfly) == levels
    assert netlist.count({"$mul"}, in_ring) == 0


@pytest.mark.quick("16-4", "16-2")
@pytest.mark.parametrize("block_size, lanes", [(4, 2), (16, 4), (16, 2)])
def test_commutators_keep_an_adder_for_each_lane_and_level_busy(tmp_path: Path, block_size: int, lanes: int) -> None:
    core = counted(tmp_path, 128, block_size, lanes=lanes, arrangement="commutator")
    assert core.netlist.count(ADDERS, in_butterfly) == lanes * (block_size.bit_length() - 1)
    assert core.schedule.cycles_per_step == 128 // lanes


@pytest.mark.quick("32-32-2-2-0")
@pytest.mark.parametrize(
    "hidden_size, block_size, lanes, channels, registers",
    [(16, 16, 2, 3, 2), (64, 64, 4, 3, 1), (32, 32, 2, 2, 0), (32, 16, 2, 2, 1)],
)
def test_channels_leave_room_for_commutators(
    tmp_path: Path, hidden_size: int, block_size: int, lanes: int, channels: int, registers: int
) -> None:
    """One block does, where the rows of the other channels hide the latency of the exchanges."""
    choices = {"lanes": lanes, "arrangement": "commutator", "stages_per_register": registers}
    alone = counted(tmp_path / "alone", hidden_size, block_size, **choices)
    core = counted(tmp_path / "channels", hidden_size, block_size, channels=channels, **choices)
    levels, rows = block_size.bit_length() - 1, block_size // lanes
    assert alone.netlist.count(ADDERS, in_butterfly) == lanes * (levels + rows.bit_length() - 1)  # by feedback
    assert core.netlist.count(ADDERS, in_butterfly) == core.estimated.butterfly_adders == lanes * levels
    assert core.estimated.cycles_per_step == channels * hidden_size // lanes


@pytest.mark.quick(4)
def test_state_memory_is_the_state_and_the_growth_of_its_words(core: Counted) -> None:
    """Within 5 % of d·w bits, but for the growth inside the delay lines and idle registers of the ring."""
    growth = sum(stage.delay * (stage.index + 1) + stage.exchange * stage.index for stage in core.schedule.stages)
    bits = core.estimated.state_memory_bits - core.parameters.lanes * growth
    assert bits <= 1.05 * core.schedule.ring_rows * core.parameters.lanes * STATE_BITS


def test_state_memory_of_512_units(tmp_path: Path) -> None:
    """What docs/synthesis.md says of d = n = 512 and one lane: 512 words of 12 bits, and 1013 bits of growth."""
    core = counted(tmp_path, 512, 512, state_bits=12)
    assert core.netlist.bits(MEMORY | DATA_REGISTERS, in_delay_line) + 12 == 7157
    assert core.estimated.state_memory_bits == 7157 == 512 * 12 + 1013


def test_state_lives_in_the_delay_lines_of_its_transform(core: Counted) -> None:
    delays = [stage.delay * (stage.width + 1) + stage.exchange * stage.width for stage in core.schedule.stages]
    rows = core.schedule.fifo_depth + sum(exchange.delay for exchange in core.schedule.exchanges)
    delay_lines = core.parameters.lanes * (sum(delays) + rows * STATE_BITS)
    assert core.netlist.bits(MEMORY | DATA_REGISTERS, in_delay_line) == delay_lines
    assert core.estimated.state_memory_bits == delay_lines + core.parameters.lanes * STATE_BITS


def test_ring_holds_nothing_but_state_and_pipeline(core: Counted) -> None:
    bits = core.netlist.bits(MEMORY | DATA_REGISTERS, in_ring) - channel_bits(core.parameters.channels)
    assert bits == core.estimated.state_memory_bits + core.estimated.pipeline_register_bits


def test_adders_of_the_estimate(core: Counted) -> None:
    assert core.netlist.count(ADDERS, in_butterfly) == core.estimated.butterfly_adders > 0
    assert core.netlist.count(ADDERS, in_division) == core.estimated.multiplier_adders


@pytest.mark.quick("3-2-4")
@pytest.mark.parametrize("input_size, readout_multipliers, lanes", [(1, 1, 1), (3, 2, 4), (2, 5, 2)])
def test_multipliers_and_weights_of_the_estimate(
    tmp_path: Path, input_size: int, readout_multipliers: int, lanes: int
) -> None:
    core = counted(tmp_path, 32, 16, input_size=input_size, lanes=lanes, readout_multipliers=readout_multipliers)
    netlist, estimated = core.netlist, core.estimated
    assert netlist.count({"$mul"}, lambda module: module.startswith("input_product")) == estimated.input_multipliers
    assert netlist.count({"$mul"}, lambda module: module.startswith("read_out")) == estimated.readout_multipliers
    assert netlist.bits(MEMORY, lambda module: "coefficients" in module) == estimated.weight_memory_bits
