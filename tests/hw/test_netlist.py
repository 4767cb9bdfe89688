"""What the idea promises, counted in the netlist before mapping: adders, and bits of state."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hadamrnn.hw.estimate import Estimate, estimate
from hadamrnn.hw.parameters import CoreParameters
from hadamrnn.hw.schedule import Schedule

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
    return in_ring(module) and module.endswith((".delay_line", ".fifo"))


def in_division(module: str) -> bool:
    return module.startswith("recurrence.root_division")


@dataclass(frozen=True)
class Counted:
    """A core as netlist, as schedule and as estimate."""

    parameters: CoreParameters
    schedule: Schedule
    netlist: Netlist
    estimated: Estimate


def counted(folder: Path, hidden_size: int, block_size: int, *, input_size: int = 1, **choices: Any) -> Counted:
    network = random_network(hidden_size, block_size, input_size=input_size, output_size=5, state_bits=STATE_BITS)
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
        (32, 32, {"lanes": 8, "stages_per_register": 0}),
        (16, 16, {"lanes": 16, "stages_per_register": 2}),
    ],
    ids=str,
)
def core(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Counted:
    hidden_size, block_size, choices = request.param
    return counted(tmp_path_factory.mktemp("core"), hidden_size, block_size, **choices)


@pytest.mark.parametrize("block_size", [1, 2, 16, 32, 128])
def test_one_lane_has_log2_n_adders_and_subtractors(tmp_path: Path, block_size: int) -> None:
    netlist = counted(tmp_path, 128, block_size).netlist
    levels = block_size.bit_length() - 1
    assert netlist.count({"$add"}, in_butterfly) == levels
    assert netlist.count({"$sub"}, in_butterfly) == levels
    assert netlist.count({"$mul"}, in_ring) == 0


def test_state_lives_in_the_delay_lines_of_its_transform(core: Counted) -> None:
    delays = [stage.delay * (stage.width + 1) for stage in core.schedule.stages]
    delay_lines = core.parameters.lanes * (sum(delays) + core.schedule.fifo_depth * STATE_BITS)
    assert core.netlist.bits(MEMORY | DATA_REGISTERS, in_delay_line) == delay_lines
    assert core.estimated.state_memory_bits == delay_lines + core.parameters.lanes * STATE_BITS


def test_ring_holds_nothing_but_state_and_pipeline(core: Counted) -> None:
    bits = core.netlist.bits(MEMORY | DATA_REGISTERS, in_ring)
    assert bits == core.estimated.state_memory_bits + core.estimated.pipeline_register_bits


def test_adders_of_the_estimate(core: Counted) -> None:
    assert core.netlist.count(ADDERS, in_butterfly) == core.estimated.butterfly_adders > 0
    assert core.netlist.count(ADDERS, in_division) == core.estimated.multiplier_adders


@pytest.mark.parametrize("input_size, readout_multipliers, lanes", [(1, 1, 1), (3, 2, 4), (2, 5, 2)])
def test_multipliers_and_weights_of_the_estimate(
    tmp_path: Path, input_size: int, readout_multipliers: int, lanes: int
) -> None:
    core = counted(tmp_path, 32, 16, input_size=input_size, lanes=lanes, readout_multipliers=readout_multipliers)
    netlist, estimated = core.netlist, core.estimated
    assert netlist.count({"$mul"}, lambda module: module.startswith("input_product")) == estimated.input_multipliers
    assert netlist.count({"$mul"}, lambda module: module.startswith("read_out")) == estimated.readout_multipliers
    assert netlist.bits(MEMORY, lambda module: "coefficients" in module) == estimated.weight_memory_bits
