"""The proof that a mutant is the same core holds for one that is, and fails for one that is not."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from hadamrnn.hw.core import HadamardCore
from hadamrnn.hw.verilog.generation import generate
from hadamrnn.sim.mutation.equivalence import harness, prove
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


def test_a_fault_is_no_equivalent(core: MutableCore, description: dict, tmp_path: Path) -> None:
    proof = prove(core.verilog, core.mutated(mutant(core, "step_buffer", "not becomes pos")), description, tmp_path)
    assert proof.equivalent is False
    assert proof.text.startswith("a run of ")


def test_what_does_not_matter_while_nothing_is_offered(description: dict) -> None:
    text = harness(description)
    assert "m_axis_tvalid_original & (m_axis_tdata_original != m_axis_tdata_mutant)" in text
    assert "m_trace_tvalid_original & (m_trace_tlast_original != m_trace_tlast_mutant)" in text
    assert "& (s_axis_tready_original" not in text
    assert "(s_axis_tready_original != s_axis_tready_mutant) | " in text
