"""The page of the demo, with what the tools would have found: the run itself is a test of tests/end_to_end."""

import hashlib
from pathlib import Path
from typing import Any

import pytest

from hadamrnn.cli import demonstration

from ..conftest import Run
from .given import cosimulation, synthesis
from .pages import Page, svgs


def found_by_tools(path: Path, top: str, target: Any, **options: Any) -> Any:
    return synthesis(target.name, hashlib.sha256(path.read_bytes()).hexdigest())


def test_the_command_makes_the_demo_page_again(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = demonstration.demo_config(0).replace_settings(epochs=2, sign_candidates=1)
    monkeypatch.setattr(demonstration, "demo_config", lambda seed: config)
    monkeypatch.setattr(demonstration, "cosimulate", lambda *arguments, **options: cosimulation())
    monkeypatch.setattr(demonstration, "synthesise", found_by_tools)
    folder = tmp_path / "demo"
    outcome = run("demo", "-o", folder, "--target", "ice40-up5k")
    assert outcome.status == 0, outcome
    page = Page((folder / "report.html").read_text())
    assert set(svgs((folder / "report.html").read_text())) == {"training", "images", "error", "datapath"}
    assert "Not run" not in page.texts
    assert "Not known" not in page.texts

    monkeypatch.chdir(folder)
    again = ["--dir", "core", "--run", "run", "--sequences", "360", "-o", "again.html"]
    outcome = run("report", "digits.safetensors", *again)
    assert outcome.status == 0, outcome
    assert Page((folder / "again.html").read_text()).tables == page.tables
    mean, trained = (page.rows("state-error")[name] for name in page.rows("state-error") if name.startswith("mean "))
    assert mean != trained
