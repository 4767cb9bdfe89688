"""The estimate is exact where it says a number, and says why where it does not."""

import json

import pytest

from hadamrnn.errors import InputError
from hadamrnn.hw.core import HadamardCore
from hadamrnn.hw.estimate import estimate, worst_case_network
from hadamrnn.hw.parameters import CoreParameters
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


def test_unknown_is_none_with_a_reason() -> None:
    figures = estimate(worst_case_network(64, 64), CoreParameters())
    unknown = [name for name, value in figures.to_json().items() if value is None]
    assert set(unknown) == set(figures.reasons) == {"logic_cells", "flip_flops", "block_rams", "dsps", "clock_mhz"}
    assert all(figures.reasons.values())
    json.dumps(figures.to_json())


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
