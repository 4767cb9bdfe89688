"""The plots of a report as SVG text, in the colours of the page: dark on light, light on dark."""

import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

# Colours as matplotlib writes them, and the variables of style.html that take their place.
_INK, _SOFT, _LINE, _FIRST, _SECOND, _THIRD = "#010101", "#020202", "#030303", "#040404", "#050505", "#060606"
_VARIABLES = {
    _INK: "--ink",
    _SOFT: "--soft",
    _LINE: "--line",
    _FIRST: "--accent",
    _SECOND: "--second",
    _THIRD: "--good",
}
_STYLE: Any = {
    "font.family": "sans-serif",
    "font.size": 10,
    "text.parse_math": False,  # a dollar in a name is a dollar
    "svg.fonttype": "none",  # text stays text, in the fonts of the reader
    "svg.hashsalt": "hadamrnn",  # equal input, equal bytes
    "path.simplify": False,  # every step is a point of its line
    "text.color": _INK,
    "axes.labelcolor": _INK,
    "axes.edgecolor": _SOFT,
    "xtick.color": _SOFT,
    "ytick.color": _SOFT,
    "xtick.labelcolor": _INK,
    "ytick.labelcolor": _INK,
    "grid.color": _LINE,
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "savefig.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "figure.figsize": (4.8, 3.0),
}


def training_curve(epochs: Sequence[Mapping[str, Any]]) -> str:
    """Loss over epochs, and validation accuracy where the task has one.

    Parameters
    ----------
    epochs : one mapping per epoch with ``epoch``, ``train_loss`` and ``validation_accuracy``, which may be None
    """
    with plt.rc_context(_STYLE):
        figure, loss_axis = plt.subplots()
        x = [epoch["epoch"] for epoch in epochs]
        loss_axis.plot(x, [epoch["train_loss"] for epoch in epochs], color=_SECOND, gid="training-loss")
        loss_axis.set_xlabel("epoch")
        loss_axis.set_ylabel("training loss", color=_SECOND)
        loss_axis.set_ylim(bottom=min(0, *(epoch["train_loss"] for epoch in epochs)))
        if all(epoch.get("validation_accuracy") is not None for epoch in epochs):
            accuracy_axis = loss_axis.twinx()
            accuracy = [100 * epoch["validation_accuracy"] for epoch in epochs]
            accuracy_axis.plot(x, accuracy, color=_FIRST, gid="validation-accuracy")
            accuracy_axis.set_ylabel("validation accuracy, %", color=_FIRST)
            accuracy_axis.grid(False)
        return _svg(figure, "training")


def state_error_plot(mean: np.ndarray, largest: np.ndarray, trained: np.ndarray | None = None) -> str:
    """Distance of the integer states from the exact ones over the steps, in LSB.

    Parameters
    ----------
    mean, largest : shape ``(T,)``
        Mean and largest absolute difference over units and sequences.
    trained : shape ``(T,)``, optional
        Mean absolute difference from the states of the network as it was trained.
    """
    with plt.rc_context(_STYLE):
        figure, axis = plt.subplots()
        steps = np.arange(1, len(mean) + 1)
        marker = "o" if len(steps) == 1 else None
        axis.plot(steps, largest, color=_SECOND, label="largest", gid="error-largest", marker=marker)
        if trained is not None:
            axis.plot(steps, trained, color=_THIRD, label="mean, from trained", gid="error-trained")
        axis.plot(steps, mean, color=_FIRST, label="mean", gid="error-mean", marker=marker)
        axis.set_xlabel("step")
        axis.set_ylabel("|integer − exact| state, LSB")
        axis.set_ylim(bottom=0)
        axis.xaxis.set_major_locator(MaxNLocator(nbins=7, integer=True))
        axis.legend(frameon=False, loc="lower left", bbox_to_anchor=(0, 1), ncols=3, columnspacing=1, borderpad=0)
        return _svg(figure, "error")


def classified_images(images: np.ndarray, classes: Sequence[str], labels: Sequence[str]) -> str:
    """Images with the class that the simulated core gave them; a wrong one is marked with the right one.

    Parameters
    ----------
    images : shape ``(N, height, width)``
    classes, labels : N names, as classified and as they are
    """
    columns = min(8, len(images))
    rows = -(-len(images) // columns)
    with plt.rc_context(_STYLE):
        figure, axes = plt.subplots(rows, columns, figsize=(4.8, 0.75 * rows), squeeze=False)
        for axis in axes.flat:
            axis.axis("off")
        for axis, image, name, label in zip(axes.flat, images, classes, labels, strict=False):
            axis.imshow(image, cmap="gray_r")
            right = name == label
            axis.set_title(name if right else f"{name} ({label})", fontsize=10, pad=2, color=_INK if right else _SECOND)
        return _svg(figure, "images")


def _svg(figure: Figure, name: str) -> str:
    """The figure as an element of a page: its identifiers its own, its colours the page's, nothing about its making."""
    figure.tight_layout()
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
    plt.close(figure)
    text = buffer.getvalue()
    text = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>", "", text[text.index("<svg") :], flags=re.DOTALL)
    text = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{name}-", text)
    for colour, variable in _VARIABLES.items():
        text = text.replace(colour, f"var({variable})")
    return text.replace("<svg ", f'<svg class="plot" role="img" aria-label="{name}" ', 1)
