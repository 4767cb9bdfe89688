"""A drawing of a core, made from its data sheet: every part, how wide its words are, how many rows it holds.

Two columns wide, so that a phone shows it whole: the recurrence goes down on the left and comes back up on the right,
the input is above it and the read-out below.
"""

from dataclasses import dataclass
from html import escape
from itertools import pairwise

from ...hw.data_sheet import DataSheet
from ...quant.integer import DenseNetwork
from .dense_parts import recurrence_parts, recurrent_weights
from .parts import Part, counted, input_parts, output_parts, ring_parts

_WIDTH, _HEIGHT = 166, 60  # of a box
_ACROSS, _DOWN = 52, 34  # between boxes
_LEFT, _TOP, _RIGHT = 20, 4, 6
_COLUMNS = (_LEFT, _LEFT + _WIDTH + _ACROSS)
_TOTAL = _COLUMNS[1] + _WIDTH + _RIGHT
_TAP = 8  # where the line from the state to the read-out goes down
_CAPTION = 22  # room for a line of text below the recurrence
_LEGEND = (("memory", 0), ("flip-flops", 1), ("arithmetic", 2), ("port", 3))
_STYLE = """
.datapath { --ink: #1d2b3a; --wire: #5c6b7a; --memory: #d3e8f5; --flip-flops: #e6e9ee; --arithmetic: #fbe7dc;
  --port: #e4f1e3; --ring: #f6f8fa; font: 12px system-ui, sans-serif; }
@media screen and (prefers-color-scheme: dark) { .datapath { --ink: #e6ebf1; --wire: #9fb0c0; --memory: #1d4a66;
  --flip-flops: #3a4552; --arithmetic: #5e3d2c; --port: #2f4f33; --ring: #1a222c; } }
.datapath text { fill: var(--ink); text-anchor: middle; } .datapath .title { font-weight: 600; }
.datapath .start { text-anchor: start; } .datapath .number { font-size: 11px; text-anchor: start; }
.datapath .number.on { text-anchor: middle; }
.datapath rect { stroke: var(--wire); } .datapath rect.ring { fill: var(--ring); stroke: none; }
.datapath rect.memory { fill: var(--memory); } .datapath rect.flip-flops { fill: var(--flip-flops); }
.datapath rect.arithmetic { fill: var(--arithmetic); } .datapath rect.port { fill: var(--port); }
.datapath rect.register { fill: var(--ink); stroke: none; }
.datapath .wire { stroke: var(--wire); stroke-width: 1.4; fill: none; } .datapath marker path { fill: var(--wire); }
"""


@dataclass(frozen=True)
class _Loop:
    """What goes round.

    Attributes
    ----------
    parts : down on the left, back up on the right; the first one adds the input
    left : how many of them are on the left
    tapped : index of the part that has the state for the read-out
    caption : what it is, in words
    feeder : the part below the lowest on the right, whose words go into it, or None
    """

    parts: list[Part]
    left: int
    tapped: int
    caption: str
    feeder: Part | None = None

    @property
    def rows(self) -> int:
        """Rows of boxes."""
        return max(self.left, len(self.parts) - self.left + (self.feeder is not None))

    def places(self, top: int) -> list[tuple[int, int]]:
        """Column and row of each part; a left column that is one longer leads round a corner to the right one."""
        right = len(self.parts) - self.left
        return [(0, top + row) for row in range(self.left)] + [(1, top + row) for row in reversed(range(right))]


def _loop(core: DataSheet) -> _Loop:
    schedule = core.schedule
    if isinstance(core.network, DenseNetwork):
        parts = recurrence_parts(core)
        clocks = counted(schedule.row_cycles, "clock")
        caption = f"recurrence: {counted(schedule.rows, 'row')} of {clocks}, {schedule.idle_cycles} idle"
        return _Loop(parts, 3, 1, caption, recurrent_weights(core))
    ring = ring_parts(core)
    idle = schedule.cycles_per_step - schedule.ring_rows
    caption = f"ring of {schedule.cycles_per_step} rows: {schedule.ring_rows} of states, {idle} idle"
    return _Loop(ring, -(-len(ring) // 2), [part.title for part in ring].index("state register"), caption)


def datapath_svg(core: DataSheet) -> str:
    """The whole core as SVG: input, recurrence, read-out.

    Numbers on wires are bits, or words × bits; a bar across a wire is a pipeline register. Boxes say how many rows a
    delay line holds and whether it is a memory, and what a memory holds.
    """
    loop = _loop(core)
    # The recurrence first: its panel lies behind all lines.
    shapes = [*_recurrence(loop, 2), *_input(core), *_read_out(core, loop, 2 + loop.rows)]
    height = _y(_depth(core, loop.rows)) + _CAPTION
    return "".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_TOTAL} {height + 46}" role="img" class="datapath" '
            f'aria-label="Datapath of the core">',
            f"<style>{_STYLE}</style>",
            '<defs><marker id="datapath-arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
            'orient="auto"><path d="M0 0L8 4L0 8z"/></marker></defs>',
            *shapes,
            *_legend(height),
            "</svg>",
        ]
    )


def _depth(core: DataSheet, loop_rows: int) -> int:
    """Rows of boxes of the whole drawing."""
    return 2 + loop_rows + (3 if core.parameters.output == "class" or core.parameters.trace else 2)


def _input(core: DataSheet) -> list[str]:
    port, collector, coefficients, product = input_parts(core)
    x = _middle(1)
    turn = _y(2) - _DOWN / 2
    drive = f"{x},{_y(1) + _HEIGHT} {x},{turn} {_middle(0)},{turn} {_middle(0)},{_y(2)}"
    return [
        _box(port, 0, 0),
        _box(collector, 1, 0),
        _box(coefficients, 0, 1),
        _box(product, 1, 1),
        _across(0, port),
        _down(1, 0, collector),
        _across(1, coefficients),
        _polyline(drive),
        _number(product.wire, (_middle(0) + x) / 2, turn - 4, on=True),
    ]


def _recurrence(loop: _Loop, top: int) -> list[str]:
    parts, places = loop.parts, loop.places(top)
    below = _y(top + loop.rows) - _DOWN + 8
    shapes = [
        f'<rect class="ring" x="{_COLUMNS[0] - 6}" y="{_y(top) - 8}" width="{_TOTAL - _COLUMNS[0] + 6}" '
        f'height="{below + 14 - _y(top) + 8}" rx="8"/>',
        f'<text class="number on" x="{_TOTAL / 2 + 7}" y="{below + 4}">{loop.caption}</text>',
    ]
    shapes += [_box(part, *place) for part, place in zip(parts, places, strict=True)]
    for (part, here), (_, there) in pairwise(zip(parts, places, strict=True)):
        if here[0] == there[0]:
            shapes.append(_down(here[0], here[1], part) if here[0] == 0 else _up(here[1], part))
        elif here[1] == there[1]:
            shapes.append(_across(here[1], part))
        else:
            shapes.append(_corner(here[1], part))
    if loop.feeder is not None:
        row = places[loop.left][1] + 1
        shapes += [_box(loop.feeder, 1, row), _up(row, loop.feeder)]
    return [*shapes, _across(top, parts[-1], leftwards=True)]


def _read_out(core: DataSheet, loop: _Loop, top: int) -> list[str]:
    weights, products, behind, trace = output_parts(core)
    first, second = (_y(top + row, behind=True) + _HEIGHT / 2 for row in (0, 2))
    shapes = [
        _polyline(f"{_tap(loop, top)} {_TAP},{first} {_COLUMNS[0]},{first}"),
        _box(products, 0, top, behind=True),
        _box(weights, 1, top, behind=True),
        _across(top, weights, leftwards=True, behind=True),
        _down(0, top, products, behind=True),
        _box(behind[0], 0, top + 1, behind=True),
        _box(behind[1], 1, top + 1, behind=True),
        _across(top + 1, behind[0], behind=True),
    ]
    if len(behind) > 2:
        shapes += [_box(behind[2], 1, top + 2, behind=True), _down(1, top + 1, behind[1], behind=True)]
    if trace is not None:
        shapes += [
            _box(trace, 0, top + 2, behind=True),
            _polyline(f"{_TAP},{first} {_TAP},{second} {_COLUMNS[0]},{second}"),
        ]
    return shapes


def _tap(loop: _Loop, top: int) -> str:
    """From the state to the margin on the left; of the shortest rings it stands on the right."""
    column, row = loop.places(2)[loop.tapped]
    y, below = _y(row) + _HEIGHT / 2, _y(top, behind=True) - 8
    if column == 0:
        return f"{_COLUMNS[0]},{y} {_TAP},{y}"
    return f"{_COLUMNS[1] + _WIDTH},{y} {_TOTAL - 1},{y} {_TOTAL - 1},{below} {_TAP},{below}"


def _legend(y: float) -> list[str]:
    shapes = []
    for kind, place in _LEGEND:
        x = _LEFT + place * 96
        shapes.append(f'<rect class="{kind}" x="{x}" y="{y}" width="14" height="14" rx="3"/>')
        shapes.append(f'<text class="start" x="{x + 19}" y="{y + 11}">{kind}</text>')
    shapes.append(f'<rect class="register" x="{_LEFT + 5}" y="{y + 22}" width="4" height="16"/>')
    text = "pipeline register; numbers on wires: words × bits"
    shapes.append(f'<text class="start" x="{_LEFT + 19}" y="{y + 34}">{text}</text>')
    return shapes


def _y(row: int, *, behind: bool = False) -> float:
    """Top of a row of boxes; those behind the recurrence stand below its caption."""
    return _TOP + row * (_HEIGHT + _DOWN) + (_CAPTION if behind else 0)


def _middle(column: int) -> float:
    return _COLUMNS[column] + _WIDTH / 2


def _box(part: Part, column: int, row: int, *, behind: bool = False) -> str:
    x, y = _COLUMNS[column], _y(row, behind=behind)
    lines = "".join(
        f'<text x="{_middle(column)}" y="{y + 36 + 15 * place}">{escape(line)}</text>'
        for place, line in enumerate(part.lines)
    )
    return (
        f'<g class="part"><rect class="{part.kind}" x="{x}" y="{y}" width="{_WIDTH}" height="{_HEIGHT}" rx="6"/>'
        f'<text class="title" x="{_middle(column)}" y="{y + 19}">{escape(part.title)}</text>{lines}</g>'
    )


def _down(column: int, row: int, part: Part, *, behind: bool = False) -> str:
    x, y = _middle(column), _y(row, behind=behind) + _HEIGHT
    return _polyline(f"{x},{y} {x},{y + _DOWN}") + _bar(part, x, y + 7) + _number(part.wire, x + 8, y + _DOWN / 2 + 5)


def _up(row: int, part: Part) -> str:
    x, y = _middle(1), _y(row)
    return _polyline(f"{x},{y} {x},{y - _DOWN}") + _bar(part, x, y - 7) + _number(part.wire, x + 8, y - _DOWN / 2 + 3)


def _across(row: int, part: Part, *, leftwards: bool = False, behind: bool = False) -> str:
    begin, end, y = _COLUMNS[0] + _WIDTH, _COLUMNS[1], _y(row, behind=behind) + _HEIGHT / 2
    if leftwards:
        begin, end = end, begin
    bar = _bar(part, begin + (-7 if leftwards else 7), y, upright=True)
    return _polyline(f"{begin},{y} {end},{y}") + bar + _number(part.wire, (begin + end) / 2, y - 12, on=True)


def _corner(row: int, part: Part) -> str:
    """From the last box on the left to the one above it on the right."""
    begin, y = _COLUMNS[0] + _WIDTH, _y(row) + _HEIGHT / 2
    line = f"{begin},{y} {_middle(1)},{y} {_middle(1)},{_y(row) - _DOWN}"
    return (
        _polyline(line)
        + _bar(part, begin + 7, y, upright=True)
        + _number(part.wire, begin + _ACROSS / 2, y - 12, on=True)
    )


def _polyline(points: str) -> str:
    return f'<polyline points="{points}" class="wire" marker-end="url(#datapath-arrow)"/>'


def _bar(part: Part, x: float, y: float, *, upright: bool = False) -> str:
    if not part.registered:
        return ""
    wide, high = (4, 18) if upright else (18, 4)
    return f'<rect class="register" x="{x - wide / 2}" y="{y - high / 2}" width="{wide}" height="{high}"/>'


def _number(text: str, x: float, y: float, *, on: bool = False) -> str:
    return f'<text class="number{" on" if on else ""}" x="{x}" y="{y}">{escape(text)}</text>' if text else ""
