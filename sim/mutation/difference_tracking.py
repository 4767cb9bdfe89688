"""Two cores as one circuit that says when and where they may differ, with one bit for each word of data.

Whether a mutant of the control is the same core seldom hangs on what the data are: a wrong word is overwritten, or
masked, before anybody sees it. So the bits that say when (:mod:`.followed`) are there twice, as they are in the core
and in the mutant; of all other words there is only whether those of the two may differ: where an operand may, the
result may; a choice takes what it chooses; a register takes what it is loaded with where both are loaded, and may
differ where only one is. Data that do not differ may be anything. That allows more runs than the two cores have, and
so ``different`` is high in all runs in which their outputs differ, and perhaps in others: low for ever is a proof,
high is none. (What may differ is followed as in M. Tiwari et al., Complete information flow tracking from the gates up,
ASPLOS 2009.)
"""

from collections.abc import Iterator, Sequence
from typing import Any

from ...hw.verilog.word_netlist import COMPARISONS, Bit, Cell
from .flattening import CellPair, FlatPair
from .followed import followed_bits, says_when
from .harness import module, surroundings

_BINARY = {
    "$add": "+", "$sub": "-", "$mul": "*", "$and": "&", "$or": "|", "$xor": "^", "$xnor": "~^",
    "$eq": "==", "$ne": "!=", "$lt": "<", "$le": "<=", "$gt": ">", "$ge": ">=",
}  # fmt: skip
_UNARY = {
    "$not": "~", "$neg": "-", "$pos": "", "$reduce_and": "&", "$reduce_or": "|", "$reduce_bool": "|",
    "$reduce_xor": "^", "$logic_not": "!",
}  # fmt: skip
_BY_BIT = {"$not", "$and", "$or", "$xor", "$xnor", "$pos", "$mux", "$pmux", "register"}
_CONDITIONS = {"$and", "$or", "$reduce_and", "$reduce_or"}
_CORES = ("original", "mutant")


def tracked(pair: FlatPair, description: dict[str, Any]) -> str | None:
    """Verilog of the module ``harness`` with the output ``different``; None where handshakes hang on a memory.

    Parameters
    ----------
    pair : the core and the mutant
    description : the JSON beside the core
    """
    followed = followed_bits(pair)
    if followed is None:
        return None
    text = _Text(pair, followed)
    ports, lines = surroundings(description)
    for core, place in zip(_CORES, (0, 1), strict=True):
        for port, both in pair.outputs.items():
            if says_when(port):
                lines.append(f"wire [{len(both[place]) - 1}:0] {port}_{core} = {text.value(core, both[place])};")
    for number, cells in enumerate(pair.cells):
        lines += text.cell(number, cells)
    differs = {
        port: f"{port}_original != {port}_mutant" if says_when(port) else text.between(*both)
        for port, both in pair.outputs.items()
    }
    return module(ports, lines, differs)


class _Text:
    """The Verilog of cells: by value for each core where it is followed, and the bit that says whether they differ."""

    def __init__(self, pair: FlatPair, followed: set[Bit]) -> None:
        self.followed, self.initial, self.cells = followed, pair.initial, pair.cells
        self.given = {
            bit: f"{port}[{place}]" if len(bits) > 1 else port
            for port, bits in pair.inputs.items()
            for place, bit in enumerate(bits)
        }
        self.makers = {
            bit: number
            for number, cells in enumerate(pair.cells)
            for bits in cells.original.outputs.values()
            for bit in bits
        }

    def known(self, bits: Sequence[Bit]) -> bool:
        return all(isinstance(bit, str) or bit in self.followed or bit in self.given for bit in bits)

    def value(self, core: str, bits: Sequence[Bit]) -> str:
        return "{" + ", ".join(self._bit(core, bit) for bit in reversed(bits)) + "}"

    def _bit(self, core: str, bit: Bit) -> str:
        if isinstance(bit, str):
            return "1'b1" if bit == "1" else "1'b0"
        if bit in self.given:
            return self.given[bit]
        return f"{core}_{bit}" if bit in self.followed else "1'b0"  # not looked at: what is followed is closed

    def differ(self, bits: Sequence[Bit]) -> str:
        """Whether a vector of both cores may differ."""
        unequal = [f"(original_{bit} ^ mutant_{bit})" for bit in bits if bit in self.followed]
        rest = [bit for bit in bits if not isinstance(bit, str) and bit not in self.followed and bit not in self.given]
        words = [f"differ_{self.makers[bit]}" if bit in self.makers else "1'b1" for bit in rest]
        return "(" + " | ".join(dict.fromkeys(unequal + words)) + ")" if unequal or words else "1'b0"

    def between(self, original: Sequence[Bit], mutant: Sequence[Bit]) -> str:
        """The same where the mutant may have other bits in that place."""
        if list(original) == list(mutant):
            return self.differ(original)
        if self.known([*original, *mutant]):
            return f"({self.value('original', original)} != {self.value('mutant', mutant)})"
        return "1'b1"

    def cell(self, number: int, cells: CellPair) -> Iterator[str]:
        if cells.original.type == "$mem_v2":
            yield from self._memory(number, cells)
            return
        result = cells.original.outputs["Q" if cells.original.type == "register" else "Y"]
        places = [place for place, bit in enumerate(result) if bit in self.followed]
        if places:
            for core, cell in zip(_CORES, (cells.original, cells.mutant), strict=True):
                yield from self._by_value(f"{core}_value_{number}", core, cell, result, places)
        if len(places) < len(result):
            rest = [place for place in range(len(result)) if place not in set(places)]
            if cells.original.type == "register":
                yield from self._register(number, cells, rest)
            else:
                yield f"wire differ_{number} = {self._combined(cells, rest)};"

    # By value

    def _by_value(self, name: str, core: str, cell: Cell, result: Sequence[Bit], places: list[int]) -> Iterator[str]:
        top = len(result) - 1
        if cell.type == "register":
            bits = [result[place] for place in places]
            digits = ["1" if self.initial.get(bit) == "1" else "0" for bit in bits]
            yield f"reg [{len(bits) - 1}:0] {name} = {_constant(digits)};"
            load = f"{name} <= {self.value(core, [cell.inputs['D'][place] for place in places])};"
            yield from self._clocked(core, cell, load, f"{name} <= {_constant(_reset_value(cell, places))};")
            places = list(range(len(bits)))
        else:
            bits = [result[place] for place in places]
            yield f"wire [{top}:0] {name} = {self._operation(core, cell)};"
        yield from (f"wire {core}_{bit} = {name}[{place}];" for bit, place in zip(bits, places, strict=True))

    def _clocked(self, core: str, cell: Cell, load: str, reset: str) -> Iterator[str]:
        enable, reset_when = self._condition(core, cell, "EN", "1'b1"), self._condition(core, cell, "SRST", "1'b0")
        if cell.enabled_reset:
            yield f"always @(posedge clk) if ({enable}) begin if ({reset_when}) {reset} else {load} end"
        else:
            yield f"always @(posedge clk) if ({reset_when}) {reset} else if ({enable}) {load}"

    def _condition(self, core: str, cell: Cell, port: str, without: str) -> str:
        return self.value(core, cell.inputs[port]) if cell.inputs.get(port) else without

    def _operation(self, core: str, cell: Cell) -> str:
        inputs = cell.inputs
        a = self.value(core, inputs["A"])
        if cell.type in ("$mux", "$pmux"):
            width, text = len(inputs["A"]), ""
            for place, select in enumerate(inputs["S"]):
                text += f"{self.value(core, [select])} ? {self.value(core, inputs['B'][place * width :][:width])} : "
            return text + a
        if cell.type in _UNARY:
            return f"{_UNARY[cell.type]}{a}"
        b = self.value(core, inputs["B"])
        if cell.signed and (cell.type in COMPARISONS or cell.type == "$mul"):
            a, b = f"$signed({a})", f"$signed({b})"
        return f"{a} {_BINARY[cell.type]} {b}"

    # Whether they differ

    def _combined(self, cells: CellPair, places: list[int]) -> str:
        cell, mutant = cells.original, cells.mutant
        if cell.type in ("$mux", "$pmux"):
            return self._chosen(cell, mutant, places)
        if (cell.type, cell.inputs, cell.parameters) != (mutant.type, mutant.inputs, mutant.parameters):
            return "1'b1"
        chosen = {
            port: [bits[p] for p in places] if cell.type in _BY_BIT else bits for port, bits in cell.inputs.items()
        }
        differ = " | ".join(self.differ(bits) for bits in chosen.values())
        masks = [bits for bits in chosen.values() if cell.type == "$and" and self.known(bits)]
        for bits in masks:  # nothing differs behind a mask that is 0 in both
            differ = f"({differ}) & (|{self.value('original', bits)} | |{self.value('mutant', bits)})"
        return differ

    def _chosen(self, cell: Cell, mutant: Cell, places: list[int]) -> str:
        width, selects = len(cell.inputs["A"]), (cell.inputs["S"], mutant.inputs["S"])
        operands = []
        for start in range(0, width * len(cell.inputs["S"]), width):
            first, other = (c.inputs["B"][start : start + width] for c in (cell, mutant))
            operands.append(self.between([first[p] for p in places], [other[p] for p in places]))
        without = self.between([cell.inputs["A"][p] for p in places], [mutant.inputs["A"][p] for p in places])
        if not all(map(self.known, selects)):
            return " | ".join([self.between(*selects), *operands, without])
        values = [self.value(core, bits) for core, bits in zip(_CORES, selects, strict=True)]
        select = [self.value("original", [bit]) for bit in selects[0]]
        terms = [f"({values[0]} != {values[1]})", f"(~|{values[0]} & {without})"]
        return " | ".join(terms + [f"({s} & {operand})" for s, operand in zip(select, operands, strict=True)])

    def _register(self, number: int, cells: CellPair, places: list[int]) -> Iterator[str]:
        cell, mutant, name = cells.original, cells.mutant, f"differ_{number}"
        loaded = self.between([cell.inputs["D"][p] for p in places], [mutant.inputs["D"][p] for p in places])
        resets, enables = ([one.inputs.get(port, []) for one in (cell, mutant)] for port in ("SRST", "EN"))
        values = [_reset_value(one, places) for one in (cell, mutant)]
        other_value = int(all(resets) and values[0] != values[1])
        yield f"reg {name} = 0;"
        yield "always @(posedge clk)"
        may_reset = "1'b0"
        if self.known(resets[0] + resets[1] + (enables[0] + enables[1]) * cell.enabled_reset):
            reset = [self._is_reset(core, one) for core, one in zip(_CORES, (cell, mutant), strict=True)]
            yield f"if ({reset[0]} & {reset[1]}) {name} <= {other_value};"
            yield f"else if ({reset[0]} | {reset[1]}) {name} <= 1; else"
        else:  # hangs on data, as that of a register that makes 0 of what is negative
            may_reset = f"({self.between(*resets)} | 1'b{other_value})"
        held = name if cell.enabled_reset else f"{name} | {may_reset}"
        always, never = self._surely(*enables)
        yield f"if ({always}) {name} <= {loaded} | {may_reset};"
        yield f"else if ({never}) {name} <= {held};"
        yield f"else {name} <= {name} | {loaded} | {may_reset} | {self.between(*enables)};"

    def _is_reset(self, core: str, cell: Cell) -> str:
        reset, enable = self._condition(core, cell, "SRST", "1'b0"), self._condition(core, cell, "EN", "1'b1")
        return f"({reset} & {enable})" if cell.enabled_reset else reset

    def _surely(self, original: Sequence[Bit], mutant: Sequence[Bit]) -> tuple[str, str]:
        """Where a condition is 1 in both cores whatever the data are, and where it is 0 in both."""
        if not original or not mutant:
            one = "1'b1" if not original and not mutant else self._surely(original or mutant, original or mutant)[0]
            return one, "1'b0"
        if self.known([*original, *mutant]):
            values = self.value("original", original), self.value("mutant", mutant)
            return f"({values[0]} & {values[1]})", f"(~{values[0]} & ~{values[1]})"
        cells = self.cells[self.makers[original[0]]] if original == mutant and original[0] in self.makers else None
        if cells is None or cells.original is not cells.mutant or not _is_one_condition(cells.original):
            return "1'b0", "1'b0"
        parts = [self._surely([bit], [bit]) for bits in cells.original.inputs.values() for bit in bits]
        ones, zeros = zip(*parts, strict=True)
        if cells.original.type in ("$and", "$reduce_and"):
            return f"({' & '.join(ones)})", f"({' | '.join(zeros)})"
        return f"({' | '.join(ones)})", f"({' & '.join(zeros)})"

    def _memory(self, number: int, cells: CellPair) -> Iterator[str]:
        """What the last read brought, and of a memory that is written one bit for each word."""
        name, (cell, mutant) = f"differ_{number}", (cells.original, cells.mutant)
        reads, writes, clocked = (int(cell.parameters[key], 2) for key in ("RD_PORTS", "WR_PORTS", "RD_CLK_ENABLE"))
        resets = {bit for port in ("RD_ARST", "RD_SRST") for bit in cell.inputs.get(port, [])}
        followed = ("RD_EN", "WR_EN", "WR_ADDR", *["RD_ADDR"] * writes)
        timed = [bit for port in followed for one in (cell, mutant) for bit in one.inputs[port]]
        same = cell.parameters == mutant.parameters and cell.inputs["WR_DATA"] == mutant.inputs["WR_DATA"]
        if not same or reads != 1 or writes > 1 or not clocked or resets - {"0"} or not self.known(timed):
            yield f"wire {name} = 1'b1;"
            return
        read = self.between(cell.inputs["RD_ADDR"], mutant.inputs["RD_ADDR"])
        if writes:
            yield from self._words(f"words_{number}", cell, mutant)
            read += f" | words_{number}_read"
        enables = self._both(cell, mutant, "RD_EN")
        yield f"reg {name} = 0;"
        yield f"always @(posedge clk) if ({enables[0]} & {enables[1]}) {name} <= {read};"
        yield f"else if ({enables[0]} | {enables[1]}) {name} <= 1;"

    def _words(self, name: str, cell: Cell, mutant: Cell) -> Iterator[str]:
        """A word that is written in the clock in which it is read may be the old one or the new one."""
        masks, places = self._both(cell, mutant, "WR_EN"), self._both(cell, mutant, "WR_ADDR")
        address = self.value("original", cell.inputs["RD_ADDR"])
        yield f"reg [{(1 << len(cell.inputs['WR_ADDR'])) - 1}:0] {name} = 0;"
        yield f"wire {name}_alike = {masks[0]} == {masks[1]} & {places[0]} == {places[1]};"
        data = self.differ(cell.inputs["WR_DATA"])
        yield f"always @(posedge clk) if (~|{masks[0]} & ~|{masks[1]}) begin end"
        yield f"else if ({name}_alike) {name}[{places[0]}] <= {data} | (~&{masks[0]} & {name}[{places[0]}]);"
        yield f"else begin {name}[{places[0]}] <= 1; {name}[{places[1]}] <= 1; end"
        written = f"|{masks[0]} & {places[0]} == {address} & {data}"
        yield f"wire {name}_unlike = ~{name}_alike & (|{masks[0]} | |{masks[1]});"
        yield f"wire {name}_read = {name}[{address}] | ({written}) | {name}_unlike;"

    def _both(self, cell: Cell, mutant: Cell, port: str) -> list[str]:
        return [self.value(core, one.inputs[port]) for core, one in zip(_CORES, (cell, mutant), strict=True)]


def _is_one_condition(cell: Cell) -> bool:
    """Whether all inputs of ``cell`` bear on its one output: of several outputs each is of inputs of its own."""
    return cell.type in _CONDITIONS and len(cell.outputs["Y"]) == 1


def _reset_value(cell: Cell, places: list[int]) -> list[str]:
    digits = cell.parameters.get("SRST_VALUE", "")[::-1]
    return ["1" if digits and digits[place] == "1" else "0" for place in places]


def _constant(digits: list[str]) -> str:
    """Of binary digits, lowest first."""
    return f"{len(digits)}'b" + "".join(reversed(digits))
