import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hadamrnn.cli.verify_cocotb import other_engine
from hadamrnn.hw.parameters import CoreParameters
from hadamrnn.hw.verilog.generation import fingerprint, generate
from hadamrnn.quant.integer import IntegerNetwork, write_network
from hadamrnn.sim import explanation
from hadamrnn.sim.build import SimulationError
from hadamrnn.sim.waveform import read_vcd

from ..quant.dense_networks import dense_network
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
    assert "  the Verilog: edited since it was generated" in lines
    assert any("step" in line and "unit 5" in line and "expected" in line for line in lines), outcome.out


def test_edited_verilog_whose_description_was_edited_too(
    run: Run, network_file: Path, core: Path, icarus: None
) -> None:
    """The core is generated again: what its description says of it proves nothing."""
    options = ("--simulator", "icarus", "--sequences", "2", "--steps", "3", "--resets", "0", "--json")
    with (core / "hadamard_core.v").open("a") as file:
        file.write("// mine\n")
    path = core / "hadamard_core.json"
    plain = json.loads(path.read_text())
    plain["verilog_sha256"] = hashlib.sha256((core / "hadamard_core.v").read_bytes()).hexdigest()
    path.write_text(json.dumps(plain))
    report = json.loads(run("verify", network_file, "--dir", core, *options).out)
    assert (report["passed"], report["verilog_as_generated"]) == (True, False)
    assert report["verilog_sha256"] == plain["verilog_sha256"]
    plain["versions"]["amaranth"] = "0.4"
    path.write_text(json.dumps(plain))
    report = json.loads(run("verify", network_file, "--dir", core, *options).out)
    assert (report["passed"], report["verilog_as_generated"]) == (True, None)


def test_icarus_through_the_command_line(run: Run, network_file: Path, icarus: None, core: Path) -> None:
    options = ("--simulator", "icarus", "--stalls", "worst", "--sequences", "3", "--steps", "5", "--no-states")
    outcome = run("verify", network_file, "--dir", core, *options)
    assert outcome.status == 0, outcome
    assert "0 state words compared" in outcome.out
    assert outcome.out.splitlines()[-1] == "equal, bit for bit, in its results; no state was compared"


def test_options_that_cannot_be(refused: Callable[..., str], network_file: Path, core: Path) -> None:
    assert refused("verify", network_file, "--simulator", "modelsim").startswith("--simulator must be one of verilator")
    assert refused("verify", network_file, "--stalls", "some").startswith("--stalls must be one of none, random, worst")
    assert refused("verify", network_file, "--sequences", "0").startswith("--sequences must be at least 1, not 0")
    assert refused("verify", network_file, "--steps", "-1").startswith("--steps must be at least 1, not -1")
    assert refused("verify", network_file, "--seed", "-1").startswith("--seed must be at least 0, not -1")
    assert refused("verify", network_file, "--dir", core, "--lanes", "2").startswith("--lanes does not go with --dir")
    steps = refused("verify", network_file, "--task", "digits", "--steps", "5")
    assert steps.startswith("--steps goes with random sequences: those of a task have their own length")
    option = refused("verify", network_file, "--option", "permuted=true")
    assert option.startswith("--option goes with --task: random sequences have no options")
    assert refused("verify", network_file, "--lanes", "3") == "--lanes must be a power of two, not 3"
    assert refused("verify", network_file, "--dir", core.parent / "nothing").startswith(f"{core.parent / 'nothing'}: ")


def test_a_core_of_another_network_is_refused(refused: Callable[..., str], network_file: Path, tmp_path: Path) -> None:
    generate(random_network(seed=1), CoreParameters(trace=True), tmp_path / "other")
    assert "another network" in refused("verify", network_file, "--dir", tmp_path / "other")


def test_states_need_a_trace(refused: Callable[..., str], network_file: Path, network: IntegerNetwork) -> None:
    folder = network_file.parent / "core"
    generate(network, CoreParameters(), folder)
    assert "trace" in refused("verify", network_file, "--dir", folder, "--states")
    assert "trace" in refused("verify", network_file, "--dir", folder, "--all-states", "--engine", "native")


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


def test_a_core_of_several_channels(run: Run, network_file: Path, tmp_path: Path, icarus: None) -> None:
    folder = tmp_path / "channels"
    assert run("generate", network_file, "-o", folder, "--channels", "3", "--trace").status == 0
    options = ("--simulator", "icarus", "--sequences", "6", "--steps", "4", "--json")
    outcome = run("verify", network_file, "--dir", folder, *options)
    assert outcome.status == 0, outcome
    report = json.loads(outcome.out)
    assert (report["passed"], report["channels"], report["sequences"]) == (True, 3, 6)
    assert report["cycles_per_step"] == report["formula_cycles_per_step"]


def test_the_report_of_a_core_that_somebody_has_edited(
    run: Run, network_file: Path, core: Path, tmp_path: Path, icarus: None
) -> None:
    """An adder that subtracts: the report names the component and has the waveform of both cores."""
    file = core / "hadamard_core.v"
    edited, count = re.subn(r"(?s)(module \w+_stage_1_butterfly .*?) - ", r"\1 + ", file.read_text(), count=1)
    assert count == 1
    file.write_text(edited)
    folder = tmp_path / "new" / "report"
    options = ("--sequences", "2", "--steps", "3", "--resets", "0", "--simulator", "icarus")
    outcome = run("verify", network_file, "--dir", core, *options, "-o", folder)
    assert outcome.status == 1
    report = json.loads((folder / "verification.json").read_text())
    assert report["passed"] is False
    assert report["verilog_as_generated"] is False
    assert report["explanation"]["location"]["module"] == "recurrence.transform.stage_1_butterfly"
    assert report["simulator_version"]
    assert report["core"]["parameters"] == CoreParameters(trace=True, output="logits").to_json()
    assert "reset: in the first step" in report["holes"]
    page = (folder / "verification.html").read_text()
    assert "first wrong in recurrence / transform / stage_1_butterfly at clock " in page
    assert "<svg" in page
    assert "edited since it was generated" in page
    good, bad = read_vcd(folder / "expected.vcd"), read_vcd(folder / "waveform.vcd")
    assert good.clocks == bad.clocks
    name = "recurrence.transform.stage_1_butterfly.data_out"
    assert good.values[name] != bad.values[name]
    assert any("first wrong in" in line for line in outcome.out.splitlines())


def test_the_report_of_a_core_that_agrees(
    run: Run, network: IntegerNetwork, network_file: Path, tmp_path: Path, icarus: None
) -> None:
    options = (
        "--lanes",
        "2",
        "--simulator",
        "icarus",
        "--sequences",
        "3",
        "--steps",
        "3",
        "--report",
        tmp_path / "report",
    )
    outcome = run("verify", network_file, *options)
    assert outcome.status == 0, outcome
    names = {file.name for file in (tmp_path / "report").iterdir()}
    assert names == {"verification.json", "verification.html"}
    report = json.loads((tmp_path / "report" / "verification.json").read_text())
    assert (report["explanation"], report["resets"]) == (None, 16)
    assert report["core"]["network_sha256"] == fingerprint(network)
    assert report["core"]["parameters"] == CoreParameters(lanes=2).to_json()
    assert any(line.startswith("  never exercised: ") for line in outcome.out.splitlines())


def test_sequences_of_your_own(
    run: Run, refused: Callable[..., str], network: IntegerNetwork, network_file: Path, core: Path, icarus: None
) -> None:
    file = core.parent / "mine.npz"
    inputs = np.random.default_rng(0).integers(*network.input_range, (5, 4, network.input_size), endpoint=True)

    def call(*options: object) -> tuple[object, ...]:
        return ("verify", network_file, "--dir", core, "--simulator", "icarus", "--arrays", file, *options)

    np.savez(file, x=inputs, lengths=[4, 1, 2, 3, 4])
    report = json.loads(run(*call("--all-states", "--json")).out)
    assert (report["passed"], report["sequences"], report["steps"]) == (True, 5, 14)
    assert report["sequences_with_states"] == 5
    report = json.loads(run(*call("--sequences", "2", "--json")).out)
    assert (report["sequences"], report["steps"]) == (2, 5)
    np.savez(file, x=inputs * network.input_scale)
    assert json.loads(run(*call("--json")).out)["steps"] == 20
    assert refused(*call("--task", "digits")).startswith("--task does not go with --arrays")
    for arrays, message in (
        ({"y": inputs}, "no array x, found: y"),
        ({"x": inputs[:0]}, "inputs must hold at least one step of one sequence"),
        ({"x": np.full((1, 2, 1), np.nan)}, "inputs must be finite numbers"),
        ({"x": np.array([["a"]])}, "inputs must be integers, not <U1"),
        ({"x": inputs, "lengths": [5] * 5}, "lengths must be from 1 to 4, not 5"),
    ):
        np.savez(file, **arrays)
        assert message in refused(*call())
    np.save(core.parent / "mine.npy", inputs[:, :, 0])  # an array alone, of one value a step
    report = json.loads(run(*(core.parent / "mine.npy" if part == file else part for part in call("--json"))).out)
    assert (report["passed"], report["steps"]) == (True, 20)
    file.write_bytes(b"PK no archive")
    assert "a damaged file of arrays" in refused(*call())


@pytest.mark.parametrize(
    "text, message",
    [
        (None, "expected the description (*.json) of one generated core, found 0"),
        ("{", "cannot be read as JSON"),
        ('{"verilog": "hadamard_core.v"}', "not the description of a generated core"),
    ],
)
def test_a_folder_without_its_description(
    text: str | None, message: str, refused: Callable[..., str], network_file: Path, core: Path
) -> None:
    (core / "hadamard_core.json").unlink()
    if text is not None:
        (core / "hadamard_core.json").write_text(text)
    assert message in refused("verify", network_file, "--dir", core)


def test_edits_that_leave_no_core(run: Run, network_file: Path, core: Path, icarus: None) -> None:
    """A module of another name, an empty file, a missing port: no verdict, in one line."""
    good = (core / "hadamard_core.v").read_text()
    for text in (good.replace("module hadamard_core (", "module renamed ("), "", re.sub(r"\berror\b", "fault", good)):
        (core / "hadamard_core.v").write_text(text)
        outcome = run("verify", network_file, "--dir", core, "--simulator", "icarus", "--sequences", "2")
        assert outcome.status == 3, outcome
        assert outcome.err.splitlines()[-1].startswith("hadamrnn: error: "), outcome.err


def test_a_dense_network(run: Run, refused: Callable[..., str], core: Path, tmp_path: Path, icarus: None) -> None:
    dense = tmp_path / "dense.safetensors"
    write_network(dense_network(), dense)
    made = run("generate", dense, "-o", tmp_path / "dense-core", "--trace", "--recurrent-multipliers", "4", "--json")
    assert json.loads(made.out)["network"]["family"] == "dense"
    assert json.loads(made.out)["row_cycles"] == 2
    assert json.loads(made.out)["recurrent_weight_memory_bits"] == 8 * 8 * 4
    outcome = run(
        "verify", dense, "--dir", tmp_path / "dense-core", "--simulator", "icarus", "--sequences", "3", "--resets", "2"
    )
    assert outcome.status == 0, outcome
    assert outcome.out.endswith("equal, bit for bit\n")
    assert "was generated from another network" in refused("verify", dense, "--dir", core)


def test_a_report_that_cannot_be_written(refused: Callable[..., str], network_file: Path) -> None:
    place = network_file / "report"
    assert refused("verify", network_file, "-o", place).startswith(f"--report {place}: {network_file} is a file")
    resets = refused("verify", network_file, "--engine", "native", "--resets", "3")
    assert resets.startswith("--resets goes with --engine cocotb")
    assert refused("verify", network_file, "--resets", "-1").startswith("--resets must be at least 0, not -1")
    states = refused("verify", network_file, "--all-states", "--no-states")
    assert "does not go with --all-states" in states


def test_an_explanation_that_fails_costs_no_verdict(
    run: Run, network_file: Path, core: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, icarus: None
) -> None:
    def fail(*arguments: object) -> None:
        raise SimulationError("it cannot be compiled with every signal")

    monkeypatch.setattr(explanation, "explain", fail)
    file = core / "hadamard_core.v"
    file.write_text(re.sub(r"(?s)(module \w+_stage_1_butterfly .*?) - ", r"\1 + ", file.read_text(), count=1))
    options = ("--sequences", "2", "--steps", "3", "--resets", "0", "--simulator", "icarus")
    outcome = run("verify", network_file, "--dir", core, *options, "-o", tmp_path / "report")
    assert outcome.status == 1
    assert "verify: cannot look inside: it cannot be compiled with every signal" in outcome.err
    assert json.loads((tmp_path / "report" / "verification.json").read_text())["passed"] is False


def test_the_other_engine_is_named_where_this_one_takes_minutes() -> None:
    assert other_engine(999_999) == ""
    assert "4,170 million clocks" in other_engine(417_004_300 * 10)
    assert "--engine native" in other_engine(1_000_000)
