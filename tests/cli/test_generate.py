import json
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Run


def test_a_core_is_written_and_described(run: Run, network_file: Path, tmp_path: Path) -> None:
    outcome = run("generate", network_file, "-o", tmp_path / "core", "--name", "gesture", "--lanes", "2")
    assert (outcome.status, outcome.err) == (0, "")
    files = ["gesture.core", "gesture.json", "gesture.v", "gesture_template.v"]
    assert sorted(path.name for path in (tmp_path / "core").iterdir()) == files
    description = json.loads((tmp_path / "core" / "gesture.json").read_text())
    assert (description["name"], description["parameters"]["lanes"]) == ("gesture", 2)
    assert "module gesture (" in (tmp_path / "core" / "gesture.v").read_text()
    assert f"{description['cycles_per_step']} cycles per step" in outcome.out


def test_json_is_the_description(run: Run, network_file: Path, tmp_path: Path) -> None:
    options = ("--output", "logits", "--trace", "--readout-multipliers", "3", "--json")
    outcome = run("generate", network_file, "-o", tmp_path / "core", *options)
    assert json.loads(outcome.out) == json.loads((tmp_path / "core" / "hadamard_core.json").read_text())
    parameters = json.loads(outcome.out)["parameters"]
    assert (parameters["output"], parameters["trace"], parameters["readout_multipliers"]) == ("logits", True, 3)


def test_the_same_call_gives_the_same_bytes(run: Run, network_file: Path, tmp_path: Path) -> None:
    for folder in ("a", "b"):
        run("generate", network_file, "-o", tmp_path / folder)
    for name in ("hadamard_core.v", "hadamard_core.json", "hadamard_core.core", "hadamard_core_template.v"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--lanes", "3"), "--lanes must be a power of two, not 3"),
        (("--lanes", "0"), "--lanes must be an integer of at least 1, not 0"),
        (("--lanes", "16"), "--lanes must divide the hidden size 8 and be at most 8, not 16"),
        (("--output", "label"), "--output must be one of logits, class, not 'label'"),
        (("--readout-multipliers", "4"), "--readout-multipliers must be at most the number of logits, 3, not 4"),
        (("--name", "module"), "--name must be no reserved word of Verilog or SystemVerilog, not 'module'"),
        (("--name", "2nd core"), "--name must be a Verilog identifier, not '2nd core'"),
    ],
)
def test_parameters_that_cannot_be(
    refused: Callable[..., str], network_file: Path, tmp_path: Path, options: tuple[str, ...], message: str
) -> None:
    assert refused("generate", network_file, "-o", tmp_path / "core", *options) == message


def test_a_folder_that_cannot_be_written(refused: Callable[..., str], network_file: Path) -> None:
    beneath = network_file / "core"
    assert (
        refused("generate", network_file, "-o", beneath)
        == f"--out {beneath}: {network_file} is a file, expected a folder"
    )
    assert refused("generate", network_file, "-o", network_file).startswith(
        f"--out {network_file}: {network_file} is a file"
    )


def test_a_clock_places_registers(run: Run, network_file: Path, tmp_path: Path) -> None:
    latency = {}
    for clock in (10, 30):
        options = ("--target", "ice40-up5k", "--clock", clock, "--lanes", 8)  # no FIFO: each register is a cycle
        outcome = run("generate", network_file, "-o", tmp_path / str(clock), *options)
        assert (outcome.status, outcome.err) == (0, "")
        assert f"MHz expected on ice40-up5k (delay model), {clock} MHz asked for; registers: " in outcome.out
        description = json.loads((tmp_path / str(clock) / "hadamard_core.json").read_text())
        latency[clock] = description["pipeline_latency"]
        assert latency[clock] == len(description["parameters"]["registers"]) + 1
    assert latency[10] < latency[30]


def test_a_clock_that_the_model_misses_is_status_1_and_the_core_is_written(
    run: Run, network_file: Path, tmp_path: Path
) -> None:
    options = ("--target", "ice40-up5k", "--clock", "400", "--json")
    outcome = run("generate", network_file, "-o", tmp_path / "core", *options)
    assert outcome.status == 1
    assert 0 < json.loads(outcome.out)["expected_clock_mhz"] < 400
    assert (tmp_path / "core" / "hadamard_core.v").is_file()


@pytest.mark.parametrize(("options", "depth"), [((), 8), (("--memory-depth", "9"), 9)])
def test_a_clock_leaves_a_memory_depth_that_is_given(
    run: Run, network_file: Path, tmp_path: Path, options: tuple[str, ...], depth: int
) -> None:
    clock = ("--target", "ice40-up5k", "--clock", "10", "--json")
    outcome = run("generate", network_file, "-o", tmp_path / "core", *clock, *options)
    assert json.loads(outcome.out)["parameters"]["memory_depth"] == depth


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ((), "direct"),
        (("--target", "ice40-up5k"), "from-sum"),
        (("--target", "ecp5-25k"), "direct"),
        (("--target", "ecp5-25k", "--clock", "10", "--lane-difference", "from-sum"), "from-sum"),
        (("--target", "ice40-hx8k", "--clock", "10"), "direct"),  # as the delay model has it
    ],
)
def test_a_target_chooses_the_butterflies_between_lanes(
    run: Run, network_file: Path, tmp_path: Path, options: tuple[str, ...], expected: str
) -> None:
    outcome = run("generate", network_file, "-o", tmp_path / "core", "--json", *options)
    assert json.loads(outcome.out)["parameters"]["lane_difference"] == expected


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--clock", "10"), "--clock goes with --target"),
        (
            ("--target", "ice40-hx8k", "--clock", "10", "--lanes", "2", "--lane-difference", "from-sum"),
            "--lane-difference must be direct for a clock, not 'from-sum': the delay model does not know it",
        ),
        (
            ("--clock", "10", "--target", "ice40-up5k", "--registers", "division"),
            "--registers does not go with --clock",
        ),
        (
            ("--clock", "10", "--target", "ice40-up5k", "--stages-per-register", "2"),
            "--stages-per-register does not go with --clock",
        ),
        (("--target", "vu9p"), "--target must be one of"),
        (("--target", "vu9p", "--clock", "10"), "--target must be one of"),
        (("--clock", "0", "--target", "ice40-up5k"), "--clock must be a positive number of MHz, not 0.0"),
        (("--registers", "stage_77"), "not 'stage_77'"),
    ],
)
def test_clocks_and_registers_that_cannot_be(
    refused: Callable[..., str], network_file: Path, tmp_path: Path, options: tuple[str, ...], message: str
) -> None:
    assert message in refused("generate", network_file, "-o", tmp_path / "core", *options)
    assert not (tmp_path / "core").exists()
