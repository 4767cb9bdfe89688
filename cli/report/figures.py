"""The plots of a report as SVG text."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

_STYLE: Any = {
    "font.family": "sans-serif",
    "font.size": 10,
    "svg.fonttype": "none",  # text stays text, in the fonts of the reader
    "svg.hashsalt": "hadamrnn",  # equal input, equal bytes
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.3,
    "figure.figsize": (6.4, 3.2),
}
_BLUE, _ORANGE, _GREY = "#2a6f97", "#d1603d", "#8d99ae"


def training_curve(epochs: Sequence[Mapping[str, Any]]) -> str:
    """Loss and validation accuracy over epochs.

    Parameters
    ----------
    epochs : one mapping per epoch with ``epoch``, ``train_loss`` and ``validation_accuracy``
    """
    with plt.rc_context(_STYLE):
        figure, loss_axis = plt.subplots()
        x = [epoch["epoch"] for epoch in epochs]
        loss_axis.plot(x, [epoch["train_loss"] for epoch in epochs], color=_GREY, label="training loss")
        loss_axis.set_xlabel("epoch")
        loss_axis.set_ylabel("training loss")
        loss_axis.set_ylim(bottom=0)
        accuracy_axis = loss_axis.twinx()
        accuracy_axis.plot(
            x, [100 * epoch["validation_accuracy"] for epoch in epochs], color=_BLUE, label="validation accuracy"
        )
        accuracy_axis.set_ylabel("validation accuracy, %", color=_BLUE)
        accuracy_axis.set_ylim(top=101)
        accuracy_axis.grid(False)
        return _svg(figure)


def state_error(mean: np.ndarray, largest: np.ndarray) -> str:
    """Distance of the integer states from the floating-point ones over the steps, in LSB.

    Parameters
    ----------
    mean, largest : shape ``(T,)``
        Mean and largest absolute difference over units and sequences.
    """
    with plt.rc_context(_STYLE):
        figure, axis = plt.subplots()
        steps = np.arange(1, len(mean) + 1)
        axis.plot(steps, largest, color=_ORANGE, label="largest")
        axis.plot(steps, mean, color=_BLUE, label="mean")
        axis.set_xlabel("step")
        axis.set_ylabel("|integer − float| state, LSB")
        axis.set_ylim(bottom=0)
        axis.legend(frameon=False)
        return _svg(figure)


def utilisation(reports: Sequence[Mapping[str, Any]]) -> str:
    """Share of each device that the core takes: a group of bars per target.

    Parameters
    ----------
    reports : synthesis reports as JSON, with ``target`` and ``resources``
    """
    with plt.rc_context(_STYLE):
        labels, shares, texts, colours = [], [], [], []
        for report, colour in zip(reports, [_BLUE, _ORANGE, _GREY] * len(reports), strict=False):
            for name, resource in report["resources"].items():
                if resource["used"] is None:
                    continue
                labels.append(f"{report['target']}  {name.replace('_', ' ')}")
                shares.append(100 * resource["used"] / resource["available"])
                texts.append(f"{resource['used']} of {resource['available']}")
                colours.append(colour)
        figure, axis = plt.subplots(figsize=(6.4, 0.6 + 0.27 * len(labels)))
        bars = axis.barh(labels, shares, color=colours)
        axis.bar_label(bars, texts, padding=4, fontsize=9)
        axis.invert_yaxis()
        axis.set_xlim(0, max(100, *shares))
        axis.set_xlabel("share of the device, %")
        axis.grid(False, axis="y")
        return _svg(figure)


def classified_images(images: np.ndarray, classes: Sequence[str], labels: Sequence[str]) -> str:
    """Images with the class that the simulated core gave them; a wrong one is marked with the right one.

    Parameters
    ----------
    images : shape ``(N, height, width)``
    classes, labels : N names, as classified and as they are
    """
    columns = min(12, len(images))
    rows = -(-len(images) // columns)
    with plt.rc_context(_STYLE):
        figure, axes = plt.subplots(rows, columns, figsize=(6.4, 0.72 * rows), squeeze=False)
        for axis in axes.flat:
            axis.axis("off")
        for axis, image, name, label in zip(axes.flat, images, classes, labels, strict=False):
            axis.imshow(image, cmap="gray_r")
            right = name == label
            axis.set_title(
                name if right else f"{name} ({label})", fontsize=9, pad=2, color="black" if right else _ORANGE
            )
        return _svg(figure)


def _svg(figure: Figure) -> str:
    figure.tight_layout()
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    plt.close(figure)
    text = buffer.getvalue()
    return text[text.index("<svg") :]
