"""The closed formulas against the netlist of words: registers, memories and multipliers, as they are before mapping."""

from collections import Counter
from typing import Any

import pytest

from hadamrnn.hw.core import HadamardCore
from hadamrnn.hw.data_sheet import DataSheet
from hadamrnn.hw.estimate.parts import distinct_columns
from hadamrnn.hw.estimate.structure import structure
from hadamrnn.hw.parameters import CoreParameters
from hadamrnn.hw.verilog.word_netlist import word_netlist
from hadamrnn.sim.stimulus import random_dense_network

from ..networks import random_network

CORES: tuple[dict[str, Any], ...] = (
    {"hidden_size": 64, "block_size": 64},
    {"hidden_size": 64, "block_size": 16, "lanes": 2, "output": "logits", "stages_per_register": 2},
    {"hidden_size": 32, "block_size": 32, "input_size": 3, "readout": "every", "input_shift": -2, "output_size": 5},
    {"hidden_size": 64, "block_size": 8, "lanes": 2, "arrangement": "commutator", "input_beat": 2, "input_size": 4},
    {"hidden_size": 32, "block_size": 16, "input_size": 9, "input_multipliers": 4, "input_beat": 2, "memory_depth": 4},
    {"hidden_size": 48, "block_size": 16, "input_kind": "index", "input_size": 20, "readout_multipliers": 2},
    {"hidden_size": 32, "block_size": 32, "lanes": 2, "readout": "every", "output": "logits", "trace": True},
)
DENSE_CORES: tuple[dict[str, Any], ...] = tuple(
    {"recurrent_bits": 4} | choices
    for choices in (
        {"hidden_size": 16},
        {"hidden_size": 24, "lanes": 2, "recurrent_multipliers": 8, "activation": "modrelu", "trace": True},
        {"hidden_size": 96, "lanes": 6, "recurrent_multipliers": 2, "readout": "every", "output": "logits"},
        {"hidden_size": 20, "recurrent_multipliers": 3, "input_size": 9, "input_multipliers": 3, "activation": "relu"},
        {"hidden_size": 32, "lanes": 4, "recurrent_multipliers": 8, "binary": True},
        {"hidden_size": 32, "recurrent_multipliers": 4, "recurrent_multiplier": 1, "binary": True},
    )
)
PARAMETERS = set(CoreParameters.__dataclass_fields__)


@pytest.mark.quick(4)
@pytest.mark.parametrize("choices", [*CORES, *DENSE_CORES], ids=str)
def test_registers_memories_and_multipliers_are_those_of_the_netlist(choices: dict[str, Any]) -> None:
    shape = {name: value for name, value in choices.items() if name not in PARAMETERS}
    parameters = CoreParameters(**{name: value for name, value in choices.items() if name in PARAMETERS})
    network = (random_dense_network if "recurrent_bits" in shape else random_network)(seed=3, **shape)
    parts = structure(DataSheet(network, parameters))
    cells = [
        cell for module in word_netlist(HadamardCore(network, parameters), "core").values() for cell in module.cells
    ]

    registers = sum(len(cell.outputs["Q"]) for cell in cells if cell.type == "register")
    # The sums of dense cores are a bit or two wider in this netlist than after mapping, copies of the sign.
    tolerance = 0.03 if "recurrent_bits" in shape else 0.02
    assert sum(part.flip_flops for part in parts) == pytest.approx(registers, rel=tolerance, abs=8)

    found = Counter(
        (int(cell.parameters["SIZE"], 2), int(cell.parameters["WIDTH"], 2)) for cell in cells if cell.type == "$mem_v2"
    )
    assert Counter((memory.words, memory.bits) for part in parts for memory in part.memories) == found

    products = sum(cell.type == "$mul" for cell in cells)
    assert sum(one.count for part in parts for one in part.multipliers if not one.fixed) <= products


def test_columns_of_a_small_table_that_are_equal_are_one_register() -> None:
    assert distinct_columns(2, 40) == 2  # the address and its inverse
    assert distinct_columns(4, 1000) == 14
    assert distinct_columns(4, 1) <= 1
    assert distinct_columns(64, 40) == 40
