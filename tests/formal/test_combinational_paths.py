"""No output of a core depends on an input within a clock: every path is followed, through all modules."""

from typing import Any

import pytest
from amaranth.hdl import Module

from hadamrnn.hw.core import HadamardCore
from hadamrnn.hw.parameters import CoreParameters
from hadamrnn.hw.verilog.names import at_clock_edges
from hadamrnn.hw.verilog.word_netlist import instances, word_netlist

from ..hw.networks import random_network

CORES = [
    (64, 64, {}, {}),
    (16, 4, {"input_size": 3}, {"lanes": 8, "output": "logits", "trace": True}),
    (16, 16, {}, {"lanes": 16, "stages_per_register": 0, "trace": True}),
    (8, 1, {"input_size": 2}, {"readout_multipliers": 3, "memory_depth": 2}),
    (16, 4, {"input_size": 9, "readout": "every"}, {"lanes": 2, "output": "logits", "trace": True}),
    (8, 8, {"input_size": 5, "readout": "every"}, {"input_beat": 2, "input_multipliers": 1}),
    (8, 4, {"input_size": 5, "input_kind": "index"}, {"lanes": 8}),
    (8, 4, {"input_size": 5, "input_kind": "index", "readout": "every"}, {"output": "logits"}),
    (16, 16, {"input_size": 3}, {"lanes": 4, "channels": 2, "trace": True}),
    (16, 8, {"input_size": 6}, {"lanes": 4, "channels": 3, "input_beat": 2, "input_multipliers": 2}),
    (16, 4, {"input_size": 5, "input_kind": "index", "readout": "every"}, {"channels": 3, "arrangement": "commutator"}),
]


def paths(core: HadamardCore) -> set[tuple[str, str]]:
    """The pairs of an output and an input of the top that it depends on within a clock."""
    modules = word_netlist(core, "core")
    drivers, outside = {}, {}
    for module in modules.values():
        for cell in module.cells:
            for port, bits in cell.outputs.items():
                drivers |= {(module.name, bit): (cell, port, index) for index, bit in enumerate(bits)}
        for cell, inner in instances(module, modules):
            for port, bits in inner.inputs.items():
                for within, bit in zip(bits, cell.inputs[port], strict=True):
                    outside[inner.name, within] = (module.name, bit)
    top = modules["core"]
    found = set()
    for name, bits in top.outputs.items():
        seen, waiting = set(), [("core", bit) for bit in bits]
        while waiting:
            place, bit = net = waiting.pop()
            if net in seen or isinstance(bit, str):
                continue
            seen.add(net)
            if net in outside:
                waiting.append(outside[net])
            elif net in drivers:
                cell, port, index = drivers[net]
                if cell.type in modules:
                    waiting.append((cell.type, modules[cell.type].outputs[port][index]))
                elif not at_clock_edges(cell):
                    waiting += [(place, source) for sources in cell.inputs.values() for source in sources]
        found |= {(name, port) for port, bits in top.inputs.items() if seen & {("core", bit) for bit in bits}}
    return found


@pytest.mark.quick(5)
@pytest.mark.parametrize("hidden_size, block_size, formats, choices", CORES)
def test_there_are_none(hidden_size: int, block_size: int, formats: dict[str, Any], choices: dict[str, Any]) -> None:
    network = random_network(hidden_size, block_size, **formats)
    assert paths(HadamardCore(network, CoreParameters(**choices))) == set()


def test_a_valid_that_waits_for_ready_is_found() -> None:
    class Waiting(HadamardCore):
        def elaborate(self, platform: object) -> Module:
            m = super().elaborate(platform)
            with m.If(~self.m_axis_tready):
                m.d.comb += self.m_axis_tvalid.eq(0)
            return m

    assert paths(Waiting(random_network(4, 4), CoreParameters())) == {("m_axis_tvalid", "m_axis_tready")}
