import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from hadamrnn.hw.parameters import CoreParameters
from hadamrnn.hw.verilog import generate
from hadamrnn.quant.integer import IntegerNetwork

from .conftest import Run, random_network


@pytest.fixture
def core(network: IntegerNetwork, tmp_path: Path) -> Path:
    folder = tmp_path / "core"
    generate(network, CoreParameters(trace=True, output="logits"), folder)
    return folder


def test_a_generated_core_agrees(run: Run, network_file: Path) -> None:
    outcome = run("verify", network_file, "--lanes", "2", "--sequences", "4", "--steps", "6", "--json")
    assert outcome.status == 0, outcome
    report = json.loads(outcome.out)
    assert report["passed"] is True
    assert report["verilog_as_generated"] is True
    assert report["differences"] == 0
    assert report["sequences"] == 4
    assert report["states_compared"] >= 8 * report["steps"] >= 8 * (1 + 6)
    assert report["cycles_per_step"] == report["formula_cycles_per_step"]
    assert "verify: generating" in outcome.err.splitlines()


def test_a_core_of_another_network_is_status_1_and_the_first_difference_is_named(
    run: Run, network_file: Path, core: Path, tmp_path: Path
) -> None:
    """The Verilog of a network with one sign flipped, under the description of the network that is verified."""
    original = random_network()
    signs = original.signs.copy()
    signs[5] = -signs[5]
    generate(replace(original, signs=signs), CoreParameters(trace=True, output="logits"), tmp_path / "x")
    (core / "hadamard_core.v").write_text((tmp_path / "x" / "hadamard_core.v").read_text())
    options = ("--sequences", "3", "--steps", "5", "--stalls", "none")
    outcome = run("verify", network_file, "--dir", core, *options)
    assert outcome.status == 1
    lines = outcome.out.splitlines()
    assert lines[-1] == "DIFFERENT"
    assert "  the Verilog has been edited since it was generated" in lines
    assert any("step" in line and "unit 5" in line and "expected" in line for line in lines), outcome.out


def test_icarus_through_the_command_line(run: Run, network_file: Path, icarus: None, core: Path) -> None:
    options = ("--simulator", "icarus", "--stalls", "worst", "--sequences", "3", "--steps", "5", "--no-states")
    outcome = run("verify", network_file, "--dir", core, *options)
    assert outcome.status == 0, outcome
    assert "0 state words compared" in outcome.out
    assert outcome.out.splitlines()[-1] == "equal, bit for bit"


def test_options_that_cannot_be(refused: Callable[..., str], network_file: Path, core: Path) -> None:
    assert refused("verify", network_file, "--simulator", "modelsim").startswith("simulator must be one of verilator")
    assert refused("verify", network_file, "--stalls", "some").startswith("stalls must be one of none, random, worst")
    assert refused("verify", network_file, "--sequences", "0").startswith("--sequences must be at least 1, not 0")
    assert refused("verify", network_file, "--steps", "-1").startswith("--steps must be at least 1, not -1")
    assert refused("verify", network_file, "--seed", "-1").startswith("--seed must be at least 0, not -1")
    assert refused("verify", network_file, "--dir", core, "--lanes", "2").startswith("--lanes does not go with --dir")
    steps = refused("verify", network_file, "--task", "digits", "--steps", "5")
    assert steps.startswith("--steps goes with random sequences: those of a task have their own length")
    option = refused("verify", network_file, "--option", "permuted=true")
    assert option.startswith("--option goes with --task: random sequences have no options")
    assert refused("verify", network_file, "--lanes", "3") == "lanes must be a power of two, not 3"
    assert refused("verify", network_file, "--dir", core.parent / "nothing").startswith(f"{core.parent / 'nothing'}: ")


def test_a_core_of_another_network_is_refused(refused: Callable[..., str], network_file: Path, tmp_path: Path) -> None:
    generate(random_network(seed=1), CoreParameters(trace=True), tmp_path / "other")
    assert "another network" in refused("verify", network_file, "--dir", tmp_path / "other")


def test_states_need_a_trace(refused: Callable[..., str], network_file: Path, network: IntegerNetwork) -> None:
    folder = network_file.parent / "core"
    generate(network, CoreParameters(), folder)
    assert "trace" in refused("verify", network_file, "--dir", folder, "--states")


def test_a_machine_without_simulator_or_compiler(
    refused: Callable[..., str], network_file: Path, core: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.delenv("CXX", raising=False)
    assert "iverilog" in refused("verify", network_file, "--dir", core, "--simulator", "icarus").lower()
    assert "c++" in refused("verify", network_file, "--dir", core).lower()


def test_verilog_that_does_not_compile_is_one_line(run: Run, network_file: Path, core: Path) -> None:
    with (core / "hadamard_core.v").open("a") as file:
        file.write("endmodule\n")
    outcome = run("verify", network_file, "--dir", core)
    assert outcome.status == 3
    assert outcome.out == ""
    assert outcome.err.splitlines()[-1].startswith("hadamrnn: error: verilator cannot compile")
    assert "Traceback" not in outcome.err
