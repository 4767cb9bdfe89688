import json
from collections.abc import Callable
from pathlib import Path

import pytest

from hadamrnn.model.options import TrainingOptions
from hadamrnn.quant.configuration import ExperimentConfig, NetworkOptions
from hadamrnn.quant.experiment import train
from hadamrnn.zoo import catalogue

from .conftest import Run

CONFIGURATION = ExperimentConfig(
    task="digits",
    network=NetworkOptions(hidden_size=16, block_size=4),
    training=TrainingOptions(epochs=3),
)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained") / "run"
    train(CONFIGURATION, folder)
    return folder


@pytest.fixture
def small(run: Run, trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict:
    """A zoo of one network, in the place of the package's; what ``zoo add`` says of it."""
    folder = tmp_path / "zoo"
    folder.mkdir()
    outcome = run("zoo", "add", trained, "small", "--folder", folder, "--state-bits", "11", "--json")
    assert outcome.status == 0, outcome
    for function in (catalogue.names, catalogue.path, catalogue.config_path, catalogue.entry):
        monkeypatch.setattr(function, "__defaults__", (folder,))
    return json.loads(outcome.out)


def test_networks_are_listed_and_shown(run: Run, small: dict) -> None:
    assert json.loads(run("zoo", "list", "--json").out) == [small]
    row = next(line for line in run("zoo", "list").out.splitlines() if " small " in line)
    cells = [cell.strip() for cell in row.strip("│").split("│")]
    accuracies = [f"{small[kind]['accuracy']:.2%}" for kind in ("float", "integer")]
    kilobytes = f"{small['stored_bits'] / 8000:.1f}"
    assert cells == ["small", "digits", "16", "4", "4", "4", "11", *accuracies, kilobytes]
    shown = run("zoo", "show", "small").out
    assert shown.startswith("zoo:small: digits\n  d = 16, n = 4, q = 4, 1 inputs, 10 outputs, signs searched\n")
    assert "  $ hadamrnn train zoo:small -o run\n" in shown
    assert json.loads(run("zoo", "show", "zoo:small", "--json").out)["sha256"] == small["sha256"]


def test_a_dense_network_among_them(run: Run, small: dict, tmp_path: Path) -> None:
    options = NetworkOptions(kind="qornn", hidden_size=8, recurrent_bits=3)
    config = ExperimentConfig(task="digits", network=options, training=TrainingOptions(epochs=1))
    train(config, tmp_path / "run")
    assert run("zoo", "add", tmp_path / "run", "dense", "--folder", tmp_path / "zoo").status == 0
    row = next(line for line in run("zoo", "list").out.splitlines() if " dense " in line)
    assert [cell.strip() for cell in row.strip("│").split("│")][1:7] == ["digits", "8", "dense", "", "4", "12"]
    shown = run("zoo", "show", "dense").out
    assert "\n  d = 8, a dense matrix of 3 bits, 1 inputs, 10 outputs, by ste-bjorck\n" in shown
    assert run("explore", "--target", "ice40-up5k", "--rate", "1000").status == 0


def test_its_name_stands_for_its_files(run: Run, small: dict, tmp_path: Path) -> None:
    assert json.loads(run("estimate", "zoo:small", "--json").out)[0]["hidden_size"] == 16
    assert run("generate", "zoo:small", "-o", tmp_path / "core").status == 0
    verified = run("verify", "zoo:small", "--task", "digits", "--sequences", "2", "--lanes", "4", "--json")
    assert json.loads(verified.out)["passed"] is True


def test_the_commands_that_it_names_make_it_again(
    run: Run, small: dict, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Training on one machine is the same bit for bit, and so is the file."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    for command in small["commands"]:
        assert run(*command.split()[1:]).status == 0
    for kind in ("safetensors", "toml"):
        made = (tmp_path / "here" / f"small.{kind}").read_bytes()
        assert made == (tmp_path / "zoo" / f"small.{kind}").read_bytes()


def test_names_that_are_not_there(refused: Callable[..., str], small: dict, tmp_path: Path) -> None:
    for command in (("estimate",), ("verify",), ("generate", "-o", tmp_path / "core"), ("train", "-o", tmp_path / "r")):
        line = refused(*command, "zoo:smal")
        assert line == "zoo:smal: no such network, did you mean small?"
    assert refused("zoo", "show", "other") == "zoo:other: no such network, networks: small"
    assert refused("zoo", "list", "other").startswith("Got unexpected extra argument")
    assert refused("zoo", "lst").startswith("No such command 'lst'")


def test_runs_that_cannot_be_added(refused: Callable[..., str], trained: Path, small: dict, tmp_path: Path) -> None:
    folder = ("--folder", tmp_path / "zoo")
    assert refused("zoo", "add", trained, "small", *folder).startswith("zoo:small: there is such a network already")
    assert refused("zoo", "add", tmp_path / "no", "b", *folder).startswith(f"{tmp_path / 'no'}: not a run folder")


@pytest.mark.parametrize("command", ["list", "show", "add"])
def test_help_has_an_example(run: Run, command: str) -> None:
    assert f"Example:\n    hadamrnn zoo {command} " in run("zoo", command, "--help").out


def test_without_a_command_it_is_help(run: Run) -> None:
    outcome = run("zoo")
    assert (outcome.status, outcome.out) == (0, run("zoo", "--help").out)
