"""The memories of the input side are those that the generated core has."""

from typing import Any

import pytest

from hadamrnn.hw.core import HadamardCore
from hadamrnn.hw.inputs.input_memories import coefficient_memories, element_memories
from hadamrnn.hw.parameters import CoreParameters
from hadamrnn.hw.verilog.word_netlist import word_netlist

from ..networks import random_network

INPUT_SIDE = ("input_product", "folded_product", "column_memory", "step_memory")


@pytest.mark.quick(4)
@pytest.mark.parametrize(
    "formats, choices",
    [
        ({"input_size": 3}, {"lanes": 2}),
        ({"input_size": 9}, {"lanes": 4, "input_beat": 2, "input_multipliers": 4}),
        ({"input_size": 9, "input_bits": 5}, {"input_beat": 4, "input_multipliers": 2}),
        ({"input_size": 9}, {"lanes": 2, "input_beat": 2, "input_multipliers": 4, "channels": 3}),
        ({"input_kind": "index", "input_size": 5}, {"lanes": 4}),
        ({"input_kind": "index", "input_size": 33, "input_shift": -2}, {}),
    ],
    ids=str,
)
def test_they_are_those_of_the_core(formats: dict[str, Any], choices: dict[str, Any]) -> None:
    network, parameters = random_network(16, 8, **formats), CoreParameters(**choices)
    found = []
    for module in word_netlist(HadamardCore(network, parameters), "core").values():
        if any(name in module.name for name in INPUT_SIDE):
            sizes = [cell.parameters for cell in module.cells if cell.type == "$mem_v2"]
            found += [(int(one["SIZE"], 2), int(one["WIDTH"], 2)) for one in sizes]
    expected = coefficient_memories(network, parameters) + element_memories(network, parameters)
    assert sorted(found) == sorted(expected)
