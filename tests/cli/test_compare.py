"""The comparison of runs, frozen networks and the zoo: what is in its table, CSV, JSON and picture."""

import csv
import io
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hadamrnn.cli.group import hadamrnn
from hadamrnn.quant.integer import read_frozen, write_network
from hadamrnn.quant.integer.size import kilobytes
from hadamrnn.zoo import entry, names

from .conftest import Run

SMALL = ("--task", "digits", "--hidden", "8", "--epochs", "1", "--batch-size", "200")
KINDS = {"hadamard": (), "dense": ("--kind", "qornn", "--set", "recurrent_bits=5"), "lstm": ("--kind", "lstm")}


def called(*arguments: object) -> None:
    with pytest.raises(SystemExit) as exit_:
        hadamrnn([str(argument) for argument in arguments])
    assert exit_.value.code == 0


@pytest.fixture(scope="module")
def experiments(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``runs`` of both families and of a baseline, finished, and one that is not; both families frozen beside it."""
    folder = tmp_path_factory.mktemp("experiments")
    for kind, options in KINDS.items():
        called("train", *SMALL, *options, "-o", folder / "runs" / kind)
        if kind != "lstm":
            called("freeze", folder / "runs" / kind, "-o", folder / f"{kind}.safetensors")
    shutil.copytree(folder / "runs" / "lstm", folder / "runs" / "cut")
    (folder / "runs" / "cut" / "result.json").unlink()
    return folder


def records(run: Run, *arguments: object) -> dict[str, dict[str, Any]]:
    outcome = run("compare", *arguments, "--json")
    assert outcome.status == 0, outcome
    return {Path(one["name"]).name: one for one in json.loads(outcome.out)}


def test_runs_have_what_training_found(run: Run, experiments: Path) -> None:
    found = records(run, experiments / "runs")
    assert set(found) == set(KINDS)
    for kind, one in found.items():
        result = json.loads((experiments / "runs" / kind / "result.json").read_text())
        assert (one["task"], one["family"], one["hidden_size"]) == ("digits", kind, 8)
        assert one["float_accuracy"] == result["test"]["accuracy"]
        assert one["kilobytes"] == result["kilobytes"]
        assert one["integer_accuracy"] is one["cycles_per_step"] is None
    bits = {kind: (one["recurrent_bits"], one["weight_bits"], one["strategy"]) for kind, one in found.items()}
    assert bits == {"hadamard": (1, 4, "searched"), "dense": (5, 4, "ste-bjorck"), "lstm": (32, 32, None)}
    assert "`hadamrnn freeze`" in found["dense"]["reasons"]["integer"]
    assert found["lstm"]["reasons"]["integer"].startswith("a baseline in full precision")


def test_a_frozen_network_takes_the_place_of_its_run(run: Run, experiments: Path) -> None:
    files = [experiments / f"{kind}.safetensors" for kind in ("hadamard", "dense")]
    found = records(run, experiments / "runs", *files, "--lanes", "2")
    assert set(found) == {"hadamard.safetensors", "dense.safetensors", "lstm"}
    for file in files:
        network, one = read_frozen(file), found[file.name]
        tested = network.trained["test"]
        assert one["integer_accuracy"] == tested["integer"]["accuracy"]
        assert one["float_loss"] == tested["float"]["loss"]
        assert (one["state_bits"], one["kilobytes"]) == (12, kilobytes(network))
    core = found["hadamard.safetensors"]
    estimate = json.loads(run("estimate", files[0], "--lanes", "2", "--json").out)[0]
    assert core["lanes"] == 2
    assert core["cycles_per_step"] == estimate["cycles_per_step"] > 0
    assert core["logic_cells"] == estimate["logic_cells"]
    for figure in ("logic_cells", "block_rams", "clock_mhz", "cycles_per_step"):
        assert (core[figure] is None) == (figure in core["reasons"])


def test_the_zoo_is_what_it_says(run: Run) -> None:
    described = entry("digits-d32").description
    found = records(run, "zoo:digits-d32")["zoo:digits-d32"]
    assert (found["float_accuracy"], found["integer_accuracy"]) == (
        described["float"]["accuracy"],
        described["integer"]["accuracy"],
    )
    assert (found["hidden_size"], found["block_size"], found["state_bits"], found["task"]) == (32, 32, 12, "digits")
    assert set(records(run, "--zoo")) == {f"zoo:{name}" for name in names()}


def test_a_file_that_says_nothing_of_its_training(run: Run, experiments: Path, tmp_path: Path) -> None:
    network = read_frozen(experiments / "hadamard.safetensors")
    write_network(replace(network, trained={}), tmp_path / "other.safetensors")
    found = records(run, tmp_path / "other.safetensors")["other.safetensors"]
    assert (found["task"], found["float_accuracy"], found["integer_accuracy"]) == (None, None, None)
    assert found["reasons"]["task"] == "the file does not say how it was trained"
    assert (found["hidden_size"], found["recurrent_bits"], found["weight_bits"]) == (8, 1, 4)


@pytest.mark.parametrize(
    ("trained", "precision", "reason"),
    [
        ({"float_accuracy": 3}, "float", "the file's float_accuracy must be an object, not 3"),
        ({"float_accuracy": None}, "float", "the file does not say"),
        ({"test": {"float": "x"}}, "float", "the file's test.float must be an object, not 'x'"),
        ({"test": {"integer": [1]}}, "integer", "the file's test.integer must be an object, not [1]"),
        (
            {"test": {"float": {"accuracy": "hi"}}},
            "float",
            "the file's test.float: accuracy must be a number from 0 to 1, not 'hi'",
        ),
    ],
)
def test_a_file_of_a_stranger(
    run: Run, experiments: Path, tmp_path: Path, trained: dict[str, Any], precision: str, reason: str
) -> None:
    network = read_frozen(experiments / "hadamard.safetensors")
    write_network(replace(network, trained=trained), tmp_path / "other.safetensors")
    found = records(run, tmp_path / "other.safetensors")["other.safetensors"]
    assert [found[f"{precision}_{measure}"] for measure in ("accuracy", "sequence_accuracy", "loss")] == [None] * 3
    assert found["reasons"][precision] == reason
    outcome = run("compare", tmp_path / "other.safetensors")
    assert (outcome.status, outcome.err) == (0, "")
    assert reason in " ".join(outcome.out.split())


def test_a_run_of_a_stranger(run: Run, experiments: Path, tmp_path: Path) -> None:
    shutil.copytree(experiments / "runs" / "lstm", tmp_path / "lstm")
    result = json.loads((tmp_path / "lstm" / "result.json").read_text())
    result |= {"test": {"accuracy": 2.0, "loss": 0.5}, "kilobytes": [1]}
    (tmp_path / "lstm" / "result.json").write_text(json.dumps(result))
    found = records(run, tmp_path)["lstm"]
    assert (found["float_accuracy"], found["float_loss"], found["kilobytes"]) == (None, 0.5, None)
    assert found["reasons"]["float"] == "result.json, test: accuracy must be a number from 0 to 1, not 2.0"
    assert found["reasons"]["kilobytes"] == "result.json, kilobytes must be a number above 0, not [1]"
    assert run("compare", tmp_path).status == 0


def test_shapes_are_those_of_the_tensors(run: Run, experiments: Path, tmp_path: Path) -> None:
    dense, network = (read_frozen(experiments / f"{name}.safetensors") for name in ("dense", "hadamard"))
    other = str(network.trained["config"]).replace("hidden_size = 8", "hidden_size = 64")
    other = other.replace("block_size = 8", "block_size = 16").replace("weight_bits = 4", "weight_bits = 7")
    assert "hidden_size = 64\nblock_size = 16\nweight_bits = 7\n" in other
    write_network(replace(network, trained={"config": other}), tmp_path / "hadamard.safetensors")
    write_network(replace(dense, trained={"config": other}), tmp_path / "dense.safetensors")
    found = records(run, *tmp_path.iterdir())
    shape = ("family", "strategy", "hidden_size", "block_size", "recurrent_bits", "weight_bits")
    assert [found["hadamard.safetensors"][key] for key in shape] == ["hadamard", "searched", 8, 8, 1, 4]
    assert [found["dense.safetensors"][key] for key in shape] == ["dense", None, 8, None, 5, 4]


def test_a_run_is_left_out_for_its_file_alone(
    run: Run, experiments: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs, file = experiments / "runs", experiments / "hadamard.safetensors"
    outcome = run("compare", runs / "hadamard", file)
    assert f"{runs / 'hadamard'}: frozen in {file}, left out" in outcome.out.splitlines()
    # A network of the zoo with the same configuration is another one.
    described = {"float": {"accuracy": 0.5}, "integer": {"accuracy": 0.25}}
    same = SimpleNamespace(network=file, description=described)
    monkeypatch.setattr("hadamrnn.zoo.entry", lambda name: same)
    found = records(run, runs / "hadamard", "zoo:digits-d32")
    assert set(found) == {"hadamard", "zoo:digits-d32"}
    assert found["zoo:digits-d32"]["integer_accuracy"] == 0.25


def test_cells_and_clock_of_a_target(run: Run) -> None:
    found = records(run, "zoo:digits-d32", "--lanes", "2", "--target", "ecp5-25k")["zoo:digits-d32"]
    options = ("zoo:digits-d32", "--lanes", "2", "--target", "ecp5-25k", "--json")
    estimate = json.loads(run("estimate", *options).out)[0]
    assert found["target"] == "ecp5-25k"
    for figure in ("logic_cells", "block_rams", "clock_mhz", "cycles_per_step"):
        assert found[figure] == estimate[figure] is not None
    assert "?" not in run("compare", *options[:-1]).out
    assert records(run, "zoo:digits-d32")["zoo:digits-d32"]["target"] is None


def test_lanes_that_do_not_go_with_one_of_the_networks(run: Run) -> None:
    found = records(run, "zoo:digits-d32", "zoo:digits-d64", "--lanes", "64")
    reason = "lanes must divide the hidden size 32 and be at most 32, not 64"
    assert found["zoo:digits-d32"]["reasons"]["cycles_per_step"] == reason
    assert found["zoo:digits-d64"]["cycles_per_step"] > 0


def test_the_table_has_all_of_it_and_the_reasons(run: Run, experiments: Path) -> None:
    outcome = run("compare", experiments / "runs", experiments / "dense.safetensors")
    assert (outcome.status, outcome.err) == (0, "")
    rows = [line for line in outcome.out.splitlines() if line.startswith("│")]
    assert [row.split("│")[3].strip() for row in rows] == ["dense", "hadamard", "lstm"]
    assert f"{experiments / 'runs' / 'cut'}: unfinished, left out" in outcome.out
    assert "?: integer, clocks a step, logic cells, block RAMs, MHz: a baseline in full precision" in outcome.out


def test_order(run: Run) -> None:
    zoo = [f"zoo:{name}" for name in ("pmnist-d128", "pmnist-d64", "digits-d64", "copy-d128-n16", "pmnist-d128-n16")]
    by_size = list(records(run, *zoo, "--by", "kB").values())
    assert [one["task"].split()[0] for one in by_size] == ["copy", "digits", "mnist", "mnist", "mnist"]
    assert by_size[2]["kilobytes"] <= by_size[3]["kilobytes"] <= by_size[4]["kilobytes"]
    assert [one["hidden_size"] for one in records(run, *zoo).values()][2:] == [64, 128, 128]


def test_csv(run: Run) -> None:
    outcome = run("compare", "zoo:digits-d32", "zoo:digits-d64", "--csv")
    first, second = csv.DictReader(io.StringIO(outcome.out))
    described = entry("digits-d32").description
    assert (first["name"], second["name"]) == ("zoo:digits-d32", "zoo:digits-d64")
    assert float(first["integer_accuracy"]) == described["integer"]["accuracy"]
    assert float(first["kilobytes"]) == described["freeze_report"]["kilobytes"]
    assert first["float_sequence_accuracy"] == ""


@pytest.mark.parametrize(("form", "start"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")])
def test_picture(run: Run, experiments: Path, tmp_path: Path, form: str, start: bytes) -> None:
    path = tmp_path / f"comparison.{form}"
    outcome = run("compare", experiments / "runs", "zoo:digits-d32", "zoo:copy-d128-n16", "-o", path)
    assert outcome.status == 0, outcome
    assert path.read_bytes().startswith(start)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "give run folders, frozen networks or --zoo"),
        (("zoo:no-such-network",), "zoo:no-such-network: no such network, "),
        (("no-such-file",), "no-such-file: "),
        (("zoo:digits-d32", "--by", "accuracy"), "--by must be one of d, kB, not 'accuracy'"),
        (("zoo:digits-d32", "--lanes", "3"), "--lanes must be a power of two, not 3"),
        (("no-such-file", "--lanes", "0"), "--lanes must be an integer of at least 1, not 0"),
        (("zoo:digits-d32", "--target", "ecp5"), "--target must be one of "),
        (("zoo:digits-d32", "--csv", "--json"), "--csv does not go with --json"),
        (("zoo:digits-d32", "-o", "plot.bmp"), "plot.bmp: expected a name that ends in .png, .svg, .pdf"),
        (("zoo:digits-d32", "-o", "no-folder/plot.png"), "-o no-folder/plot.png: there is no folder no-folder"),
    ],
)
def test_what_cannot_be(refused: Callable[..., str], arguments: tuple[str, ...], message: str) -> None:
    assert refused("compare", *arguments).startswith(message)


def test_nothing_to_compare(refused: Callable[..., str], experiments: Path, tmp_path: Path) -> None:
    assert refused("compare", tmp_path) == f"no runs in {tmp_path}"
    cut = experiments / "runs" / "cut"
    assert refused("compare", cut) == f"{cut}: unfinished, left out"
