"""Cores that break the rules of their ports, on purpose: each must be caught, and named for what it does."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hadamrnn.sim.report import CosimulationReport

from . import mutants
from .cores import assert_agrees, core, cosimulate_small, small_network, stimulus

NETWORK = small_network()
INPUTS, LENGTHS = stimulus(NETWORK)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return core(tmp_path / "core", NETWORK)


def verdict(folder: Path, builds: Path, **options: Any) -> CosimulationReport:
    report = cosimulate_small(NETWORK, folder, INPUTS, lengths=LENGTHS, build_folder=builds, seed=3, **options)
    assert not report.passed
    return report


def test_a_module_around_the_core_breaks_nothing_by_itself(folder: Path, builds: Path) -> None:
    report = cosimulate_small(NETWORK, mutants.surround(folder), INPUTS, lengths=LENGTHS, build_folder=builds)
    assert_agrees(report, NETWORK, LENGTHS)


def violation_of(report: CosimulationReport) -> str:
    """The rule of the streams that the second run broke, and no other."""
    (violation,) = (problem for problem in report.problems if problem.startswith("stream run: "))
    return violation.removeprefix("stream run: ")


def replaced(folder: Path, assignments: str = "", **outputs: str) -> Path:
    """The core with outputs that are something else; what the core itself says is ``inner_PORT`` in ``assignments``."""
    wires = "".join(f"wire inner_{port};\n" for port in outputs)
    ends = "".join(f"\nassign {port} = {value};" for port, value in outputs.items())
    return mutants.surround(folder, wires + assignments + ends, **{port: f"inner_{port}" for port in outputs})


@pytest.mark.parametrize("port, options", [("m_axis", {"simulator": "verilator"}), ("m_trace", {})], ids=str)
def test_ready_ignored_at_an_output(port: str, options: dict[str, str], folder: Path, builds: Path) -> None:
    """The core goes on as if every beat were taken; the first stall shows it, the run without stalls cannot."""
    report = verdict(mutants.surround(folder, **{f"{port}_tready": "1'b1"}), builds, **options)
    assert violation_of(report).startswith((f"{port}_tdata changed at clock", f"{port}_tvalid fell at clock"))
    assert report.first_difference.endswith("got nothing")
    assert not any("timed run" in problem for problem in report.problems)
    assert report.cycles_per_step == report.formula_cycles_per_step
    unstalled = cosimulate_small(NETWORK, folder, INPUTS, lengths=LENGTHS, build_folder=builds, stalls="none")
    assert_agrees(unstalled, NETWORK, LENGTHS)


def test_ready_ignored_at_the_input(folder: Path, builds: Path) -> None:
    """The core says that it is ready and loses what it is given meanwhile."""
    report = verdict(replaced(folder, s_axis_tready="1'b1"), builds, stalls="none")
    assert report.first_difference.startswith("sequence 0, step ")
    assert any("the core stands still" in problem for problem in report.problems)


@pytest.mark.parametrize("stalls", ["random", "worst"])
def test_valid_that_waits_for_ready(stalls: str, folder: Path, builds: Path) -> None:
    """The bench must see that the core stands still, and end."""
    broken = replaced(folder, m_axis_tvalid="inner_m_axis_tvalid & m_axis_tready")
    violation = violation_of(verdict(broken, builds, stalls=stalls))
    assert violation.startswith("the core stands still: no transfer for")
    assert "m_axis 0 of 24 beats" in violation or stalls == "random"


def test_a_core_that_sends_without_an_end(folder: Path, builds: Path) -> None:
    """It takes nothing and sends for ever: the run ends by itself."""
    assignments = "reg begun = 1'b0; always @(posedge clk) begun <= (begun | s_axis_tvalid) & ~rst;"
    broken = replaced(folder, assignments, m_axis_tvalid="begun", s_axis_tready="1'b0", m_axis_tlast="1'b0")
    report = verdict(broken, builds, stalls="none")
    assert violation_of(report).startswith("the core sends without an end: s_axis 0 of ")
    assert any(re.match(r"\d+ more beats on m_axis: expected nothing", problem) for problem in report.problems)
    assert report.cycles_per_step is None


def test_a_beat_sent_twice(folder: Path, builds: Path) -> None:
    """Every taken row is offered once more."""
    assignments = "reg again = 1'b0; always @(posedge clk) if (m_trace_tvalid & m_trace_tready) again <= ~again & ~rst;"
    report = verdict(mutants.surround(folder, assignments, m_trace_tready="(m_trace_tready & again)"), builds)
    assert report.first_difference.startswith("sequence 0, step 0, unit 4 (row 1, lane 0), state: expected ")
    assert report.differences > report.states_compared / 4


def test_a_result_too_many(folder: Path, builds: Path) -> None:
    """Ten clocks after its last result the core offers one beat more."""
    assignments = """
        reg [3:0] due = 4'd0;
        always @(posedge clk) due <= rst ? 4'd0 : inner_m_axis_tvalid ? 4'd10 : due - (due != 4'd0);
    """
    broken = replaced(folder, assignments, m_axis_tvalid="inner_m_axis_tvalid | (due == 4'd1)")
    report = verdict(broken, builds, stalls="none")
    assert report.first_difference.startswith("sequence 1, logit 0, value: expected ")
    assert any(re.match(r"\d more beats on m_axis: expected nothing, got ", problem) for problem in report.problems)


@pytest.mark.quick("m_axis-logit 0-0", "m_trace-row 0-1")
@pytest.mark.parametrize("value", [0, 1])
@pytest.mark.parametrize("port, place", [("m_axis", "logit 0"), ("m_trace", "row 0")])
def test_tlast_always_or_never(port: str, place: str, value: int, folder: Path, builds: Path) -> None:
    report = verdict(replaced(folder, **{f"{port}_tlast": f"1'b{value}"}), builds)
    assert report.first_difference.endswith(f"{port}_tlast: expected {1 - value}, got {value}")
    if value:
        assert report.first_difference.removeprefix("sequence 0, ").removeprefix("step 0, ").startswith(place)
    else:
        assert report.differences < report.states_compared / 4


def test_reset_ignored(folder: Path, builds: Path) -> None:
    """The first reset works, the one in the middle of a sequence does not: the next sequence is not the first."""
    assignments = "reg [2:0] edges = 3'd0; always @(posedge clk) if (edges != 3'd7) edges <= edges + 3'd1;"
    broken = mutants.surround(folder, assignments, rst="(rst & (edges < 3'd3))")
    report = verdict(broken, builds, stalls="none", interrupted_clocks=60)
    assert report.first_difference.startswith("sequence 0, step 0, unit 0 (row 0, lane 0), state: expected ") or any(
        "after reset, expected 0" in problem for problem in report.problems
    )
    assert cosimulate_small(NETWORK, folder, INPUTS, lengths=LENGTHS, build_folder=builds, stalls="none").passed


def test_an_error_that_is_not_signalled(folder: Path, builds: Path) -> None:
    cut = np.zeros(len(LENGTHS), dtype=int)
    cut[[0, 3]] = 1
    assert cosimulate_small(NETWORK, folder, INPUTS, lengths=LENGTHS, cut_beats=cut, build_folder=builds).passed
    report = verdict(replaced(folder, error="1'b0"), builds, cut_beats=cut)
    assert report.problems == ("pulses of error: expected 2, got 0",)


def test_an_error_out_of_nothing(folder: Path, builds: Path) -> None:
    report = verdict(replaced(folder, error="m_axis_tlast & m_axis_tvalid"), builds)
    assert any(problem.startswith("pulses of error: expected 0, got ") for problem in report.problems)


def test_a_core_that_never_answers(folder: Path, builds: Path) -> None:
    """Nothing at all is transferred: the run ends by itself and says where each port stands."""
    broken = mutants.surround(folder, "assign s_axis_tready = 1'b0; wire taken;", s_axis_tready="taken", rst="1'b1")
    report = verdict(broken, builds)
    beats = 2 * int(LENGTHS.sum())
    rows = 4 * int(LENGTHS.sum())
    assert any(
        problem.endswith(f"s_axis 0 of {beats} beats, m_axis 0 of 24 beats, m_trace 0 of {rows} beats")
        for problem in report.problems
    )
    assert report.first_difference.startswith("sequence 0, step 0, unit 0 (row 0, lane 0), state: expected ")
    assert report.cycles_per_step is None
    assert report.sequence_latency is None


def test_unknown_values_are_seen_in_four_states(folder: Path, builds: Path, icarus: None) -> None:
    """A lane that is unknown during one row; two states cannot show it."""
    assignments = "wire [63:0] rows; assign m_trace_tdata = m_trace_tlast ? {rows[63:1], 1'bx} : rows;"
    broken = mutants.surround(folder, assignments, m_trace_tdata="rows")
    report = verdict(broken, builds, simulator="icarus")
    assert violation_of(report).startswith("m_trace_tdata is unknown (X) at clock ")
    assert report.first_difference.startswith("sequence 0, step 0, unit 12 (row 3, lane 0), state: expected ")
