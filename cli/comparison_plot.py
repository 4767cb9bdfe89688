"""The comparison as a picture: accuracy against size, one panel a task."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..errors import InputError
from .comparison import Row
from .picture import check_format, write_picture

_COLOURS = ("#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377", "#bbbbbb", "#000000")
_MARKERS = "osD^vP*X"


def draw_comparison(rows: Sequence[Row], path: Path) -> int:
    """Draw the rows whose size and quality are known; full marks are integers, hollow ones floating point.

    The quality is the share of sequences with every label right where every step has one, else accuracy, else, for a
    regression, the squared error.

    Returns
    -------
    How many rows are in the picture.

    Raises
    ------
    InputError
        If the format is unknown, or there is nothing to draw.
    """
    from matplotlib.figure import Figure  # no pyplot, so no display and no global state
    from matplotlib.ticker import FuncFormatter

    check_format(path)
    drawn = [row for row in rows if row.kilobytes and _quality(row)[0] is not None]
    if not drawn:
        raise InputError(f"{path}: there is no network of which size and accuracy are both known")
    tasks = list(dict.fromkeys(row.task or "unknown task" for row in drawn))
    kinds = list(dict.fromkeys(_kind(row) for row in drawn))
    figure = Figure(figsize=(1.5 + 4.5 * len(tasks), 4.2), dpi=120, layout="constrained")
    for axes, task in zip(figure.subplots(1, len(tasks), squeeze=False)[0], tasks, strict=True):
        names = set()
        for row in drawn:
            if (row.task or "unknown task") == task:
                names.add(_mark(axes, row, kinds.index(_kind(row))))
        axes.set(title=task, xscale="log", xlabel="kB that inference stores", ylabel=" / ".join(sorted(names)))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
    _legend(figure, kinds)
    write_picture(figure, path)
    return len(drawn)


def _mark(axes: Any, row: Row, number: int) -> str:
    """Draw one row; the name of its quality."""
    value, name, exact = _quality(row)
    colour = _COLOURS[number % len(_COLOURS)]
    face = colour if exact else "none"
    marker = _MARKERS[number % len(_MARKERS)]
    axes.plot(row.kilobytes, value, marker, color=colour, markerfacecolor=face, markersize=7)
    label = f"{row.hidden_size}" if row.recurrent_bits in (1, 32) else f"{row.hidden_size}, {row.recurrent_bits} bits"
    axes.annotate(label, (row.kilobytes, value), xytext=(5, 3), textcoords="offset points", fontsize=7)
    return name


def _legend(figure: Any, kinds: Sequence[str]) -> None:
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], linestyle="", label=kind, marker=_MARKERS[n % len(_MARKERS)], color=_COLOURS[n % len(_COLOURS)])
        for n, kind in enumerate(kinds)
    ]
    outline: Any = {"marker": "o", "color": "#555555", "markerfacecolor": "none"}
    hollow = Line2D([], [], linestyle="", label="hollow: floating point", **outline)
    figure.legend(handles=[*handles, hollow], loc="outside right upper", frameon=False, title="numbers are d")


def _kind(row: Row) -> str:
    return row.family if row.strategy is None else f"{row.family}, {row.strategy}"


def _quality(row: Row) -> tuple[float | None, str, bool]:
    figures, exact = row.best_known
    for measure, name in (("sequence_accuracy", "sequences right (%)"), ("accuracy", "accuracy (%)")):
        value = figures.get(measure)
        if value is not None:
            return 100 * value, name, exact
    return figures.get("loss"), "mean squared error", exact
