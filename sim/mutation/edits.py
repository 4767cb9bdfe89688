"""Small faults of one cell: what a slip of a designer, of a generator or of a tool could make of it.

Each function here yields, for a cell of a netlist of words, the cells that it could have been instead, with the fault
in words. No fault adds a dependency: a mutant has no combinational loop that the design has not. What would leave the
cell as it is, for every operand, is not yielded.
"""

import random
from collections.abc import Iterator, Sequence
from copy import deepcopy
from typing import Any

from ...hw.verilog.word_netlist import COMPARISONS, Bit, Cell

Edit = tuple[str, Cell]
"""The fault in words, and the cell with it."""

_INSTEAD = {
    "$add": "$sub",
    "$sub": "$add",
    "$and": "$or",
    "$or": "$and",
    "$xor": "$xnor",
    "$xnor": "$xor",
    "$not": "$pos",
    "$neg": "$pos",
    "$eq": "$ne",
    "$ne": "$eq",
    "$lt": "$le",
    "$le": "$lt",
    "$gt": "$ge",
    "$ge": "$gt",
    "$reduce_and": "$reduce_or",
    "$reduce_or": "$reduce_and",
    "$reduce_bool": "$logic_not",
    "$logic_not": "$reduce_bool",
    "$reduce_xor": "$reduce_or",
}
_SAME_IN_ONE_BIT = {"$add", "$sub", "$neg", "$reduce_and", "$reduce_or", "$reduce_xor"}
_ARITHMETIC = {"$add", "$sub", "$mul", "$neg", *COMPARISONS}
_WORDS = 8  # of a memory, that are spoilt one at a time
_HANDSHAKE = ("valid", "ready", "last", "first", "error", "advance", "enable")


def operators(cell: Cell) -> Iterator[Edit]:
    """Another operator; operands of a choice exchanged; signed numbers read as unsigned."""
    other = _INSTEAD.get(cell.type)
    if other is not None and not (cell.type in _SAME_IN_ONE_BIT and len(cell.inputs["A"]) == 1):
        yield f"{cell.type[1:]} becomes {other[1:]}", _with(cell, type=other)
    if cell.type == "$mux" and cell.inputs["A"] != cell.inputs["B"]:
        yield "choice turned round", _with_inputs(cell, A=cell.inputs["B"], B=cell.inputs["A"])
    if cell.type == "$pmux":
        width, choices = len(cell.inputs["A"]), cell.inputs["B"]
        turned = choices[width : 2 * width] + choices[:width] + choices[2 * width :]
        if turned != choices:
            yield "first two cases exchanged", _with_inputs(cell, B=turned)
    if cell.signed and cell.type in {"$mul", *COMPARISONS} - {"$eq", "$ne"}:
        yield "signed becomes unsigned", _with(cell, parameters=cell.parameters | {"A_SIGNED": "0", "B_SIGNED": "0"})


def constants(cell: Cell) -> Iterator[Edit]:
    """The lowest bit of a constant operand flipped."""
    if not cell.type.startswith("$") or cell.type == "$mem_v2":
        return
    for port, bits in cell.inputs.items():
        if port != "S" and bits and all(bit in ("0", "1") for bit in bits):
            text = "".join(map(str, reversed(bits)))
            flipped = _flipped(text, 0)
            yield f"constant {text} becomes {flipped}", _with_inputs(cell, **{port: list(reversed(flipped))})


def widths(cell: Cell) -> Iterator[Edit]:
    """An operand, or a register, without its highest bit, extended again."""
    if cell.type == "register":
        ports = ["D"]
    else:
        ports = [port for port in "AB" if cell.type in _ARITHMETIC and port in cell.inputs]
    for port in ports:
        bits = cell.inputs[port]
        signed = cell.signed or cell.type == "register"
        width = len(bits)
        while width > 1 and bits[width - 1] == (bits[width - 2] if signed else "0"):  # extended already
            width -= 1
        if width < 2 or all(isinstance(bit, str) for bit in bits):
            continue
        top: Bit = bits[width - 2] if signed else "0"
        narrow = bits[: width - 1] + [top] * (len(bits) - width + 1)
        what = "stored" if cell.type == "register" else f"operand {port}"
        yield f"{what} in {width - 1} bits, not {width}", _with_inputs(cell, **{port: narrow})


def enables(cell: Cell) -> Iterator[Edit]:
    """A register or a memory port that is always enabled, or never."""
    for port in ("EN", "WR_EN", "RD_EN"):
        bits = cell.inputs.get(port, [])
        if cell.type in ("register", "$mem_v2") and bits and not all(isinstance(bit, str) for bit in bits):
            what = {"EN": "", "WR_EN": "write port ", "RD_EN": "read port "}[port]
            for value, word in (("1", "always"), ("0", "never")):
                yield f"{what}{word} enabled", _with_inputs(cell, **{port: [value] * len(bits)})


def resets(cell: Cell) -> Iterator[Edit]:
    """A register that is not reset, or to another value."""
    if "SRST" not in cell.inputs:
        return
    kept = {port: bits for port, bits in cell.inputs.items() if port != "SRST"}
    yield "not reset", _with(cell, inputs=kept)
    value = cell.parameters["SRST_VALUE"]
    if set(value) <= {"0", "1"}:
        flipped = _flipped(value, 0)
        yield f"reset to {flipped}, not {value}", _with(cell, parameters=cell.parameters | {"SRST_VALUE": flipped})


def memories(cell: Cell) -> Iterator[Edit]:
    """A bit of a constant memory flipped; an address without its lowest bit."""
    if cell.type != "$mem_v2":
        return
    contents, width, size = cell.parameters["INIT"], *(int(cell.parameters[n], 2) for n in ("WIDTH", "SIZE"))
    if not int(cell.parameters["WR_PORTS"], 2):
        choice = random.Random(f"{cell.name} {contents}")
        for word in sorted(choice.sample(range(size), min(size, _WORDS))):
            bit = choice.randrange(width)
            flipped = _flipped(contents, word * width + bit)
            yield f"bit {bit} of word {word} flipped", _with(cell, parameters=cell.parameters | {"INIT": flipped})
    for port, what in (("RD_ADDR", "read"), ("WR_ADDR", "written")):
        bits = cell.inputs.get(port, [])
        if bits and not isinstance(bits[0], str):
            yield f"{what} at even addresses only", _with_inputs(cell, **{port: ["0", *bits[1:]]})


def handshakes(cell: Cell) -> Iterator[Edit]:
    """A valid, ready, first, last or enable that a component is given, stuck; ``cell`` is an instance."""
    for port, bits in cell.inputs.items():
        if port.endswith(_HANDSHAKE) and len(bits) == 1 and not isinstance(bits[0], str):
            for value in "01":
                yield f"input {port} stuck at {value}", _with_inputs(cell, **{port: [value]})


def is_handshake(port: str) -> bool:
    """Whether a port of that name says when, not what."""
    return port.endswith(_HANDSHAKE)


def _with(cell: Cell, **changes: Any) -> Cell:
    edited = deepcopy(cell)
    for name, value in changes.items():
        setattr(edited, name, value)
    return edited


def _with_inputs(cell: Cell, **inputs: Sequence[Bit]) -> Cell:
    return _with(cell, inputs=cell.inputs | {port: list(bits) for port, bits in inputs.items()})


def _flipped(digits: str, bit: int) -> str:
    """Binary digits, highest first, with one bit flipped; of a bit that is not known, made 1."""
    place = len(digits) - 1 - bit
    return digits[:place] + ("0" if digits[place] == "1" else "1") + digits[place + 1 :]
