"""The picture of ``hadamrnn estimate``: cells, memory and throughput against the hidden size."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .picture import check_format, write_picture

# Rows of the picture: the figure and the axis.
_ROWS = (
    ("logic_cells", "logic cells"),
    ("memory_bits", "memory, bits"),
    ("steps_per_second", "steps a second"),
)


def plot_estimates(estimates: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Draw the figures of ``estimates`` against their hidden sizes; where no clock is known, steps per 1000 clocks.

    Raises
    ------
    InputError
        A file name that ends in no format there is.
    """
    from matplotlib.figure import Figure  # no pyplot, so no display and no global state

    check_format(path)
    known = {name for name, _ in _ROWS if any(_value(one, name) is not None for one in estimates)}
    rows = [(name, label) for name, label in _ROWS if name in known]
    if "steps_per_second" not in known:
        rows.append(("steps_per_kiloclock", "steps per 1000 clocks"))
    figure = Figure(figsize=(6, 2.4 * len(rows)), layout="constrained")
    axes = figure.subplots(len(rows), 1, sharex=True, squeeze=False)[:, 0]
    for axis, (name, label) in zip(axes, rows, strict=True):
        _draw(axis, estimates, name)
        axis.set(yscale="log", ylabel=label)
        axis.set_xscale("log", base=2)
        axis.grid(visible=True, alpha=0.3)
    sizes = sorted({one["hidden_size"] for one in estimates})
    axes[-1].set_xlabel("hidden size d")
    axes[-1].set_xticks(sizes, [str(size) for size in sizes])
    axes[0].legend(fontsize=8)
    target = estimates[0]["target"]
    axes[0].set_title("any device" if target is None else target)
    write_picture(figure, path)


def _draw(axis: Any, estimates: Sequence[Mapping[str, Any]], name: str) -> None:
    """One figure against the hidden size: a line for each number of lanes, and for each block size where it matters."""
    lines: dict[str, list[tuple[int, float]]] = {}
    for one in estimates:
        points = lines.setdefault(_label(one, estimates), [])
        value = _value(one, name)
        if value is not None:
            points.append((one["hidden_size"], value))
    for label, points in lines.items():
        axis.plot([size for size, _ in points], [value for _, value in points], marker="o", markersize=3, label=label)


def _label(one: Mapping[str, Any], estimates: Sequence[Mapping[str, Any]]) -> str:
    """Of the line that a core is on."""
    if one["family"] == "dense":
        return f"dense, {one['recurrent_bits']} bits, P · M = {one['lanes'] * one['recurrent_words']}"
    return f"P = {one['lanes']}{_blocks(one, estimates)}"


def memory_bits(one: Mapping[str, Any]) -> int:
    """All memories of a core: states, weights, elements of the input."""
    return sum(one[kind] for kind in ("state_memory_bits", "weight_memory_bits", "input_memory_bits"))


def _value(one: Mapping[str, Any], name: str) -> float | None:
    if name == "memory_bits":
        return memory_bits(one)
    if name == "steps_per_kiloclock":
        return 1000 / one["cycles_per_step"]
    return one[name]


def _blocks(one: Mapping[str, Any], estimates: Sequence[Mapping[str, Any]]) -> str:
    """What tells lines of several block sizes apart: nothing where every block is the whole state."""
    if all(other["block_size"] in (None, other["hidden_size"]) for other in estimates):
        return ""
    return f", n = {'d' if one['block_size'] == one['hidden_size'] else one['block_size']}"
