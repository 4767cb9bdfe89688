"""The data sheet agrees with the ports and the parts of the core; its cycles are measured in test_core.py."""

from typing import Any

import pytest

from hadamrnn.errors import InputError
from hadamrnn.hw.core import HadamardCore
from hadamrnn.hw.data_sheet import DataSheet
from hadamrnn.hw.inputs.input_product import InputProduct
from hadamrnn.hw.parameters import CoreParameters
from hadamrnn.hw.read_out.last import ReadOutLast
from hadamrnn.hw.ring.recurrence import RingRecurrence

from .networks import random_network

CHOICES = [
    {"lanes": 1},
    {"lanes": 4, "output": "logits", "readout_multipliers": 2},
    {"lanes": 8, "stages_per_register": 0, "readout_multipliers": 5},
]


@pytest.mark.parametrize("output_size, output, output_bytes", [(10, "class", 1), (300, "class", 2), (10, "logits", 2)])
def test_whole_bytes(output_size: int, output: str, output_bytes: int) -> None:
    network = random_network(8, 8, output_size=output_size, state_bits=9, input_bits=9)
    parameters = CoreParameters(lanes=4, output=output, trace=True)
    sheet, core = DataSheet(network, parameters), HadamardCore(network, parameters)
    assert (sheet.input_bytes, sheet.output_bytes, sheet.trace_bytes) == (2, output_bytes, 8)
    assert len(core.s_axis_tdata) == 16
    assert len(core.m_axis_tdata) == 8 * output_bytes
    assert len(core.m_trace_tdata) == 64


@pytest.mark.parametrize("output_size, output_bits", [(1, 1), (2, 1), (3, 2), (256, 8), (257, 9)])
def test_bits_of_a_class(output_size: int, output_bits: int) -> None:
    assert DataSheet(random_network(8, 8, output_size=output_size), CoreParameters()).output_bits == output_bits


@pytest.mark.parametrize("choices", CHOICES)
@pytest.mark.parametrize("input_size", [1, 3, 9])
def test_sequence_latency_is_that_of_the_parts(input_size: int, choices: dict[str, Any]) -> None:
    network = random_network(16, 8, input_size=input_size, output_size=5)
    parameters = CoreParameters(input_multipliers=input_size, **choices)
    sheet = DataSheet(network, parameters)
    product = InputProduct(network, parameters.lanes)
    read_out = ReadOutLast(network, parameters.lanes, parameters.readout_multipliers)
    ring = RingRecurrence(network, parameters).schedule
    assert sheet.schedule == ring
    assert sheet.cycles_per_step == max(ring.cycles_per_step, input_size)
    last_row = input_size + product.latency + ring.rows * read_out.fold
    beats = 2 * 5 if parameters.output == "class" else 4
    for steps in (1, 2, 100):
        latency = last_row + (steps - 1) * sheet.cycles_per_step + read_out.latency + beats
        assert sheet.sequence_latency(steps) == latency


def test_parameters_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InputError, match=r"^lanes must divide the hidden size 8 and be at most 8, not 16$"):
        DataSheet(random_network(8, 8), CoreParameters(lanes=16))


@pytest.mark.parametrize(
    "formats, choices, message",
    [
        (
            {"readout": "every", "output_size": 3},
            {"channels": 2, "lanes": 8, "readout_multipliers": 3, "output": "logits"},
            "channels must be 1 or more than 2 where a result takes longer to leave (3 clocks) "
            "than a state to be read out (1), and less than that with the ring's idle rows (8)",
        ),
    ],
)
def test_channels_that_do_not_fit_are_refused(formats: dict[str, Any], choices: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as refusal:
        DataSheet(random_network(8, 8, **formats), CoreParameters(**choices))
    assert str(refusal.value) == message


@pytest.mark.parametrize("channels", [2, 3, 4])
@pytest.mark.parametrize("readout, multipliers, row_clocks", [("last", 1, 1), ("every", 1, 5), ("every", 2, 3)])
def test_cycles_of_channels(channels: int, readout: str, multipliers: int, row_clocks: int) -> None:
    network = random_network(16, 16, output_size=5, readout=readout)
    parameters = CoreParameters(lanes=2, readout_multipliers=multipliers, channels=channels)
    sheet = DataSheet(network, parameters)
    ring = max(channels * 8, 7 + 4 + 1 + 1 + 1)  # four registers behind stages, division, saturation, state
    assert sheet.schedule.cycles_per_step == max(channels * 8, 7 + sheet.schedule.pipeline_latency) == ring
    assert sheet.cycles_per_step == (channels * 8 - 1) * row_clocks + max(row_clocks, ring - channels * 8 + 1)
    assert sheet.cycles_per_step_alone == 7 * row_clocks + max(row_clocks, ring - 8 + 1)
    assert sheet.input_ports == tuple(f"s{channel}_axis" for channel in range(channels))


@pytest.mark.parametrize("channels", [2, 5])
@pytest.mark.parametrize("readout, row_clocks", [("last", 3), ("every", 5)])
def test_cycles_of_channels_with_folded_products(channels: int, readout: str, row_clocks: int) -> None:
    """A slot of a channel without a sequence takes a clock of the products: alone, that can be what lasts longest."""
    network = random_network(8, 8, input_size=9, output_size=5, readout=readout)
    choices = {"lanes": 8, "input_beat": 3, "input_multipliers": 3, "output": "logits", "channels": channels}
    sheet = DataSheet(network, CoreParameters(**choices))
    ring = sheet.schedule.cycles_per_step
    assert sheet.cycles_per_step == (channels - 1) * row_clocks + max(row_clocks, ring - channels + 1)
    assert sheet.cycles_per_step_alone == max(row_clocks, 3 + channels - 1, ring)


@pytest.mark.parametrize("output, result", [("logits", 7), ("class", 14)])
def test_results_of_channels_that_leave_slowly(output: str, result: int) -> None:
    """One after the other: they are what takes longest."""
    network = random_network(8, 8, output_size=7, readout="every")
    choices = {"lanes": 8, "readout_multipliers": 7, "stages_per_register": 0, "output": output}
    assert DataSheet(network, CoreParameters(channels=3, **choices)).cycles_per_step == 3 * result
    assert DataSheet(network, CoreParameters(channels=3, **choices)).cycles_per_step_alone == result
