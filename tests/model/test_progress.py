"""What a person sees while training, and afterwards."""

import io
import re
import struct
from pathlib import Path

import pytest
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
    draw_curve(history, tmp_path / "curve.png", title="digits, d = 64")
    data = (tmp_path / "curve.png").read_bytes()
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", data[16:24])
    assert (width, height) == (1080, 432)
    assert [path.name for path in tmp_path.iterdir()] == ["curve.png"]
