"""``hadamrnn train`` and ``freeze`` on data of the user's own: what they say of them."""

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


def test_freezing_says_how_many_inputs_are_beyond_the_calibrated_range(run: Run, tmp_path: Path) -> None:
    x, y = np.random.default_rng(0).uniform(-1, 1, (100, 3, 1)), np.arange(100) % 2
    parts = {"train_x": x[:50], "train_y": y[:50], "test_y": y[50:], "test_x": x[50:] / 2}
    for beyond, line in ((0, None), (6, "  6 inputs of the test set (4.00%) beyond the range of 8 bits, clipped")):
        parts["test_x"].flat[:beyond] = 40
        np.savez(tmp_path / "data.npz", **parts)
        folder, path = tmp_path / f"run-{beyond}", tmp_path / "net.safetensors"
        task = ("--task", "arrays", "--option", f"path={tmp_path / 'data.npz'}", *OPTIONS)
        assert run("train", *task, "-o", folder).status == 0
        lines = run("freeze", folder, "-o", path).out.splitlines()
        assert [one for one in lines if "clipped" in one] == ([line] if line else [])
        found = json.loads(run("freeze", folder, "-o", path, "--json").out)["clipped_inputs"]
        assert found == {"clipped": beyond, "inputs": 150}
