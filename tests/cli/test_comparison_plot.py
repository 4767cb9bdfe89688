"""What is drawn of a comparison."""

from pathlib import Path
from typing import Any

import pytest

from hadamrnn.cli.comparison import Row, ordered
from hadamrnn.cli.comparison_plot import draw_comparison
from hadamrnn.errors import InputError


def row(**changes: Any) -> Row:
    values: dict[str, Any] = {
        "name": "a",
        "config": None,
        "task": "digits",
        "family": "hadamard",
        "strategy": "searched",
        "hidden_size": 64,
        "block_size": 64,
        "recurrent_bits": 1,
        "weight_bits": 4,
        "kilobytes": 0.5,
        "in_floats": {"accuracy": 0.9, "sequence_accuracy": None, "loss": 0.3},
    }
    return Row(**(values | changes))


def drawn(path: Path, *rows: Row) -> tuple[int, str]:
    count = draw_comparison(rows, path)
    return count, path.read_text()


def test_networks_without_size_or_quality_are_left_out(tmp_path: Path) -> None:
    unknown = row(kilobytes=None), row(in_floats={})
    assert draw_comparison([row(), *unknown], tmp_path / "plot.png") == 1
    with pytest.raises(InputError) as error:
        draw_comparison(unknown, tmp_path / "other.png")
    assert str(error.value).endswith("there is no network of which size and accuracy are both known")
    assert [file.name for file in tmp_path.iterdir()] == ["plot.png"]


def test_order_of_rows() -> None:
    rows = [
        row(name="g", task=None, hidden_size=8),
        row(name="f", task="mnist", hidden_size=8),
        row(name="e", kilobytes=None),
        row(name="d", hidden_size=128, kilobytes=0.4),
        row(name="c", family="lstm", kilobytes=0.3),
        row(name="b", kilobytes=0.6),
        row(name="a"),
    ]
    assert "".join(one.name for one in ordered(rows, "d")) == "abecdfg"
    assert "".join(one.name for one in ordered(rows, "kB")) == "cdabefg"


def test_texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import matplotlib as mpl

    monkeypatch.setitem(mpl.rcParams, "svg.fonttype", "none")  # text as text
    sequences = {"accuracy": 0.999, "sequence_accuracy": 0.75, "loss": 0.1}
    dense = row(task="copy", family="dense", strategy="ste-pen", recurrent_bits=5, in_integers=sequences)
    numbers = row(task="adding", family="lstm", strategy=None, in_floats={"loss": 0.01})
    count, text = drawn(tmp_path / "plot.svg", row(), dense, numbers)
    assert count == 3
    for expected in ("digits", "copy", "adding", "hadamard, searched", "dense, ste-pen", "lstm", "64, 5 bits"):
        assert f">{expected}<" in text, expected
    for quality in ("accuracy (%)", "sequences right (%)", "mean squared error"):
        assert f">{quality}<" in text
