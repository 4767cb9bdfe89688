import importlib
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from hadamrnn.hw.estimate import exploration
from hadamrnn.hw.synthesis import sweep

from .conftest import Run
from .finished_runs import finished_run

RATE = ("--target", "ice40-hx8k", "--rate", "100000")


def test_the_first_line_is_the_largest_network(run: Run) -> None:
    outcome = run("explore", *RATE, "--hidden", "16", "64", "256")
    assert outcome.status == 0
    head = outcome.out.splitlines()[0]
    assert head.startswith("ice40-hx8k at 100,000 steps a second: the largest network has 256 units (blocks of ")


def test_bits_are_tried_one_after_the_other(run: Run) -> None:
    outcome = run("explore", *RATE, "--hidden", "16", "64", "--bits", "8", "12", "--all", "--json")
    rows = json.loads(outcome.out)["front"]
    assert {(row["hidden_size"], row["state_bits"]) for row in rows} == {(16, 8), (16, 12), (64, 8), (64, 12)}
    front = json.loads(run("explore", *RATE, "--hidden", "16", "64", "--bits", "8", "12", "--json").out)["front"]
    assert len(front) < len(rows)
    assert all(row in rows for row in front)
    for row in rows:
        assert row["estimate"]["steps_per_second"] >= 1e5
        assert 0 < row["share"] <= 0.9


def test_accuracies_of_the_zoo_are_beside_their_shapes(run: Run) -> None:
    rows = json.loads(run("explore", *RATE, "--hidden", "64", "--all", "--json").out)["front"]
    (whole,) = (row for row in rows if row["block_size"] == 64)
    known = {one["network"]: one["accuracy"] for one in whole["known"]}
    assert known["zoo:digits-d64"] > 0.9
    other = json.loads(run("explore", *RATE, "--hidden", "64", "--input-size", "3", "--all", "--json").out)["front"]
    assert all(row["known"] == [] for row in other)  # those of the zoo read one element


def test_accuracies_of_runs_are_those_of_the_same_shape_that_can_be_frozen(run: Run, tmp_path: Path) -> None:
    shape = {"input_size": 1, "output_size": 10, "input_kind": "vector", "readout": "last"}
    same = finished_run(tmp_path / "same", {"shape": shape})
    finished_run(tmp_path / "float", {"shape": shape}, kind="float")
    finished_run(tmp_path / "dense", {"shape": shape}, kind="qornn")
    other = {"input_size": 3, "output_size": 9, "input_kind": "index", "readout": "every"}
    for name, value in other.items():
        finished_run(tmp_path / name, {"shape": shape | {name: value}})
    old = finished_run(tmp_path / "old")
    outcome = run("explore", *RATE, "--hidden", "64", "--all", "--json", "--runs", tmp_path)
    assert outcome.err == f"{old}: a run of an earlier version, whose shape is not known: left out\n"
    for row in json.loads(outcome.out)["front"]:
        known = [one for one in row["known"] if not one["network"].startswith("zoo:")]
        expected = [{"network": str(same), "accuracy": 0.75}] if row["block_size"] == 64 else []
        assert known == expected


def test_hidden_sizes_that_are_no_power_of_two_have_the_blocks_that_divide_them(run: Run) -> None:
    for hidden, blocks in ((12, {4}), (24, {4, 8}), (48, {4, 8, 16}), (96, {4, 8, 16, 32})):
        outcome = run("explore", *RATE, "--hidden", hidden, "--all", "--json")
        assert outcome.status == 0
        assert {row["block_size"] for row in json.loads(outcome.out)["front"]} == blocks


def test_block_sizes_that_are_asked_for(run: Run, refused: Callable[..., str]) -> None:
    outcome = run("explore", *RATE, "--hidden", "48", "64", "--block", "16", "64", "--all", "--json")
    shapes = {(row["hidden_size"], row["block_size"]) for row in json.loads(outcome.out)["front"]}
    assert shapes == {(48, 16), (64, 16), (64, 64)}
    message = "--block must be a power of two of at least 4, not 12"
    assert refused("explore", *RATE, "--block", "12") == message


def test_nothing_that_fits_is_status_1(run: Run) -> None:
    outcome = run("explore", "--target", "ice40-lp1k", "--rate", "10", "--hidden", "8192", "--clock", "20")
    assert outcome.status == 1
    assert outcome.out == "ice40-lp1k: no core fits and makes 10 steps a second\n"


def test_what_cannot_be_is_refused(refused: Callable[..., str]) -> None:
    assert refused("explore", "--rate", "1").startswith("Missing option '--target'")
    assert refused("explore", "--target", "ice40-hx8k", "--rate", "0").startswith("--rate must be a positive number")
    assert refused("explore", "--target", "nothing", "--rate", "1").startswith("--target must be one of ")
    message = "--hidden must be a positive multiple of 4, the least block, not 6"
    assert refused("explore", *RATE, "--hidden", "6") == message
    assert refused("explore", *RATE, "--bits", "0") == "state_bits must be an integer from 2 to 32, not 0"


def test_options_that_would_not_be_heeded(refused: Callable[..., str]) -> None:
    line = refused("explore", *RATE, "--bits", "8", "--state-bits", "10")
    assert line.startswith("--state-bits does not go with --bits")
    for option, value in (("--jobs", "2"), ("--scheduler", "tcp://host:8786")):
        assert refused("explore", *RATE, option, value).startswith(f"{option} goes with --synthesise")


def test_no_jobs_are_refused_before_the_search(refused: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exploration, "candidates", None)  # not to be called
    for jobs in (0, -1):
        line = refused("explore", *RATE, "--synthesise", "--jobs", jobs)
        assert line.startswith(f"--jobs must be at least 1, not {jobs}")


# In place of the tools, in a module that workers can import: a report for d = 16, an error for 64, a bug for 256.
IN_PLACE_OF_TOOLS = """
import os, signal
from hadamrnn.errors import InputError

def synthesise_some(network, parameters, target_name):
    if network.hidden_size == 64:
        raise InputError("nextpnr found no way")
    if network.hidden_size == 256:
        raise KeyError("of a bug")
    return {"resources": {"logic_cells": {"used": 12}}, "clock": {"achieved_mhz": 34.5}}

def synthesise_and_die(network, parameters, target_name):
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def in_place_of_tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """To be called with the name of the function that takes the place of synthesis."""
    (tmp_path / "in_place_of_tools.py").write_text(IN_PLACE_OF_TOOLS)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "in_place_of_tools", raising=False)  # that of another test
    module = importlib.import_module("in_place_of_tools")
    return lambda name: monkeypatch.setattr(sweep, "synthesise_core", getattr(module, name))


SMALL = ("explore", *RATE, "--hidden", "16", "64", "256", "--synthesise")


def test_a_core_that_fails_loses_no_other(run: Run, in_place_of_tools: Callable[[str], None]) -> None:
    in_place_of_tools("synthesise_some")
    outcome = run(*SMALL, "--json")
    rows = json.loads(outcome.out)["front"]
    assert outcome.status == 1
    assert {row["hidden_size"] for row in rows} == {16, 64, 256}
    for row in rows:
        errors = {16: None, 64: "nextpnr found no way", 256: "KeyError: 'of a bug'"}
        assert row.get("error") == errors[row["hidden_size"]]
        assert (row["synthesis"] is None) == (row["hidden_size"] != 16)
    table = run(*SMALL).out
    for text in ("12 cells, 34 MHz", "nextpnr found no way", "KeyError: 'of a bug'"):
        assert text in table


def test_a_worker_that_dies_is_an_error_of_its_core(run: Run, in_place_of_tools: Callable[[str], None]) -> None:
    in_place_of_tools("synthesise_and_die")
    outcome = run(*SMALL, "--json")
    assert outcome.status == 1
    assert "Traceback" not in outcome.err
    for row in json.loads(outcome.out)["front"]:
        assert row["synthesis"] is None
        assert row["error"].startswith("a process that worked on it or beside it was ended from outside")


@pytest.mark.long
def test_what_is_found_can_be_synthesised(run: Run, tmp_path: Path) -> None:
    outcome = run(
        "explore",
        "--target",
        "ecp5-25k",
        "--rate",
        "1000",
        "--hidden",
        "8",
        "--output-size",
        "2",
        "--synthesise",
        "--json",
    )
    assert outcome.status == 0, outcome
    for row in json.loads(outcome.out)["front"]:
        report = row["synthesis"]
        assert report["fits"] is True
        assert report["resources"]["dsps"]["used"] == row["estimate"]["dsps"]
        assert report["resources"]["block_rams"]["used"] == row["estimate"]["block_rams"]
