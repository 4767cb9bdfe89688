"""``hadamrnn train`` on data of the user's own: what it says of them."""

import json
from pathlib import Path

import numpy as np

from .conftest import Run

OPTIONS = ("--hidden", "4", "--epochs", "1")


def written(path: Path, y: np.ndarray) -> tuple[str, ...]:
    np.savez(path, x=np.random.default_rng(0).normal(size=(len(y), 3, 1)), y=y)
    return ("--task", "arrays", "--option", f"path={path}", *OPTIONS)


def test_odd_labels_are_noted_once_and_not_in_json(run: Run, tmp_path: Path) -> None:
    task = written(tmp_path / "data.npz", np.where(np.arange(30) % 2, 3, 0))
    outcome = run("train", *task, "--seeds", "0", "1", "-o", tmp_path / "runs", "--json")
    assert outcome.status == 0, outcome
    notes = [line for line in outcome.err.splitlines() if "note" in line]
    said = "classes 1, 2 are in no sequence; labels go to 3, so the network has 4 outputs"
    assert notes == [f"hadamrnn: note: {said}"]
    assert set(json.loads(outcome.out)) == {"runs", "summary"}


def test_the_summary_says_that_it_is_of_a_regression(run: Run, tmp_path: Path) -> None:
    task = written(tmp_path / "data.npz", np.arange(30) % 2.0)
    outcome = run("train", *task, "-o", tmp_path / "run")
    assert outcome.status == 0, outcome
    assert "hadamrnn: note: targets are floats, all of them whole numbers" in outcome.err
    loss = json.loads((tmp_path / "run" / "result.json").read_text())["test"]["loss"]
    assert f"  test       mean squared error {loss:.4g}" in outcome.out.splitlines()
    assert "loss" not in outcome.out
    outcome = run("train", *task, "--seeds", "0", "1", "-o", tmp_path / "runs")
    assert outcome.out.count("mean squared error") == 3
    assert "loss" not in outcome.out
