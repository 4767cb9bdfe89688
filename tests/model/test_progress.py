"""What a person sees while training, and afterwards."""

import io
import re
import struct
from pathlib import Path

import pytest
from matplotlib.figure import Figure
from rich.console import Console

from hadamrnn.model.curve import draw_curve
from hadamrnn.model.progress import StepReport, progress_bar


def test_the_bar_shows_epoch_loss_and_accuracy() -> None:
    text = io.StringIO()
    with progress_bar(console=Console(file=text, force_terminal=True, width=120)) as show:
        show(StepReport(epoch=1, epochs=4, step=5, steps=10, loss=0.98765, validation_accuracy=None))
        show(StepReport(epoch=2, epochs=4, step=10, steps=10, loss=0.12345, validation_accuracy=0.9125))
    last = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text.getvalue())  # colours
    assert "3/4 epochs" in last
    assert "loss 0.123" in last
    assert "validation 91.2 %" in last


def test_the_bar_shows_small_losses_and_those_of_regressions() -> None:
    text = io.StringIO()
    with progress_bar(console=Console(file=text, force_terminal=True, width=120)) as show:
        show(
            StepReport(
                epoch=0, epochs=2, step=2, steps=2, loss=1.2345e-5, validation_accuracy=None, validation_loss=0.16667
            )
        )
    last = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text.getvalue())
    assert "loss 1.23e-05" in last
    assert "validation loss 0.167" in last


@pytest.mark.parametrize("epochs", [1, 12])
def test_curve_is_a_picture_of_every_epoch(tmp_path: Path, epochs: int) -> None:
    history = [
        {
            "epoch": epoch,
            "train_loss": 1 / epoch,
            "validation_loss": 1.1 / epoch,
            "train_accuracy": 1 - 0.5 / epoch,
            "validation_accuracy": 1 - 0.6 / epoch,
        }
        for epoch in range(1, epochs + 1)
    ]
    draw_curve(history, tmp_path / "curve.png", title="digits, d = 64", kept=epochs)
    data = (tmp_path / "curve.png").read_bytes()
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", data[16:24])
    assert (width, height) == (1080, 432)
    assert [path.name for path in tmp_path.iterdir()] == ["curve.png"]


@pytest.mark.filterwarnings("error")
def test_curve_of_one_class_only_has_no_logarithms(tmp_path: Path) -> None:
    record = {
        f"{split}_{name}": value
        for split in ("train", "validation")
        for name, value in (("loss", 0.0), ("accuracy", 1.0))
    }
    draw_curve([{"epoch": 1} | record], tmp_path / "curve.png", title="arrays", kept=1)
    assert (tmp_path / "curve.png").read_bytes().startswith(b"\x89PNG")


def test_curve_of_a_regression_is_its_loss(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[Figure] = []
    save = Figure.savefig
    monkeypatch.setattr(
        Figure, "savefig", lambda figure, *args, **options: drawn.append(figure) or save(figure, *args, **options)
    )
    history = [
        {
            "epoch": epoch,
            "train_loss": 1 / epoch,
            "validation_loss": 0.0 if epoch == 3 else 1 / epoch,
            "train_accuracy": None,
            "validation_accuracy": None,
        }
        for epoch in (1, 2, 3)
    ]
    draw_curve(history, tmp_path / "curve.png", title="adding", kept=2)
    (axes,) = drawn[0].axes
    assert axes.get_ylabel() == "mean squared error"
    star = axes.lines[-1]
    assert (star.get_label(), list(star.get_xdata()), list(star.get_ydata())) == ("kept: epoch 2", [2], [0.5])
    assert (tmp_path / "curve.png").read_bytes().startswith(b"\x89PNG")
