import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hadamrnn.errors import InputError
from hadamrnn.sim import cosimulation, simulation
from hadamrnn.sim.build import SimulationError
from hadamrnn.sim.description import read_description
from hadamrnn.sim.simulation import TEST_MODULE

from .cores import assert_agrees, core, cosimulate_small, small_network, stimulus
from .mutants import surround

NETWORK = small_network()
INPUTS, LENGTHS = stimulus(NETWORK)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A core of :data:`NETWORK`, not to be written to."""
    return core(tmp_path_factory.mktemp("core"), NETWORK)


def edit_description(folder: Path, **changes: Any) -> None:
    file = folder / "hadamard_core.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


@pytest.mark.parametrize("stalls", ["none", "random", "worst"])
def test_every_pattern_of_stalls(stalls: str, folder: Path, builds: Path) -> None:
    options = {"simulator": "verilator", "stalls": stalls, "build_folder": builds}
    report = cosimulate_small(NETWORK, folder, INPUTS, lengths=LENGTHS, **options)
    assert_agrees(report, NETWORK, LENGTHS)
    assert report.states_compared > 0
    assert report.results_compared == 3 * (len(LENGTHS) + 3)
    assert (report.simulator, report.stalls, report.seed) == ("verilator", stalls, 0)
    assert report.saturations > 0


def test_stalls_change_nothing_but_time(folder: Path, builds: Path) -> None:
    clocks = {
        (stalls, seed): cosimulate_small(
            NETWORK, folder, INPUTS, lengths=LENGTHS, stalls=stalls, seed=seed, build_folder=builds
        ).clocks
        for stalls, seed in (("none", 1), ("random", 1), ("random", 2), ("worst", 1))
    }
    assert clocks["none", 1] < min(clocks["random", 1], clocks["random", 2])
    assert max(clocks["random", 1], clocks["random", 2]) < clocks["worst", 1]
    assert clocks["random", 1] != clocks["random", 2]


def test_both_simulators_agree_clock_for_clock(folder: Path, builds: Path, icarus: None) -> None:
    reports = [
        cosimulate_small(NETWORK, folder, INPUTS, lengths=LENGTHS, simulator=name, build_folder=builds)
        for name in ("verilator", "icarus")
    ]
    for report in reports:
        assert_agrees(report, NETWORK, LENGTHS)
    assert reports[0].clocks == reports[1].clocks
    assert [report.simulator for report in reports] == ["verilator", "icarus"]


@pytest.mark.parametrize("output", ["logits", "class"])
def test_a_core_without_trace(output: str, tmp_path: Path, builds: Path) -> None:
    """Cycles per step then come from the latencies."""
    core(tmp_path, NETWORK, output=output, trace=False)
    report = cosimulate_small(NETWORK, tmp_path, INPUTS, lengths=LENGTHS, states=False, build_folder=builds)
    assert_agrees(report, NETWORK, LENGTHS)
    assert report.states_compared == 0
    assert report.results_compared == (3 if output == "logits" else 1) * (len(LENGTHS) + 3)


def test_the_trace_need_not_be_compared(folder: Path, builds: Path) -> None:
    report = cosimulate_small(NETWORK, folder, INPUTS, lengths=LENGTHS, states=False, build_folder=builds)
    assert_agrees(report, NETWORK, LENGTHS)
    assert report.states_compared == 0


def test_malformed_sequences(folder: Path, builds: Path) -> None:
    """``tlast`` in the middle of a first, a second and a last step, and of two sequences in a row."""
    cut = np.array([1, 0, 1, 1, 0, 0, 0, 1])
    report = cosimulate_small(NETWORK, folder, INPUTS, lengths=LENGTHS, cut_beats=cut, build_folder=builds)
    assert report.problems == ()
    assert report.steps == LENGTHS.sum() - 4
    assert report.results_compared == 3 * (4 + 3)


@pytest.mark.quick("last")
@pytest.mark.parametrize("readout", ["last", "every"])
def test_wrong_indices(readout: str, tmp_path: Path, builds: Path) -> None:
    """In a first, a middle and a last step, and in two sequences in a row."""
    network = small_network(input_kind="index", input_signed=False, input_size=5, readout=readout)
    inputs, lengths = stimulus(network)
    wrong = np.array([5, 0, 1, 1, 0, 0, 0, lengths[7]])
    folder = core(tmp_path, network)
    report = cosimulate_small(network, folder, inputs, lengths=lengths, wrong_indices=wrong, build_folder=builds)
    assert report.problems == ()
    assert report.steps == np.where(wrong > 0, wrong - 1, lengths).sum()
    missed = cosimulate_small(network, folder, inputs, lengths=lengths, build_folder=builds)
    assert_agrees(missed, network, lengths)


def test_resets_at_every_moment(folder: Path, builds: Path) -> None:
    """From the first clock on until a second sequence is under way; a short sequence after each."""
    report = cosimulate_small(NETWORK, folder, INPUTS, lengths=LENGTHS, build_folder=builds, stalls="none", resets=1000)
    assert report.problems == ()
    description = read_description(folder)
    assert report.resets == description.latency_of_one_step + 3 * description.cycles_per_step
    fewer = cosimulate_small(NETWORK, folder, INPUTS, lengths=LENGTHS, build_folder=builds, stalls="none", resets=7)
    assert fewer.resets == 7
    after = [1 + number % 2 for number in range(7)]
    assert fewer.states_compared == (LENGTHS.sum() + 7 + sum(after)) * NETWORK.hidden_size
    assert fewer.problems == ()


@pytest.mark.long
def test_a_sequence_of_more_than_65536_steps(folder: Path, builds: Path) -> None:
    """No counter of steps wraps, and one of a single step follows."""
    inputs = np.random.default_rng(5).integers(*NETWORK.input_range, (2, 65_600, 2), endpoint=True)
    report = cosimulate_small(NETWORK, folder, inputs, lengths=[65_600, 1], build_folder=builds, stalls="none")
    assert report.problems == ()
    assert report.steps == 65_601
    assert report.coverage is not None
    assert report.coverage["sequence of steps"]["10 and more"] == 1


@pytest.mark.parametrize("clocks", [1, 17, 100])
def test_a_reset_in_the_middle_of_a_sequence(clocks: int, folder: Path, builds: Path) -> None:
    report = cosimulate_small(
        NETWORK, folder, INPUTS, lengths=LENGTHS, interrupted_clocks=clocks, build_folder=builds, stalls="none"
    )
    assert_agrees(report, NETWORK, LENGTHS)


def test_one_sequence_of_one_step(folder: Path, builds: Path) -> None:
    report = cosimulate_small(NETWORK, folder, INPUTS[:1, :1], build_folder=builds)
    assert_agrees(report, NETWORK, np.array([1]))


def test_the_report_is_plain_json(folder: Path, builds: Path) -> None:
    report = cosimulate_small(NETWORK, folder, INPUTS, lengths=LENGTHS, build_folder=builds)
    plain = report.to_json()
    assert json.loads(json.dumps(plain)) == plain
    assert plain["passed"] is True
    assert plain["problems"] == []
    assert plain["clocks_per_second"] == pytest.approx(plain["clocks"] / plain["simulation_seconds"])
    assert 0 < plain["simulation_seconds"] < plain["seconds"]


@pytest.mark.parametrize("trace", [True, False])
def test_a_formula_that_is_one_clock_off(trace: bool, tmp_path: Path, builds: Path) -> None:
    core(tmp_path, NETWORK, trace=trace)
    plain = json.loads((tmp_path / "hadamard_core.json").read_text())
    right, constant = plain["cycles_per_step"], plain["sequence_latency"]["constant"]
    edit_description(tmp_path, cycles_per_step=right + 1)
    report = cosimulate_small(NETWORK, tmp_path, INPUTS, lengths=LENGTHS, states=trace, build_folder=builds)
    assert (report.cycles_per_step, report.formula_cycles_per_step) == (right, right + 1)
    assert report.differences == 0
    assert not report.passed
    assert report.problems[:2] == (
        f"hadamard_core.json is not of this core: cycles_per_step {right + 1}, by its parameters {right}",
        f"cycles per step: measured {right}, formula {right + 1}",
    )
    edit_description(
        tmp_path, cycles_per_step=right, sequence_latency=plain["sequence_latency"] | {"constant": constant - 1}
    )
    report = cosimulate_small(NETWORK, tmp_path, INPUTS, lengths=LENGTHS, states=trace, build_folder=builds)
    assert report.problems[1:] == tuple(
        f"latency of {steps} step{'s' * (steps > 1)}: measured {constant + (steps - 1) * right} clocks, "
        f"formula {constant + (steps - 1) * right - 1}"
        for steps in (1, 2, 4)
    )


def test_verilog_that_changes_while_it_is_verified(
    tmp_path: Path, builds: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The report says what was compiled, and that it is not what lies there now."""
    file = core(tmp_path, NETWORK) / "hadamard_core.v"
    compiled = hashlib.sha256(file.read_bytes()).hexdigest()

    def simulate_and_edit(*arguments: Any) -> Any:
        records = simulation.simulate(*arguments)
        file.write_text(file.read_text() + "// mine\n")
        return records

    monkeypatch.setattr(cosimulation, "simulate", simulate_and_edit)
    report = cosimulate_small(NETWORK, tmp_path, INPUTS, lengths=LENGTHS, build_folder=builds)
    assert (report.verilog_sha256, report.verilog_as_generated) == (compiled, True)
    assert report.problems == ("hadamard_core.v was changed meanwhile",)


@pytest.mark.parametrize("choice", ["nothing_of_this_name", "stream$", "timing$"])
def test_a_simulation_that_ran_no_test_is_a_failure(
    choice: str, folder: Path, builds: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """cocotb counts a run without any test as passed; here each phase must have been run."""
    monkeypatch.setenv("COCOTB_TEST_FILTER", choice)
    missing = "stream" if choice == "timing$" else "timing"
    with pytest.raises(
        SimulationError, match=f"(verilator|icarus) ran no test {missing}, expected all tests of {TEST_MODULE}"
    ):
        cosimulate_small(NETWORK, folder, INPUTS, lengths=LENGTHS, build_folder=builds)


def test_a_bench_that_fails_by_itself_is_no_verdict(
    folder: Path, builds: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """An error in the test bench must neither pass nor look like a difference."""
    (tmp_path / "sitecustomize.py").write_text(
        "import hadamrnn.sim.stalls as stalls\n"
        "def broken(*arguments):\n    raise ArithmeticError('no such pattern today')\n"
        "stalls.pauses = broken\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(SimulationError, match=r"the test bench failed in phase timing: .*no such pattern today"):
        cosimulate_small(NETWORK, folder, INPUTS, lengths=LENGTHS, build_folder=builds)


def test_a_simulation_that_ends_itself_is_no_verdict(tmp_path: Path, builds: Path) -> None:
    surround(core(tmp_path, NETWORK), "always @(posedge clk) if (s_axis_tvalid) $finish;")
    with pytest.raises(SimulationError, match=r"the test bench failed in phase timing: .* ended prematurely"):
        cosimulate_small(NETWORK, tmp_path, INPUTS, lengths=LENGTHS, build_folder=builds)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"stalls": "some"}, "stalls must be one of none, random, worst, not 'some'"),
        ({"simulator": "modelsim"}, "simulator must be one of verilator, icarus, not 'modelsim'"),
        ({"resets": -1}, "resets must be an integer of at least 0, not -1"),
        ({"interrupted_clocks": -1}, "interrupted_clocks must be an integer of at least 0, not -1"),
        ({"cut_beats": [2] * 8}, "cut_beats must be from 0 to 1, not 2"),
        ({"cut_beats": [0]}, "cut_beats must be 8 integers, not int64 of shape (1,)"),
        ({"wrong_indices": [0, 0, 0, 0, 1, 0, 0, 0]}, "wrong_indices must be from 0 to 0, not 1"),
        ({"lengths": [11] * 8}, "lengths must be from 1 to 10, not 11"),
    ],
)
def test_options_that_cannot_be_are_refused(options: dict[str, Any], message: str, folder: Path) -> None:
    with pytest.raises(InputError) as error:
        cosimulate_small(NETWORK, folder, INPUTS, **options)
    assert str(error.value) == message


def test_a_core_that_does_not_fit_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="was generated from another network: generate it again"):
        cosimulate_small(small_network(state_bits=11), folder, INPUTS)
    core(tmp_path, NETWORK, trace=False)
    with pytest.raises(InputError, match="hadamard_core has no trace port: generate it with trace"):
        cosimulate_small(NETWORK, tmp_path, INPUTS)
