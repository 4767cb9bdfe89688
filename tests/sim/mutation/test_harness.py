"""What surrounds two cores in a proof: when their outputs count, and a source for each input port."""

import json
from pathlib import Path

import pytest

from hadamrnn.hw.verilog.generation import generate
from hadamrnn.sim.mutation.harness import harness
from hadamrnn.sim.mutation.suite import suite


@pytest.fixture(params=[5, 6], ids=["one channel", "two channels"])
def description(request: pytest.FixtureRequest, tmp_path: Path) -> dict:
    subject = suite()[request.param]
    generate(subject.network, subject.parameters, tmp_path)
    return json.loads((tmp_path / "hadamard_core.json").read_text())


def test_what_does_not_matter_while_nothing_is_offered(description: dict) -> None:
    text = harness(description)
    assert "(m_axis_tvalid_original & (m_axis_tdata_original != m_axis_tdata_mutant))" in text
    assert "(m_trace_tvalid_original & (m_trace_tlast_original != m_trace_tlast_mutant))" in text
    assert " | (m_axis_tvalid_original != m_axis_tvalid_mutant)" in text


def test_every_input_has_a_source(description: dict) -> None:
    text = harness(description)
    inputs = [port for port in description["streams"] if port.startswith("s")]
    assert len(inputs) == description["parameters"]["channels"]
    for port in inputs:
        assert f"input {port}_offer" in text
        assert f"{port}_waiting <= {port}_tvalid & ~{port}_tready_original & ~rst;" in text
        assert f"({port}_tready_original != {port}_tready_mutant)" in text
