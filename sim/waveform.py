"""Values of signals over some clocks, and the file of them: VCD (IEEE Std 1364-2005, clause 18)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError
from ..replacement import write_whole

_PERIOD = 10  # units of time of a clock in the file
_FIRST, _CODES = 33, 94  # the characters that identifiers are made of: "!" to "~"


@dataclass(frozen=True)
class Waveform:
    """Signals of a core as they are at clock edges.

    Attributes
    ----------
    first : number of the first clock edge
    values : binary digits, highest first, ``x`` and ``z`` among them, one text an edge; by path, joined by dots
    """

    first: int
    values: dict[str, tuple[str, ...]]

    @property
    def clocks(self) -> range:
        """Numbers of the edges."""
        return range(self.first, self.first + len(next(iter(self.values.values()), ())))

    def write_vcd(self, path: Path) -> None:
        """Write the signals, each with what it is at an edge from the edge before on, and ``clk`` rising at the edges.

        Raises
        ------
        InputError
            The file cannot be written.
        """
        codes = {name: _code(number) for number, name in enumerate(["clk", *self.values])}
        lines = [
            f"$comment edges {self.clocks.start} to {self.clocks.stop - 1} $end",
            "$timescale 1ns $end",
            *_declarations({"clk": 1} | {name: len(values[0]) for name, values in self.values.items()}, codes),
            "$enddefinitions $end",
        ]
        for index, clock in enumerate(self.clocks):
            lines.append(f"#{_PERIOD * (clock - 1)}")
            lines.append(f"1{codes['clk']}")
            for name, values in self.values.items():
                if index == 0 or values[index] != values[index - 1]:
                    value = values[index]
                    lines.append(f"{value}{codes[name]}" if len(value) == 1 else f"b{value} {codes[name]}")
            lines += [f"#{_PERIOD * (clock - 1) + _PERIOD // 2}", f"0{codes['clk']}"]
        lines.append(f"#{_PERIOD * (self.clocks.stop - 1)}")
        write_whole(path, "\n".join([*lines, ""]))


def read_vcd(path: Path) -> Waveform:
    """The waveform in a file that :meth:`Waveform.write_vcd` wrote.

    Raises
    ------
    InputError
        The file cannot be read, or is none of these.
    """
    try:
        header, _, body = path.read_text(encoding="ascii").partition("$enddefinitions $end")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as VCD ({error})") from error
    names = _names(header)
    if not body or not names:
        raise InputError(f"{path}: expected a VCD file with signals")
    current: dict[str, str] = {}
    first, edges = 0, []
    for block in re.split(r"^#", body, flags=re.MULTILINE)[1:]:
        time, *changes = block.split("\n")
        for change in filter(None, changes):
            value, code = change[1:].split(" ") if change[0] == "b" else (change[0], change[1:])
            current[names[code]] = value
        if changes and any(changes) and current["clk"] == "1":
            first = first or int(time) // _PERIOD + 1
            edges.append(dict(current))
    values = {name: tuple(edge[name] for edge in edges) for name in names.values() if name != "clk"}
    return Waveform(first, values)


def _code(number: int) -> str:
    digits = chr(_FIRST + number % _CODES)
    while number := number // _CODES:
        digits += chr(_FIRST + number % _CODES)
    return digits


def _declarations(widths: dict[str, int], codes: dict[str, str]) -> Iterator[str]:
    """Signals in scopes, one scope for each component of their paths."""
    scope: list[str] = []
    for name in sorted(widths, key=lambda name: name.split(".")[:-1]):
        *place, last = name.split(".")
        while scope != place[: len(scope)]:
            scope.pop()
            yield "$upscope $end"
        for part in place[len(scope) :]:
            scope.append(part)
            yield f"$scope module {part} $end"
        size = "" if widths[name] == 1 else f" [{widths[name] - 1}:0]"
        yield f"$var wire {widths[name]} {codes[name]} {last}{size} $end"
    yield from ("$upscope $end" for _ in scope)


def _names(header: str) -> dict[str, str]:
    """Paths of the signals by the codes of the file."""
    scope: list[str] = []
    names = {}
    for words in (line.split() for line in header.splitlines()):
        match words:
            case ["$scope", _, name, *_]:
                scope.append(name)
            case ["$upscope", *_]:
                scope.pop()
            case ["$var", _, _, code, name, *_]:
                names[code] = ".".join([*scope, name])
    return names
