"""The demo as a user runs it, from training to the report."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from hadamrnn.cli.group import hadamrnn


@pytest.mark.long
def test_demo_shows_what_the_readme_promises(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    outcome = CliRunner().invoke(hadamrnn, ["demo", "-o", str(folder), "--target", "ice40-up5k", "--sequences", "8"])
    assert outcome.exit_code == 0, outcome.output
    found = json.loads((folder / "demo.json").read_text())
    assert found["float_accuracy"] >= 0.95
    assert abs(found["integer_accuracy"] - found["float_accuracy"]) <= 0.005
    assert found["verification"]["passed"]
    assert found["verification"]["differences"] == 0
    assert found["verification"]["sequences"] == 8
    (synthesis,) = found["synthesis"]
    assert synthesis["fits"]
    assert synthesis["clock"]["achieved_mhz"] >= 48
    page = (folder / "report.html").read_text()
    assert page.count("<svg") == 5
    assert not re.search(r"""(src|href)=["']?https?:""", page)  # it needs no other file
    assert f"{found['integer_accuracy']:.1%}" in page


@pytest.mark.parametrize("name", ["letter.txt", "demo.json"])
def test_demo_leaves_folders_alone_that_are_not_its_own(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("{}")
    outcome = CliRunner().invoke(hadamrnn, ["demo", "-o", str(tmp_path)])
    assert outcome.exit_code == 2
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize(
    "arguments", [["--target", "ice41"], ["--sequences", "0"], ["--colour", "red"], ["--seed", "-1"]]
)
def test_bad_options_leave_nothing(tmp_path: Path, arguments: list[str]) -> None:
    outcome = CliRunner().invoke(hadamrnn, ["demo", "-o", str(tmp_path / "demo"), *arguments])
    assert outcome.exit_code == 2
    assert list(tmp_path.iterdir()) == []
