"""The native engine says what cocotb says, of good cores and of broken ones, in chunks and in processes."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from hadamrnn.errors import InputError
from hadamrnn.sim.build import SimulationError
from hadamrnn.sim.cosimulation import cosimulate
from hadamrnn.sim.native.chunks import run_chunks
from hadamrnn.sim.native.data_set import data_set
from hadamrnn.sim.native.verification import verify
from hadamrnn.sim.report import CosimulationReport
from hadamrnn.sim.stimulus import corner_inputs

from ...conformance.points import draw
from .. import mutants
from ..cores import assert_agrees, core, small_network, stimulus

NETWORK = small_network()
INPUTS, LENGTHS = stimulus(NETWORK)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return core(tmp_path / "core", NETWORK)


def verdict(folder: Path, builds: Path, **options: Any) -> CosimulationReport:
    return verify(NETWORK, folder, INPUTS, **{"lengths": LENGTHS, "build_folder": builds, "seed": 3} | options)


def same_in_both(report: CosimulationReport) -> dict[str, Any]:
    """What does not depend on when the stalls come."""
    names = ("states_compared", "results_compared", "differences", "saturations", "sequences", "steps", "passed")
    names += ("cycles_per_step", "sequence_latency", "sequences_with_states", "simulator_version")
    fields = {name: getattr(report, name) for name in names}
    return fields | {"first": (report.first_difference_fields or {}) | {"clock": None}}


def through_both(
    point: Any, number: int, tmp_path: Path, builds: Path, *, sequences: int, steps: int
) -> tuple[CosimulationReport, Callable[[], CosimulationReport]]:
    """What the native engine says of a drawn core, with malformed sequences where they can be; what cocotb would."""
    folder = core(tmp_path, point.network, **point.parameters)
    inputs, lengths = corner_inputs(point.network, number, sequences=sequences, steps=steps)
    options = {"lengths": lengths, "stalls": point.stalls, "states": point.parameters["trace"], "build_folder": builds}
    options |= point.malformed(lengths)
    report = verify(point.network, folder, inputs, sequences_per_chunk=3, **options)
    return report, lambda: cosimulate(point.network, folder, inputs, **options)


# Vectors of 17 elements and indices, logits and classes, of the last and of every step, with and without a trace; all
# with malformed sequences.
@pytest.mark.parametrize("number", [25, *(pytest.param(number, marks=pytest.mark.long) for number in (24, 28))])
def test_random_cores_as_cocotb_finds_them(number: int, tmp_path: Path, builds: Path) -> None:
    point = draw(number)
    assert point.malformed(np.ones(7, dtype=np.int64))
    report, cosimulated = through_both(point, number, tmp_path, builds, sequences=7, steps=9)
    assert report.problems == ()
    assert report.engine == "native"
    assert same_in_both(report) == same_in_both(cosimulated())


@pytest.mark.parametrize("stalls", ["none", "random", "worst"])
def test_every_pattern_of_stalls(stalls: str, folder: Path, builds: Path) -> None:
    report = verdict(folder, builds, stalls=stalls)
    assert_agrees(report, NETWORK, LENGTHS)
    assert report.states_compared == (LENGTHS.sum() + 7) * 16
    assert report.results_compared == 3 * (len(LENGTHS) + 3)


@pytest.mark.long
def test_stalls_change_nothing_but_time(folder: Path, builds: Path) -> None:
    clocks = {
        (stalls, seed): verdict(folder, builds, stalls=stalls, seed=seed, sequences_per_chunk=8).clocks
        for stalls, seed in (("none", 1), ("random", 1), ("random", 2), ("worst", 1))
    }
    assert clocks["none", 1] < min(clocks["random", 1], clocks["random", 2])
    assert max(clocks["random", 1], clocks["random", 2]) < clocks["worst", 1]
    assert clocks["random", 1] != clocks["random", 2]
    assert verdict(folder, builds, stalls="random", seed=1, sequences_per_chunk=8).clocks == clocks["random", 1]


def test_chunks_and_processes_change_nothing(folder: Path, builds: Path) -> None:
    done: list[int] = []
    alone = verdict(folder, builds, sequences_per_chunk=3, progress=done.append)
    assert done == [3, 6, 8]
    several = verdict(folder, builds, sequences_per_chunk=3, jobs=2)
    assert_agrees(several, NETWORK, LENGTHS)
    assert several.clocks == alone.clocks
    assert same_in_both(several) == same_in_both(alone)


def test_results_alone_of_a_core_with_a_trace(folder: Path, builds: Path) -> None:
    report = verdict(folder, builds, states=False)
    assert_agrees(report, NETWORK, LENGTHS)
    assert (report.states_compared, report.sequences_with_states) == (0, 0)


@pytest.mark.quick("2")
@pytest.mark.parametrize("jobs", [1, 2])
def test_the_first_difference_by_the_number_of_the_data_set(jobs: int, folder: Path, builds: Path) -> None:
    """Zeros, but for one input from sequence 5 on, of which a core with another weight makes something else."""
    weight = NETWORK.input_weight.copy()
    weight[9, 1] ^= 1
    mutants.generate_broken(folder, NETWORK, replace(NETWORK, input_weight=weight))
    inputs = np.zeros((9, 6, 2), dtype=int)
    inputs[5:, 2, 1] = 1
    report = verify(NETWORK, folder, inputs, build_folder=builds, jobs=jobs, sequences_per_chunk=2)
    fields = report.first_difference_fields
    assert (fields["sequence"], fields["step"], fields["unit"], fields["row"], fields["lane"]) == (5, 2, 9, 2, 1)
    assert report.first_difference.startswith("sequence 5, step 2, unit 9 (row 2, lane 1), state: expected ")
    # No chunk was begun after that of sequences 4 and 5 had failed, but for one beside it.
    assert report.sequences == 6 if jobs == 1 else report.sequences in (6, 8)


@pytest.mark.long
def test_a_mutated_core_differs_where_cocotb_says(folder: Path, builds: Path) -> None:
    mutants.generate_broken(folder, NETWORK, mutants.flipped_sign(NETWORK, 13))
    report = verdict(folder, builds, sequences_per_chunk=8)
    expected = cosimulate(NETWORK, folder, INPUTS, lengths=LENGTHS, build_folder=builds, seed=3)
    assert report.first_difference_fields["unit"] == 13
    assert report.verilog_as_generated is False
    assert same_in_both(report) == same_in_both(expected)
    assert [problem.split(" at clock")[0] for problem in report.problems] == [
        problem.split(" at clock")[0] for problem in expected.problems
    ]


def test_a_dead_core(folder: Path, builds: Path) -> None:
    """It takes one beat and no more."""
    stuck = (
        "reg used = 1'b0; always @(posedge clk) if (s_axis_tvalid) used <= 1'b1; assign s_axis_tready = ~used; wire r;"
    )
    report = verdict(mutants.surround(folder, stuck, s_axis_tready="r", s_axis_tvalid="1'b0"), builds)
    assert report.results_compared == 0
    assert report.first_difference.startswith("sequence 0, step 0, unit 0 (row 0, lane 0), state: expected ")
    (violation,) = [problem for problem in report.problems if problem.startswith("stream run")]
    assert violation.startswith("stream run, sequences 0 to 1: the core stands still: no transfer for ")
    assert "s_axis 1 of " in violation
    assert report.problems[-1] == "the timed run did not come to its end: no clocks to compare"


def test_a_core_that_never_stops_sending(folder: Path, builds: Path) -> None:
    endless = (
        "wire offered; reg on = 1'b0; always @(posedge clk) on <= ~rst & (on | offered); assign m_axis_tvalid = on;"
    )
    report = verdict(mutants.surround(folder, endless, m_axis_tvalid="offered", m_axis_tready="1'b0"), builds)
    assert any("the core sends without an end: s_axis " in problem for problem in report.problems)
    assert any(" more beats on m_axis: expected nothing, got " in problem for problem in report.problems)


def test_ready_ignored_at_an_output(folder: Path, builds: Path) -> None:
    report = verdict(mutants.surround(folder, m_trace_tready="1'b1"), builds, sequences_per_chunk=8)
    violation = next(problem for problem in report.problems if problem.startswith("stream run, sequences 0 to 7: "))
    assert "m_trace_tdata changed at clock" in violation or "m_trace_tvalid fell at clock" in violation
    assert report.cycles_per_step == report.formula_cycles_per_step


def test_valid_after_reset(folder: Path, builds: Path) -> None:
    report = verdict(mutants.surround(folder, "wire v; assign m_axis_tvalid = 1'b1;", m_axis_tvalid="v"), builds)
    assert "timing run: m_axis_tvalid is 1 after reset, expected 0" in report.problems


def test_a_port_wider_than_described(folder: Path, builds: Path) -> None:
    ports = json.loads((folder / "hadamard_core.json").read_text())["ports"]
    top = next(port["width"] for port in ports if port["name"] == "m_axis_tdata") - 1
    wide = mutants.surround(folder, f"wire [{top}:0] low; assign m_axis_tdata = {{8'h40, low}};", m_axis_tdata="low")
    file, port = wide / "hadamard_core.v", "output wire [{}:0] m_axis_tdata"
    inner, _, outer = file.read_text().rpartition(port.format(top))
    file.write_text(inner + port.format(top + 8) + outer)
    problems = verdict(wide, builds).problems
    assert any("m_axis_tdata has bits above those described at clock " in problem for problem in problems)


def test_a_process_that_is_killed() -> None:
    with pytest.raises(SimulationError, match=r"^a process of the simulation was killed: no verdict$"):
        run_chunks(cast(Any, os._exit), iter(cast(Any, [1, 2])), jobs=2, progress=lambda count: None)


def test_options_that_cannot_be(folder: Path, builds: Path) -> None:
    with pytest.raises(InputError, match=r"^jobs must be an integer of at least 1, not 0$"):
        verdict(folder, builds, jobs=0)
    with pytest.raises(InputError, match=r"^sequences_per_chunk must be an integer of at least 1, not -2$"):
        verdict(folder, builds, sequences_per_chunk=-2)
    with pytest.raises(InputError, match=r"^stalls must be one of none, random, worst, not 'some'$"):
        verdict(folder, builds, stalls="some")
    with pytest.raises(InputError, match=r"^cut_beats must be 8 integers, not int64 of shape \(2,\)$"):
        verdict(folder, builds, cut_beats=[1, 0])
    with pytest.raises(InputError, match="was generated from another network"):
        verify(small_network(state_bits=11), folder, INPUTS)


def test_verilog_that_does_not_compile(folder: Path, tmp_path: Path) -> None:
    (folder / "hadamard_core.v").write_text("module hadamard_core(input clk;\nendmodule\n")
    with pytest.raises(SimulationError, match=r"^verilator cannot compile hadamard_core: %Error.*"):
        verdict(folder, tmp_path / "builds")
    assert not [path for path in (tmp_path / "builds").iterdir() if path.is_dir()]


@pytest.mark.quick("4")
@pytest.mark.parametrize("jobs", [1, 4])
def test_a_core_that_takes_nothing_after_an_error(jobs: int, tmp_path: Path, builds: Path) -> None:
    """It works until the next reset, and each chunk begins with one: a malformed sequence is the last of none."""
    network = small_network(input_size=5, input_kind="index", input_signed=False)
    folder = core(tmp_path, network)
    stuck = "reg stuck = 0; always @(posedge clk) stuck <= !rst && (stuck || error); wire ready;"
    stuck += " assign s_axis_tready = ready && !stuck;"
    mutants.surround(folder, stuck, s_axis_tready="ready", s_axis_tvalid="s_axis_tvalid && !stuck")
    inputs, lengths = corner_inputs(network, 4, sequences=12, steps=5)
    wrong = [1, 0, 1, 1, 0, 0, 1, 0, 0, 0, 1, 0]
    options = {"lengths": lengths, "wrong_indices": wrong, "build_folder": builds, "stalls": "none", "jobs": jobs}
    report = verify(network, folder, inputs, **options)
    assert not report.passed
    assert any("stands still" in problem for problem in report.problems), report.problems


def test_chunks_do_not_end_with_a_malformed_sequence() -> None:
    network = small_network(input_size=5, input_kind="index", input_signed=False)
    inputs, lengths = corner_inputs(network, 4, sequences=8, steps=5)
    whole = data_set(network, inputs, lengths, None, [0, 1, 0, 0, 1, 0, 1, 1])
    assert [(chunk.first, len(chunk.inputs)) for chunk in whole.split(2)] == [(0, 3), (3, 3), (6, 2)]
    # Of two channels in turn: sequences 4, 5, then 6, 7 are the next of channels 0, 1.
    whole = data_set(network, inputs, lengths, None, [0, 1, 0, 0, 1, 0, 0, 0], available=2)
    assert [(chunk.first, len(chunk.inputs)) for chunk in whole.split(1)] == [(0, 1), (1, 3), (4, 3), (7, 1)]


def test_two_runs_in_one_report(folder: Path, builds: Path) -> None:
    results, states = (verdict(folder, builds, states=states) for states in (False, True))
    together = results.together(states)
    assert (together.traced_verilog_sha256, together.verilog_as_generated) == ("", True)
    other = replace(states, verilog_sha256="0" * 64, verilog_as_generated=None)
    assert results.together(other).traced_verilog_sha256 == "0" * 64
    for first, second, both in ((None, False, False), (True, None, None), (False, True, False)):
        one, another = (replace(results, verilog_as_generated=said) for said in (first, second))
        assert one.together(another).verilog_as_generated is both
