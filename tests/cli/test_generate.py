import json
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Run


def test_a_core_is_written_and_described(run: Run, network_file: Path, tmp_path: Path) -> None:
    outcome = run("generate", network_file, "-o", tmp_path / "core", "--name", "gesture", "--lanes", "2")
    assert (outcome.status, outcome.err) == (0, "")
    assert sorted(path.name for path in (tmp_path / "core").iterdir()) == ["gesture.json", "gesture.v"]
    description = json.loads((tmp_path / "core" / "gesture.json").read_text())
    assert (description["name"], description["parameters"]["lanes"]) == ("gesture", 2)
    assert "module gesture(" in (tmp_path / "core" / "gesture.v").read_text()
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
    for name in ("hadamard_core.v", "hadamard_core.json"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--lanes", "3"), "lanes must be a power of two, not 3"),
        (("--lanes", "0"), "lanes must be an integer of at least 1, not 0"),
        (("--lanes", "16"), "lanes must divide the hidden size 8 and be at most 8, not 16"),
        (("--output", "label"), "output must be one of logits, class, not 'label'"),
        (("--readout-multipliers", "4"), "readout_multipliers must be at most the number of logits, 3, not 4"),
        (("--name", "module"), "name must be no reserved word of Verilog or SystemVerilog, not 'module'"),
        (("--name", "2nd core"), "name must be a Verilog identifier, not '2nd core'"),
    ],
)
def test_parameters_that_cannot_be(
    refused: Callable[..., str], network_file: Path, tmp_path: Path, options: tuple[str, ...], message: str
) -> None:
    assert refused("generate", network_file, "-o", tmp_path / "core", *options) == message


def test_a_folder_that_cannot_be_written(refused: Callable[..., str], network_file: Path) -> None:
    assert refused("generate", network_file, "-o", network_file).startswith(f"cannot write to {network_file}: ")
