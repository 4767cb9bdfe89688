import re

import numpy as np
import pytest

from hadamrnn.cli.report.figures import state_error_plot, training_curve

from .pages import Page


def points(svg: str, line: str) -> np.ndarray:
    """The points of a line in the units of the drawing, shape ``(N, 2)``."""
    (path,) = re.findall(rf'<g id="{line}">\s*<path d="([^"]*)"', svg)
    return np.array([[float(value) for value in point.split()[1:3]] for point in path.strip().splitlines()])


def scale(svg: str, axis: int, count: int) -> tuple[float, float]:
    """Slope and offset that give a value from a place: from the ticks of the x axis (1) or the y axis (2)."""
    part = svg[svg.index(f"matplotlib.axis_{axis}") : svg.index("matplotlib.axis_2") if axis == 1 else None]
    name = "xy"[axis - 1]
    places = [float(place) for place in re.findall(rf'<use [^>]*\b{name}="([-\d.]+)"', part)][:count]
    texts = [float(text.replace("−", "-")) for text in re.findall(r">(−?[\d.]+)</text>", part)][:count]
    slope, offset = np.polyfit(places, texts, 1)
    assert np.allclose(slope * np.array(places) + offset, texts, atol=1e-3)
    return slope, offset


def test_the_lines_are_the_errors() -> None:
    random = np.random.default_rng(0)
    mean, largest = random.random(300).cumsum() / 40, random.random(300).cumsum() / 10
    trained = mean * 1.5
    svg = state_error_plot(mean, largest, trained)
    (x_slope, x_offset), (y_slope, y_offset) = scale(svg, 1, 3), scale(svg, 2, 3)
    for line, values in (("error-mean", mean), ("error-largest", largest), ("error-trained", trained)):
        found = points(svg, f"error-{line}")
        assert found.shape == (300, 2)
        assert np.allclose(found[:, 0] * x_slope + x_offset, np.arange(1, 301), atol=0.02)
        assert np.allclose(found[:, 1] * y_slope + y_offset, values, atol=0.005)


@pytest.mark.parametrize("accuracy", [None, 0.5])
def test_pages_take_the_plots_as_they_are(accuracy: float | None) -> None:
    epochs = [{"epoch": n, "train_loss": 1 / n, "validation_accuracy": accuracy} for n in range(1, 9)]
    plots = [training_curve(epochs), state_error_plot(np.ones(1), np.ones(1)), state_error_plot(np.ones(9), np.ones(9))]
    page = Page("<!doctype html><html><body>" + "".join(plots[:2]) + "</body></html>")
    assert ("validation accuracy, %" in page.texts) == (accuracy is not None)
    for plot in plots:
        assert "var(--ink)" in plot
        assert not re.search(r"#0[1-6]0[1-6]0[1-6]", plot)  # no colour without its name
        assert "<metadata" not in plot
    assert training_curve(epochs) == plots[0]
