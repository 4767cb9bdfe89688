"""A drawing of the recurrence of a core, made from its schedule: what is where, how wide, how deep."""

from dataclasses import dataclass
from itertools import pairwise
from xml.sax.saxutils import escape

from ...hw.data_sheet import DataSheet

_WIDTH, _HEIGHT, _GAP, _MARGIN = 132, 74, 26, 14
_STYLE = """
rect { stroke: #1d2b3a; }
rect.memory { fill: #dcebf4; }
rect.register { fill: #eef1f5; }
rect.arithmetic { fill: #fbeee8; }
text { font: 11px system-ui, sans-serif; text-anchor: middle; fill: #1d2b3a; }
text.title { font-weight: 600; font-size: 12.5px; }
.wire { stroke: #5c6b7a; stroke-width: 1.4; fill: none; } marker path { fill: #5c6b7a; }
"""


@dataclass(frozen=True)
class _Box:
    title: str
    lines: tuple[str, ...]
    kind: str


def datapath_svg(core: DataSheet) -> str:
    """The ring of the recurrence as SVG: input product and adder, state register, FIFO, butterflies, division.

    The text gives the bits of each word, the rows of each delay line and whether it is a memory; a line behind a box
    is a pipeline register.
    """
    boxes = [*_entrance(core), *_way_back(core)]
    per_row = max(4, -(-len(boxes) // 2)) if len(boxes) > 6 else len(boxes)
    rows = [boxes[i : i + per_row] for i in range(0, len(boxes), per_row)]
    columns = max(len(row) for row in rows)
    width = 2 * _MARGIN + columns * _WIDTH + (columns - 1) * _GAP
    height = 2 * _MARGIN + len(rows) * _HEIGHT + (len(rows) - 1) * 44
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" class="datapath" '
        f'aria-label="Datapath of the recurrence"><style>{_STYLE}</style>',
        '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0L8 4L0 8z"/></marker></defs>',
    ]
    centres = []
    for row_index, row in enumerate(rows):
        for column, box in enumerate(row):
            # Every second row runs from right to left, so that the ring closes with short lines.
            place = column if row_index % 2 == 0 else columns - 1 - column
            x, y = _MARGIN + place * (_WIDTH + _GAP), _MARGIN + row_index * (_HEIGHT + 44)
            parts.append(_box_svg(box, x, y))
            centres.append((x + _WIDTH / 2, y + _HEIGHT / 2))
    parts += [_arrow(a, b) for a, b in pairwise(centres)]
    parts.append(_return(centres[-1], centres[0], height))
    return "".join([*parts, "</svg>"])


def _entrance(core: DataSheet) -> list[_Box]:
    widths = core.widths
    return [
        _Box(
            "add, saturate",
            (f"+ input, {widths.drive} bits", f"{widths.total} → {widths.state} bits"),
            "arithmetic",
        ),
        _Box("state register", (f"{core.parameters.lanes} × {widths.state} bits",), "register"),
    ]


def _way_back(core: DataSheet) -> list[_Box]:
    schedule, lanes, depth = core.schedule, core.parameters.lanes, core.parameters.memory_depth
    boxes = []
    if schedule.fifo_depth:
        kind = "memory" if schedule.fifo_depth >= depth else "register"
        boxes.append(_Box("FIFO", (f"{schedule.fifo_depth} rows", f"{lanes} × {core.network.state_bits} bits"), kind))
    for exchange in schedule.exchanges:
        kind = "memory" if exchange.delay >= depth else "register"
        boxes.append(_Box("exchange of lanes", (f"rows {exchange.delay} apart",), kind))
    for stage in schedule.stages:
        if stage.exchange:
            kind = "memory" if stage.exchange >= depth else "register"
            boxes.append(_Box("exchange of lanes", (f"rows {stage.exchange} apart",), kind))
        if stage.delay:
            kind = "memory" if stage.delay >= depth else "register"
            where = f"delay line {stage.delay} × {stage.width + 1} bits"
        else:
            kind, where = "arithmetic", f"lanes {stage.distance} apart"
        after = "then a register" if stage.registered else ""
        boxes.append(_Box(f"butterfly {stage.index}", (where, after), kind))
    odd = core.network.block_bits % 2
    division = f"÷ √{core.network.block_size}"
    how = f"× {core.network.sqrt_half}, shift" if odd else f"shift by {core.network.block_bits // 2}"
    after = "then a register" if schedule.division_register else ""
    boxes.append(_Box(division, (how, after), "arithmetic"))
    return boxes


def _box_svg(box: _Box, x: float, y: float) -> str:
    lines = [line for line in box.lines if line]
    text = "".join(
        f'<text x="{x + _WIDTH / 2}" y="{y + 42 + 14 * i}" class="small">{escape(line)}</text>'
        for i, line in enumerate(lines)
    )
    return (
        f'<rect x="{x}" y="{y}" width="{_WIDTH}" height="{_HEIGHT}" rx="6" class="{box.kind}"/>'
        f'<text x="{x + _WIDTH / 2}" y="{y + 24}" class="title">{escape(box.title)}</text>{text}'
    )


def _arrow(start: tuple[float, float], end: tuple[float, float]) -> str:
    (x1, y1), (x2, y2) = start, end
    if y1 == y2:
        half = _WIDTH / 2 if x2 > x1 else -_WIDTH / 2
        return _line(x1 + half, y1, x2 - half, y2)
    return _line(x1, y1 + _HEIGHT / 2, x2, y2 - _HEIGHT / 2)


def _return(last: tuple[float, float], first: tuple[float, float], height: float) -> str:
    """From the last box back to the first."""
    (x1, y1), (x2, y2) = last, first
    if x1 == x2:
        return _line(x1, y1 - _HEIGHT / 2, x2, y2 + _HEIGHT / 2)
    if y1 != y2:
        middle = y2 + _HEIGHT / 2 + 22
        points = f"{x1},{y1 - _HEIGHT / 2} {x1},{middle} {x2},{middle} {x2},{y2 + _HEIGHT / 2}"
    else:
        below = height - 5
        points = f"{x1},{y1 + _HEIGHT / 2} {x1},{below} {x2},{below} {x2},{y2 + _HEIGHT / 2}"
    return f'<polyline points="{points}" class="wire" marker-end="url(#arrow)"/>'


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" class="wire" marker-end="url(#arrow)"/>'
