"""Exact counts of dense cores: against the schedule, the netlist of words, and by hand; arrays of an equal rate."""

import dataclasses
import json
from typing import Any

import numpy as np
import pytest

from hadamrnn.errors import InputError
from hadamrnn.hw.core import HadamardCore
from hadamrnn.hw.data_sheet import DataSheet
from hadamrnn.hw.estimate import dense_alternative, equal_rate, estimate, worst_case_dense, worst_case_network
from hadamrnn.hw.parameters import CoreParameters
from hadamrnn.hw.targets.catalogue import get_target
from hadamrnn.hw.verilog.word_netlist import word_netlist
from hadamrnn.hw.widths import Widths
from hadamrnn.quant.integer import DenseNetwork
from hadamrnn.sim.stimulus import random_dense_network

CORES = [
    (16, 1, 1, {}),
    (20, 2, 6, {"activation": "modrelu"}),
    (24, 6, 2, {"readout": "every"}),
    (32, 4, 8, {"binary": True}),
]


@pytest.mark.parametrize("hidden_size, lanes, multipliers, choices", CORES, ids=str)
def test_exact_counts(hidden_size: int, lanes: int, multipliers: int, choices: dict[str, Any]) -> None:
    network = random_dense_network(5, hidden_size=hidden_size, **choices)
    parameters = CoreParameters(lanes=lanes, recurrent_multipliers=multipliers)
    figures = estimate(network, parameters, steps=7, target=get_target("ecp5-25k"))
    sheet = DataSheet(network, parameters)
    assert figures.cycles_per_step == sheet.cycles_per_step
    assert figures.sequence_clocks == sheet.sequence_latency(7)

    modules = word_netlist(HadamardCore(network, parameters), "core")
    memories: dict[str, int] = {"state": 0, "weight": 0}
    for name, module in modules.items():
        for cell in module.cells:
            if cell.type == "$mem_v2":
                kind = "state" if name.startswith("core.recurrence.memory") else "weight"
                memories[kind] += int(cell.parameters["SIZE"], 2) * int(cell.parameters["WIDTH"], 2)
    assert figures.state_memory_bits == memories["state"]
    assert figures.weight_memory_bits == memories["weight"]

    in_loop = sum(cell.type == "$mul" for cell in modules["core.recurrence.product"].cells)
    assert figures.recurrent_multipliers == in_loop == (0 if "binary" in choices else lanes * multipliers)
    products = sum(cell.type == "$mul" for module in modules.values() for cell in module.cells)
    assert figures.dsps == products == in_loop + figures.input_multipliers + figures.readout_multipliers


def test_counts_by_hand() -> None:
    network = worst_case_dense(64, 4, input_size=2, output_size=5)
    figures = estimate(network, CoreParameters(lanes=2, recurrent_multipliers=8), steps=3)
    assert figures.recurrent_adders == 2 * 7 + 2  # a tree of eight in each lane, and an accumulator
    assert figures.recurrent_multipliers == 16
    assert figures.state_memory_bits == 2 * 64 * 12
    assert figures.weight_memory_bits == 64 * 64 * 4 + 64 * (2 * 4 + Widths.of(network).bias) + 64 * 5 * 4
    # d − 1 additions, four adders of M, the second product of the input, bias and input.
    assert figures.adds_per_step == 64 * (63 + 4 + 1 + 2)
    assert figures.multiplies_per_step == 64 * 64 + 64 * 2
    # 32 rows of 8 parts: four banks and the weights; 32 rows written, and 32 of the input's coefficients.
    assert figures.memory_accesses_per_step == 256 * (4 + 1) + 32 + 32


def test_binary_weights_are_a_bit_each() -> None:
    network = worst_case_dense(64, 1)
    assert (network.recurrent_multiplier, network.recurrent_shift) == (1, 3)
    figures = estimate(network, CoreParameters(lanes=2, recurrent_multipliers=8))
    assert (figures.recurrent_bits, figures.recurrent_multipliers, figures.multiplies_per_step) == (1, 0, 64)
    assert figures.weight_memory_bits == 64 * 64 + 64 * 7 + 64 * (4 + Widths.of(network).bias) + 64 * 10 * 4
    odd = estimate(network, CoreParameters(recurrent_multipliers=7))  # parts that are not whole need a weight of 0
    assert (odd.recurrent_bits, odd.recurrent_multipliers) == (2, 7)


def test_what_is_not_known_has_its_reason() -> None:
    figures = estimate(worst_case_dense(32, 4), CoreParameters(), target=get_target("ecp5-25k"))
    unknown = {name for name, value in figures.to_json().items() if value is None}
    assert unknown == figures.reasons.keys()
    assert figures.reasons["block_size"] == "a dense matrix has no blocks"
    assert figures.reasons["clock_mhz"] == "the delay model does not know dense cores: run `hadamrnn synth`"
    assert set(figures.notes) == {"logic_cells", "luts", "flip_flops", "carries"}
    json.dumps(figures.to_json())


@pytest.mark.parametrize("bits", [1, 4])
@pytest.mark.parametrize("hidden_size, lanes", [(16, 1), (64, 1), (64, 4), (128, 2)])
def test_no_smaller_array_is_as_fast(hidden_size: int, lanes: int, bits: int) -> None:
    network, parameters = worst_case_network(hidden_size, hidden_size), CoreParameters(lanes=lanes)
    cycles = DataSheet(network, parameters).cycles_per_step
    dense = dense_alternative(network, bits)
    found = equal_rate(dense, parameters, cycles)
    assert found is not None
    assert DataSheet(dense, found).cycles_per_step <= cycles
    size = found.lanes * found.recurrent_multipliers
    for other in (1 << power for power in range(hidden_size.bit_length())):
        for words in range(1, min(hidden_size, (size - 1) // other) + 1):
            if words % other == 0 or other % words == 0:
                smaller = CoreParameters(lanes=other, recurrent_multipliers=words)
                assert DataSheet(dense, smaller).cycles_per_step > cycles


def test_no_dense_core_makes_a_step_a_clock() -> None:
    network, parameters = worst_case_network(16, 16), CoreParameters(lanes=16, stages_per_register=0)
    assert DataSheet(network, parameters).cycles_per_step == 1
    assert equal_rate(dense_alternative(network, 4), parameters, 1) is None


def test_an_alternative_is_the_same_network_but_for_its_matrix() -> None:
    network = worst_case_network(32, 8, input_size=3)
    dense = dense_alternative(network, 4, np.eye(32, dtype=np.int8))
    for field in dataclasses.fields(DenseNetwork):
        if hasattr(network, field.name):
            assert np.array_equal(getattr(dense, field.name), getattr(network, field.name)), field.name
    with pytest.raises(InputError, match=r"^recurrent_bits must be an integer from 1 to 8, not 0$"):
        worst_case_dense(8, 0)
    with pytest.raises(InputError, match=r"^hidden_size must be at least 1, not 0$"):
        worst_case_dense(0, 4)
