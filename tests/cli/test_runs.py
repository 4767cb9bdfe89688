import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from hadamrnn.cli import output
from hadamrnn.model.options import TrainingOptions
from hadamrnn.quant.configuration import ExperimentConfig, NetworkOptions
from hadamrnn.quant.experiment import begin, train

from .conftest import Run

CONFIGURATION = ExperimentConfig(
    task="digits",
    network=NetworkOptions(hidden_size=8, block_size=4, weight_bits=3),
    training=TrainingOptions(epochs=2, batch_size=200),
)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a finished run, one that was cut, one not begun and a damaged one."""
    folder = tmp_path_factory.mktemp("experiments")
    train(CONFIGURATION, folder / "finished")
    for name in ("cut", "damaged"):
        shutil.copytree(folder / "finished", folder / name)
    (folder / "cut" / "result.json").unlink()
    (folder / "damaged" / "result.json").write_text("{")
    begin(CONFIGURATION.replace(seed=5).replace_kind("lstm"), folder / "below" / "baseline")
    return folder


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("│┃ ").replace("┃", "│").split("│")]


def test_a_row_for_each_run(run: Run, trained: Path) -> None:
    outcome = run("runs", trained)
    assert (outcome.status, outcome.err) == (0, "")
    lines = [cells(line) for line in outcome.out.splitlines() if line[0] in "│┃"]
    heading, *rows = lines
    table = {Path(row[0]).name: dict(zip(heading, row, strict=True)) for row in rows}
    assert list(table) == ["cut", "damaged", "finished", "baseline"]
    test = json.loads((trained / "finished" / "result.json").read_text())["test"]
    finished = table["finished"]
    assert (finished["d"], finished["n"], finished["p"], finished["recurrent"]) == ("8", "4", "3", "searched")
    assert (finished["epochs"], finished["state"]) == ("2/2", "finished")
    assert finished["kB"] == "0.061"  # 8 signs, 8 + 80 weights of 3 bits, 8 + 10 biases of 12
    assert (finished["test"], finished["loss"]) == (f"{test['accuracy']:.2%}", f"{test['loss']:.3g}")
    assert (table["cut"]["state"], table["cut"]["test"]) == ("unfinished at epoch 2", "")
    assert table["cut"]["validation"] == finished["validation"] != ""
    assert table["damaged"]["state"] == "damaged"
    assert (table["baseline"]["state"], table["baseline"]["recurrent"]) == ("not begun", "lstm")
    assert outcome.out.splitlines()[-1].startswith(f"{trained / 'damaged'}: result.json: not JSON (")


def test_json_has_all_of_it(run: Run, trained: Path) -> None:
    found = {Path(one["folder"]).name: one for one in json.loads(run("runs", trained, "--json").out)}
    assert found["finished"]["result"] == json.loads((trained / "finished" / "result.json").read_text())
    assert found["finished"]["config"]["network"]["hidden_size"] == 8
    assert (found["cut"]["epochs_done"], found["cut"]["result"]) == (2, None)
    assert found["cut"]["best"]["epoch"] == found["finished"]["result"]["best_epoch"]
    assert found["damaged"]["reason"].startswith("result.json: not JSON")


def test_the_working_folder_unless_told_otherwise(run: Run, trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(trained / "below")
    assert " baseline " in run("runs").out
    assert len(json.loads(run("runs", "--json").out)) == 1


def test_no_runs_are_no_error(run: Run, tmp_path: Path) -> None:
    assert run("runs", tmp_path).out == f"no runs in {tmp_path}\n"
    assert json.loads(run("runs", tmp_path, "--json").out) == []


def test_folders_that_are_not_there(refused: Callable[..., str], tmp_path: Path) -> None:
    assert refused("runs", tmp_path / "no").startswith(f"{tmp_path / 'no'}: no such folder")


@pytest.mark.parametrize("width", [20, 40, 60, 80, 120])
def test_a_narrow_terminal_gets_the_columns_that_fit(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setattr(output.sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", str(width))
    columns = {"run": 0, "test": 0, "a": 1, "b": 2}
    rows = [{"run": "seed-0", "test": "93.1 %", "a": "x" * 30, "b": "y" * 30}]
    output.print_fitting_table(rows, columns, left=("run",))
    out = re.sub(r"\x1b\[[\d;]*m", "", capsys.readouterr().out)  # bold headings
    assert max(len(line) for line in out.splitlines() if line[0] in "│┃┏└") <= width
    assert ("seed-0" in out) or width == 20
    assert ("too narrow for: a, b; --json has all" in out) == (width < 60)
    assert ("y" * 30 in out) == (width >= 120)
