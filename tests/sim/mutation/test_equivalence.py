"""The proof that a mutant is the same core holds for one that is, and fails for one that is not."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from hadamrnn.hw.core import HadamardCore
from hadamrnn.hw.verilog.generation import generate
from hadamrnn.hw.verilog.word_netlist import Cell
from hadamrnn.sim.mutation.difference_tracking import tracked
from hadamrnn.sim.mutation.equivalence import prove
from hadamrnn.sim.mutation.flattening import CellPair, FlatPair
from hadamrnn.sim.mutation.mutants import MutableCore, Mutant
from hadamrnn.sim.mutation.suite import suite

SUBJECT = suite()[5]
pytest.importorskip("pyosys", reason="the proof needs pyosys")


@pytest.fixture(scope="module")
def core() -> MutableCore:
    return MutableCore(HadamardCore(SUBJECT.network, SUBJECT.parameters), "hadamard_core")


@pytest.fixture
def description(tmp_path: Path) -> dict:
    generate(SUBJECT.network, SUBJECT.parameters, tmp_path)
    return json.loads((tmp_path / "hadamard_core.json").read_text())


def mutant(core: MutableCore, module: str, change: str) -> Mutant:
    return next(m for m in core.mutants if m.module.endswith(module) and m.change == change)


def test_operands_exchanged(core: MutableCore, description: dict, tmp_path: Path) -> None:
    """A sum of the same operands in the other order: another text, the same core."""
    added = mutant(core, "butterfly", "add becomes sub")
    assert added.cell is not None
    turned = replace(added.cell, type="$add", inputs={"A": added.cell.inputs["B"], "B": added.cell.inputs["A"]})
    verilog = core.mutated(replace(added, cell=turned))
    assert verilog != core.verilog
    proof = prove(core.verilog, verilog, description, tmp_path)
    assert proof.equivalent is True
    assert proof.text == "equivalent: proved for all inputs and all time"


@pytest.mark.long
def test_a_fault_is_no_equivalent(core: MutableCore, description: dict, tmp_path: Path) -> None:
    proof = prove(core.verilog, core.mutated(mutant(core, "step_buffer", "not becomes pos")), description, tmp_path)
    assert proof.equivalent is False
    assert proof.text.startswith("a run of ")


def test_data_do_not_matter_to_what_never_shows(core: MutableCore, description: dict, tmp_path: Path) -> None:
    """Whether a product that is none is the last of a sum: proved on one bit for each word."""
    same = mutant(core, "read_out.products", "reset to 1, not 0")
    circuit = tracked(core.pair(same), description)
    proof = prove(core.verilog, "no core at all", description, tmp_path, tracked=circuit)
    assert proof.equivalent is True
    assert proof.text.endswith("whatever the data")


def test_what_may_differ_is_left_to_the_bits(core: MutableCore, description: dict, tmp_path: Path) -> None:
    """One bit for each word is no proof of a difference: the cores themselves are asked."""
    other = mutant(core, "step_buffer", "not becomes pos")
    circuit = tracked(core.pair(other), description)
    proof = prove(core.verilog, core.mutated(other), description, tmp_path, tracked=circuit)
    assert proof.equivalent is False


@pytest.mark.long
def test_a_fault_of_the_data_may_differ(core: MutableCore, description: dict, tmp_path: Path) -> None:
    """It is not taken for the same core even where the other text is: what a sum becomes is not followed."""
    added = mutant(core, "butterfly", "add becomes sub")
    circuit = tracked(core.pair(added), description)
    proof = prove(core.verilog, core.verilog, description, tmp_path, tracked=circuit)
    assert proof.equivalent is True
    assert not proof.text.endswith("whatever the data")


def test_an_enable_hangs_on_its_own_bits_alone(core: MutableCore, description: dict, tmp_path: Path) -> None:
    """Of two masked bits one is never 1, the other is the enable of a faulty register: that one is no proof."""
    ports = core.pair(core.mutants[0])
    history, parity, masked, result = list(range(1000, 1032)), 1032, [1033, 1034], 1035
    data = ports.inputs["s_axis_tdata"][0]
    cells = [
        Cell("history", "register", {}, {"D": [data, *history[:-1]]}, {"Q": history}),  # too much to be followed
        Cell("parity", "$reduce_xor", {}, {"A": history}, {"Y": [parity]}),
        Cell("masked", "$and", {}, {"A": [parity, parity], "B": ["1", "0"]}, {"Y": masked}),
    ]
    loaded = Cell("result", "register", {}, {"D": [data], "EN": masked[:1]}, {"Q": [result]})
    faulty = replace(loaded, inputs=loaded.inputs | {"D": ["1"]})
    silent = {port: ["0"] * len(bits) for port, (bits, _) in ports.outputs.items()}
    seen = silent | {"m_axis_tvalid": ["1"], "m_axis_tdata": [result, *silent["m_axis_tdata"][1:]]}
    pair = FlatPair(
        cells=(*(CellPair(cell, cell) for cell in cells), CellPair(loaded, faulty)),
        inputs=ports.inputs,
        outputs={port: (bits, bits) for port, bits in seen.items()},
        initial={},
    )
    proof = prove(core.verilog, core.verilog, description, tmp_path, tracked=tracked(pair, description))
    assert not proof.text.endswith("whatever the data")
