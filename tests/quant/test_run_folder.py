"""Run folders told apart by their files alone, whatever has become of them."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hadamrnn.errors import InputError
from hadamrnn.model import training
from hadamrnn.model.options import TrainingOptions
from hadamrnn.quant import run_folder
from hadamrnn.quant.configuration import ExperimentConfig, NetworkOptions
from hadamrnn.quant.experiment import begin, train
from hadamrnn.quant.run_folder import find_runs, run_state

CONFIGURATION = ExperimentConfig(
    task="digits",
    network=NetworkOptions(hidden_size=8),
    training=TrainingOptions(epochs=2, batch_size=200),
)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "run"
    train(CONFIGURATION, folder)
    return folder


@pytest.fixture
def run(finished: Path, tmp_path: Path) -> Path:
    """A copy of a finished run."""
    return Path(shutil.copytree(finished, tmp_path / "run"))


def test_the_names_are_those_that_training_writes() -> None:
    for name in ("LAST", "BEST", "METRICS", "CURVE"):
        assert getattr(run_folder, name) == getattr(training, name)


def test_a_finished_run(run: Path) -> None:
    state = run_state(run)
    assert (state.state, state.reason, state.config, state.epochs) == ("finished", None, CONFIGURATION, 2)
    assert state.result == json.loads((run / "result.json").read_text())
    assert [record["epoch"] for record in state.metrics] == [1, 2]


def test_runs_that_are_not_finished(run: Path, tmp_path: Path) -> None:
    (run / "result.json").unlink()
    assert (run_state(run).state, run_state(run).epochs) == ("unfinished", 2)
    with (run / "metrics.jsonl").open("a") as file:
        file.write('{"epoch": 3, "tra')  # killed while it wrote
    assert (run_state(run).state, run_state(run).epochs) == ("unfinished", 2)
    begin(CONFIGURATION, tmp_path / "new")
    assert (run_state(tmp_path / "new").state, run_state(tmp_path / "new").epochs) == ("not begun", 0)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("result.json", b"{", "result.json: not JSON ("),
        ("result.json", b"[]", "result.json: not the result of a run, it has no 'best_epoch'"),
        ("result.json", b"\xff", "result.json: not JSON ("),
        ("metrics.jsonl", b"{}\n", "metrics.jsonl: line 1 is not the record of epoch 1"),
        ("metrics.jsonl", b"half\n{}\n", "metrics.jsonl: line 1 is not JSON"),
        ("metrics.jsonl", b"\xff\n", "metrics.jsonl: not UTF-8"),
        ("best.pt", b"PK", "best.pt: not a readable checkpoint"),
        ("best.pt", None, "best.pt: no such checkpoint"),
        ("last.pt", b"", "last.pt: not a readable checkpoint"),
        ("config.toml", b"[task", "config.toml: not a TOML document"),
        ("config.toml", b"\xff", "config.toml: cannot read this configuration (not UTF-8)"),
    ],
)
def test_damage_is_a_state_with_a_reason(run: Path, name: str, content: bytes | None, reason: str) -> None:
    (run / name).unlink()
    if content is not None:
        (run / name).write_bytes(content)
    (state,) = find_runs([run.parent])
    assert state.state == "damaged"
    assert state.reason is not None
    assert state.reason.startswith(reason)
    assert "\n" not in state.reason


def test_figures_of_the_wrong_type_are_damage(run: Path) -> None:
    result = json.loads((run / "result.json").read_text())
    (run / "result.json").write_text(json.dumps(result | {"test": 3}))
    assert run_state(run).reason == "result.json: not the result of a run, it has no 'test'"
    for accuracy, said in (("x", "'x'"), (True, "True"), (float("inf"), "inf"), ([0.5], "[0.5]")):
        (run / "result.json").write_text(json.dumps(result | {"test": result["test"] | {"accuracy": accuracy}}))
        assert run_state(run).reason == f"result.json: test accuracy must be a finite number, not {said}"
    (run / "result.json").write_text(json.dumps(result | {"epochs": None}))
    assert run_state(run).reason == "result.json: epochs must be a finite number, not None"
    (run / "result.json").write_text(json.dumps(result))
    assert run_state(run).state == "finished"


def test_all_below_are_found_once_in_order(run: Path, tmp_path: Path) -> None:
    for name, seed in (("a/b", 3), ("c", 1)):
        begin(CONFIGURATION.replace(seed=seed), tmp_path / name)
    (tmp_path / ".hidden").mkdir()
    begin(CONFIGURATION, tmp_path / ".hidden" / "run")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "config.toml").write_text("[tool]\n")  # another program's
    found = find_runs([tmp_path, tmp_path / "a"])
    assert [state.folder.name for state in found] == ["run", "c", "b"]
    with pytest.raises(InputError, match=r"nothing: no such folder, expected one with runs in it$"):
        find_runs([tmp_path / "nothing"])


def test_looking_needs_no_torch(run: Path) -> None:
    code = "import sys, pathlib; from hadamrnn.quant.run_folder import run_state; from hadamrnn.quant import seeds\n"
    code += f"assert run_state(pathlib.Path({str(run)!r})).state == 'finished'\nassert 'torch' not in sys.modules\n"
    subprocess.run([sys.executable, "-c", code], check=True)
