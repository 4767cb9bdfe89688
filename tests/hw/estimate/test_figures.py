"""The estimate is exact where it says a number, and says why where it does not."""

import json

import pytest

from hadamrnn.errors import InputError
from hadamrnn.hw.core import HadamardCore
from hadamrnn.hw.data_sheet import DataSheet
from hadamrnn.hw.estimate import estimate, worst_case_network
from hadamrnn.hw.parameters import CoreParameters
from hadamrnn.hw.targets.catalogue import get_target
from hadamrnn.hw.widths import Widths


def test_serial_core_of_512_units() -> None:
    figures = estimate(worst_case_network(512, 512), CoreParameters(lanes=1, stages_per_register=1), steps=784)
    # 9 stages in time, one adder and one subtractor each; delay lines of 256 … 1 words that grow from 13 to 21 bits.
    assert figures.butterfly_adders == 18
    assert figures.state_memory_bits == 12 + sum((256 >> i) * (13 + i) for i in range(9))
    # Odd k: 9 butterflies and 4 adder levels, the last level's register behind the division, one before saturation, and
    # the state register.
    assert figures.cycles_per_step == 511 + (9 + 4 - 1) + 1 + 1 + 1
    assert figures.sequence_steps == 784


def test_one_row_is_a_state() -> None:
    figures = estimate(worst_case_network(64, 64), CoreParameters(lanes=64, stages_per_register=0))
    assert figures.cycles_per_step == 1
    assert figures.butterfly_adders == 64 * 6
    assert figures.state_memory_bits == 64 * 12
    assert figures.pipeline_register_bits == 0


def test_blocks_hide_the_pipeline() -> None:
    parameters = CoreParameters(lanes=1, stages_per_register=1)
    figures = estimate(worst_case_network(64, 16), parameters)
    assert figures.cycles_per_step == 64
    core = HadamardCore(worst_case_network(64, 16), parameters)
    fifo = 64 - 15 - (3 + 1 + 1 + 1)  # what the delay lines and registers do not hold
    assert core.data_sheet.schedule.fifo_depth == fifo
    assert figures.state_memory_bits == 12 * (fifo + 1) + 8 * 13 + 4 * 14 + 2 * 15 + 1 * 16


def test_latency_grows_by_cycles_per_step() -> None:
    network, parameters = worst_case_network(64, 64, input_size=2), CoreParameters(lanes=4)
    one, many = estimate(network, parameters), estimate(network, parameters, steps=11)
    assert many.sequence_clocks - one.sequence_clocks == 10 * one.cycles_per_step


def test_weight_memory_is_what_the_words_hold() -> None:
    network, parameters = worst_case_network(32, 32, input_size=3, output_size=5), CoreParameters(readout_multipliers=2)
    figures = estimate(network, parameters)
    bias = Widths.of(network).bias
    assert figures.weight_memory_bits == 32 * (1 + bias + 3 * 4) + 32 * (2 * 3) * 4  # 5 logits in 2 × 3 places


def test_folded_inputs_take_fewer_multipliers_and_a_memory_of_two_steps() -> None:
    network = worst_case_network(32, 32, input_size=9, input_bits=5)
    bias = Widths.of(network).bias
    figures = estimate(network, CoreParameters(lanes=2, input_beat=2, input_multipliers=4))
    assert figures.input_multipliers == 2 * 4
    # 5 beats of 2 elements in two banks: 3 words a step, in pages of 4.
    assert figures.input_memory_bits == 2 * 4 * 2 * (2 * 5)
    assert figures.weight_memory_bits == 32 * (1 + bias + 3 * 4 * 4) + 32 * 10 * 4
    assert estimate(network, CoreParameters(input_multipliers=9)).input_memory_bits == 0


def test_indices_take_no_multiplier_and_a_column_each() -> None:
    network = worst_case_network(32, 32, input_kind="index", input_size=300, readout="every")
    figures = estimate(network, CoreParameters(readout_multipliers=10))
    assert (figures.input_multipliers, figures.input_memory_bits) == (0, 0)
    assert figures.weight_memory_bits == 32 * (1 + Widths.of(network).bias + 300 * 4) + 32 * 10 * 4


def test_unknown_is_none_with_a_reason() -> None:
    figures = estimate(worst_case_network(64, 64), CoreParameters())
    unknown = [name for name, value in figures.to_json().items() if value is None]
    assert set(unknown) == set(figures.reasons)
    assert {"logic_cells", "flip_flops", "block_rams", "dsps", "clock_mhz", "fits"} <= set(unknown)
    assert set(figures.reasons.values()) == {"depends on the device: --target"}
    json.dumps(figures.to_json())


@pytest.mark.parametrize(
    "target, parameters, name, reason",
    [
        ("nexus-lifcl-40", {}, "logic_cells", "not estimated for this device"),
        ("ecp5-25k", {"channels": 2}, "flip_flops", "not estimated for several channels"),
        ("ecp5-25k", {"lanes": 64}, "logic_cells", "with one row to a state the weights are constants"),
        ("ice40-hx8k", {}, "dsps", "the device has none"),
        ("ice40-lp1k", {}, "clock_mhz", "no delays are known of this device"),
    ],
)
def test_each_reason_is_that_of_the_figure(target: str, parameters: dict[str, int], name: str, reason: str) -> None:
    figures = estimate(worst_case_network(64, 64), CoreParameters(**parameters), target=get_target(target))
    assert getattr(figures, name) is None
    assert figures.reasons[name].startswith(reason)
    unknown = {name for name, value in figures.to_json().items() if value is None}
    assert unknown == figures.reasons.keys()


@pytest.mark.parametrize("lanes, readout, input_size", [(1, "last", 1), (4, "every", 3), (2, "last", 9)])
def test_cycles_are_those_of_the_data_sheet(lanes: int, readout: str, input_size: int) -> None:
    network = worst_case_network(64, 32, readout=readout, input_size=input_size)
    parameters = CoreParameters(lanes=lanes)
    sheet = DataSheet(network, parameters)
    figures = estimate(network, parameters, steps=9, target=get_target("ecp5-25k"))
    assert figures.cycles_per_step == sheet.cycles_per_step
    assert figures.sequence_clocks == sheet.sequence_latency(9)
    assert figures.step_us == pytest.approx(sheet.cycles_per_step / figures.clock_mhz, rel=1e-2)
    assert figures.sequence_us == pytest.approx(sheet.sequence_latency(9) / figures.clock_mhz, rel=1e-2)


def test_the_work_of_a_step_is_counted() -> None:
    figures = estimate(worst_case_network(64, 64, input_size=3, output_size=5), CoreParameters())
    # 6 levels of 64 additions, two sums of three products, the bias, and the state.
    assert figures.adds_per_step == 64 * (6 + 2 + 2)
    assert figures.multiplies_per_step == 64 * 3
    assert (figures.adds_per_result, figures.multiplies_per_result) == (64 * 5, 64 * 5)
    # Delay lines of 32, 16 and 8 rows are memories, read and written in each clock; the coefficients of every row.
    assert figures.memory_accesses_per_step == 2 * 3 * figures.cycles_per_step + 64


def test_the_work_of_a_step_is_that_of_one_channel() -> None:
    network = worst_case_network(64, 16)
    one, four = (estimate(network, CoreParameters(lanes=2, channels=channels)) for channels in (1, 4))
    # The FIFO, read and written in each of the 32 clocks of a step; the coefficients of 32 rows.
    assert four.cycles_per_step == 4 * 32
    assert (one.memory_accesses_per_step, four.memory_accesses_per_step) == (2 * 1 * 32 + 32, 2 * 1 * 32 + 32)
    assert one.adds_per_step == four.adds_per_step


@pytest.mark.parametrize(
    "lanes, lane_difference, known", [(1, "from-sum", True), (16, "direct", True), (16, "from-sum", False)]
)
def test_no_clock_is_expected_of_differences_made_of_sums(lanes: int, lane_difference: str, known: bool) -> None:
    parameters = CoreParameters(lanes=lanes, stages_per_register=0, lane_difference=lane_difference)
    figures = estimate(worst_case_network(64, 64), parameters, target=get_target("ice40-hx8k"))
    assert figures.logic_cells is not None
    assert (figures.clock_mhz is not None) is known
    assert ("from-sum" in figures.reasons.get("clock_mhz", "")) is not known


def test_a_core_that_is_too_large_does_not_fit() -> None:
    target = get_target("ice40-lp1k")
    small, large = (estimate(worst_case_network(d, d), CoreParameters(), target=target) for d in (16, 1024))
    assert small.logic_cells < 1280
    assert small.fits is True
    assert large.logic_cells > 1280
    assert large.fits is False


@pytest.mark.parametrize(
    ("hidden", "block", "lanes", "message"),
    [
        (64, 24, 1, "block_size must be a power of two, not 24"),
        (48, 32, 1, "block_size must divide the hidden size 48, not 32"),
        (64, 64, 3, "lanes must be a power of two, not 3"),
        (64, 64, 128, "lanes must divide the hidden size 64 and be at most 64, not 128"),
        (0, 1, 1, "hidden_size must be at least 1, not 0"),
    ],
)
def test_refuses_impossible_shapes(hidden: int, block: int, lanes: int, message: str) -> None:
    with pytest.raises(InputError) as refusal:
        estimate(worst_case_network(hidden, block), CoreParameters(lanes=lanes))
    assert str(refusal.value) == message


def test_channels_multiply_states_but_not_weights() -> None:
    network = worst_case_network(64, 16)
    one, four = (estimate(network, CoreParameters(lanes=2, channels=channels)) for channels in (1, 4))
    assert (one.channels, four.channels) == (1, 4)
    assert four.weight_memory_bits == one.weight_memory_bits
    assert four.state_memory_bits - one.state_memory_bits == 3 * 64 * 12  # 96 rows more of two words
    assert four.cycles_per_step == 4 * one.cycles_per_step == 4 * 32
