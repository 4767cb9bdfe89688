"""A picture of a waveform: SVG, one row a signal, what it should be above what it is where the two differ."""

import math
from xml.sax.saxutils import escape

from ...sim.waveform import Waveform

_CHARACTER, _CLOCK, _ROW, _HEIGHT = 6.7, 46, 26, 16
_STYLE = """
text { font: 11px ui-monospace, monospace; fill: #1d2b3a; } text.name { text-anchor: end; }
text.value { text-anchor: middle; font-size: 10px; } text.clock { text-anchor: middle; fill: #5c6b7a; }
path { fill: none; stroke: #2a6f97; stroke-width: 1.4; } rect { fill: #dcebf4; stroke: #2a6f97; }
.good path, .good rect { stroke: #2f7d4f; } .good rect { fill: #e2f1e7; }
rect.bad { fill: #f6dcd9; stroke: #b3382c; } rect.mark { fill: #b3382c; fill-opacity: .08; stroke: none; }
"""


def waveform_svg(
    waveform: Waveform, names: list[str], first: int, last: int, *, marked: int, good: Waveform | None = None
) -> str:
    """The signals ``names`` at the clock edges from ``first`` to ``last``, the edge ``marked`` shaded.

    Single bits are lines, vectors boxes with their value: decimal of up to 32 bits, hexadecimal beyond, binary where
    some of it is unknown. Where ``good`` has another value within the clocks, its row stands above.
    """
    clocks = range(max(first, waveform.clocks.start), min(last + 1, waveform.clocks.stop))
    rows: list[tuple[str, str, list[str], list[str]]] = []
    for name in names:
        values = [waveform.values[name][clock - waveform.first] for clock in clocks]
        other = values
        if good is not None and name in good.values:
            other = [
                good.values[name][clock - good.first] if clock in good.clocks else value
                for clock, value in zip(clocks, values, strict=True)
            ]
        if other != values:
            rows.append((f"{name}, expected", "good", other, other))
        rows.append((name, "", values, other))
    left = 16 + math.ceil(_CHARACTER * max(len(name) for name, *_ in rows))
    width, height = left + _CLOCK * len(clocks) + 10, 24 + _ROW * len(rows) + 6
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'style="max-width: none" role="img" aria-label="Waveform around the first difference">'
        f"<style>{_STYLE}</style>"
    ]
    if marked in clocks:
        x = left + _CLOCK * (marked - clocks.start)
        parts.append(f'<rect class="mark" x="{x}" y="0" width="{_CLOCK}" height="{height}"/>')
    for index, clock in enumerate(clocks):
        parts.append(f'<text class="clock" x="{left + _CLOCK * (index + 0.5)}" y="14">{clock}</text>')
    for number, (name, kind, values, other) in enumerate(rows):
        y = 24 + _ROW * number
        parts.append(f'<g class="{kind}"><text class="name" x="{left - 8}" y="{y + 13}">{escape(name)}</text>')
        parts.append(_line(values, left, y) if len(values[0]) == 1 else _boxes(values, other, left, y))
        parts.append("</g>")
    return "".join([*parts, "</svg>"])


def _line(values: list[str], left: int, y: int) -> str:
    levels = {"1": y, "0": y + _HEIGHT}
    points = []
    for index, value in enumerate(values):
        level = levels.get(value, y + _HEIGHT // 2)  # unknown: halfway
        points += [f"{left + _CLOCK * index} {level}", f"{left + _CLOCK * (index + 1)} {level}"]
    return f'<path d="M{" L".join(points)}"/>'


def _boxes(values: list[str], other: list[str], left: int, y: int) -> str:
    parts = []
    begin = 0
    for index in range(1, len(values) + 1):
        if index < len(values) and (values[index], other[index]) == (values[begin], other[begin]):
            continue
        x, width = left + _CLOCK * begin, _CLOCK * (index - begin)
        wrong = ' class="bad"' if values[begin] != other[begin] else ""
        parts.append(f'<rect{wrong} x="{x + 1}" y="{y}" width="{width - 2}" height="{_HEIGHT}" rx="2"/>')
        text = _number(values[begin])
        room = max(1, (width - 6) // 6)
        text = text if len(text) <= room else text[: room - 1] + "…"
        parts.append(f'<text class="value" x="{x + width / 2}" y="{y + 12}">{text}</text>')
        begin = index
    return "".join(parts)


def _number(digits: str) -> str:
    if not set(digits) <= {"0", "1"}:
        return digits
    return str(int(digits, 2)) if len(digits) <= 32 else f"{int(digits, 2):x}"
