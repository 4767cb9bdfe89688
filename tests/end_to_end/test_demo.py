"""The demo as a user runs it, from training to the report."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from hadamrnn.cli.group import hadamrnn

from ..cli.report.pages import Page, svgs


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
    text = (folder / "report.html").read_text()
    page = Page(text)  # well-formed, and needs no other file
    assert set(svgs(text)) == {"training", "images", "error", "datapath"}
    shares = [f"{100 * found[kind]:.2f} %" for kind in ("float_accuracy", "integer_accuracy")]
    assert page.rows("accuracy")["accuracy"] == shares
    assert (
        page.rows("cost-ice40-up5k")["logic cells of 5,280"][1] == f"{synthesis['resources']['logic_cells']['used']:,}"
    )
    assert page.rows("verification")["verdict"] == ["equal, bit for bit"]
    assert "Not run" not in page.texts


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
