"""Verilog-2001 from a netlist of words: one module per component, the names of the description, no linter message.

Plain Verilog for simulators, linters and synthesis alike: ports declared in the header, continuous assignments,
clocked blocks with one reset and one enable, initial values in ``initial`` blocks, memories as arrays. Operands are
extended explicitly, no identifier is escaped. Equal netlists give equal text.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator

from .names import Names, Wire, Wires, at_clock_edges, constant
from .trimming import trim
from .word_netlist import COMPARISONS, Bit, Cell, Module, uncollected

_UNARY = {"$not": "~", "$neg": "-", "$reduce_and": "&", "$reduce_or": "|", "$reduce_bool": "|", "$reduce_xor": "^"}
_BINARY = {
    "$and": "&",
    "$or": "|",
    "$xor": "^",
    "$xnor": "~^",
    "$add": "+",
    "$sub": "-",
    "$mul": "*",
    "$eq": "==",
    "$ne": "!=",
    "$lt": "<",
    "$le": "<=",
    "$gt": ">",
    "$ge": ">=",
}
_LONGEST_INLINE = 80  # characters of an expression that is written where it is used
_LINT = """\
/* verilator lint_off DECLFILENAME */  // one file holds all modules of the core
"""


@uncollected()
def write_verilog(modules: dict[str, Module]) -> str:
    """The text of all modules, top first; ``modules`` are trimmed on the way.

    Input bits of the top that nothing reads are marked for Verilator where they are declared.
    """
    live = trim(modules)
    names = Names()
    identifiers = {path: names.new(path) for path in modules}
    wires = {path: Wires(module, live[path], modules) for path, module in modules.items()}
    texts = [ModuleText(module, wires, identifiers).text() for module in modules.values()]
    return _LINT + "\n" + "\n".join(texts)


class ModuleText:
    """One module as text.

    Parameters
    ----------
    module : Module
        Trimmed.
    wires, identifiers : of all modules, by path
    """

    def __init__(self, module: Module, wires: dict[str, Wires], identifiers: dict[str, str]) -> None:
        self.module = module
        self.identifiers = identifiers
        self.all_wires = wires
        self.wires = wires[module.name]
        self.inlined = self._choose_inlined()

    def text(self) -> str:
        """From ``module`` to ``endmodule``."""
        inlined = {id(wire) for cell in self.inlined.values() for wire in self._wires_of(cell)}
        ports = sorted((wire for wire in self.wires.wires if wire.port), key=self._port_place)
        inside = [wire for wire in self.wires.wires if not wire.port and id(wire) not in inlined]
        path = re.sub(r"\$\d+", "", self.module.name).replace(".", " / ")
        lines = [f"// {path}", f"module {self.identifiers[self.module.name]} ("]
        lines += [line for wire in ports for line in _declaration(wire, "," if wire is not ports[-1] else "")]
        lines.append(");")
        lines += [line for wire in inside for line in _declaration(wire, ";")]
        memories = [cell for cell in self.module.cells if cell.type == "$mem_v2"]
        for cell in memories:
            lines += self._memory_declaration(cell)
        lines += self._initial_values()
        for name, bits in self.wires.assigned.items():
            lines.append(f"    assign {name} = {self._expression(bits)};")
        for cell in self.module.cells:
            result = tuple(cell.outputs.get("Y", ()))
            if result and result not in self.inlined and cell.type not in self.identifiers:
                lines.append(f"    assign {self._vector(list(result))} = {self._operation(cell)};")
        lines += self._registers()
        for cell in memories:
            lines += self._memory_ports(cell)
        for cell in self.module.cells:
            if cell.type in self.identifiers:
                lines += self._instance(cell)
        return "\n".join([*lines, "endmodule", ""])

    def _port_place(self, wire: Wire) -> int:
        """Clock and reset first; the top's ports as it declares them."""
        order = [self.wires.ports[port] for port in self.module.order] or ["clk", "rst"]
        return order.index(wire.name) if wire.name in order else len(order)

    # Expressions

    def _vector(self, bits: list[Bit]) -> str:
        return self.wires.vector(bits)

    def _expression(self, bits: list[Bit]) -> str:
        """The value of ``bits``, for an assignment or a condition."""
        cell = self.inlined.get(tuple(bits))
        return self._vector(bits) if cell is None else self._operation(cell)

    def _operand(self, bits: list[Bit]) -> str:
        text = self._expression(bits)
        return f"({text})" if tuple(bits) in self.inlined else text

    def _operation(self, cell: Cell) -> str:
        """The value of a cell; each operand is as wide as its operator wants it, so that no rule of Verilog matters."""
        operands = {port: self._operand(bits) for port, bits in cell.inputs.items()}
        if cell.type == "$mux":
            return f"{operands['S']} ? {operands['B']} : {operands['A']}"
        if cell.type == "$pmux":  # the conditions are cases of one switch: never two of them at once
            width = len(cell.outputs["Y"])
            select, choices = cell.inputs["S"], cell.inputs["B"]
            branches = "".join(
                f"{self._vector([bit])} ? {self._vector(choices[index * width :][:width])} : "
                for index, bit in enumerate(select)
            )
            return branches + operands["A"]
        if cell.type == "$pos":
            return operands["A"]
        if cell.type == "$add" and (zero := [port for port in "AB" if set(cell.inputs[port]) == {"0"}]):
            return operands["B" if zero[0] == "A" else "A"]
        if cell.type == "$logic_not":
            width = len(cell.inputs["A"])
            return f"~{operands['A']}" if width == 1 else f"{operands['A']} == {constant('0' * width)}"
        if cell.type in _UNARY:
            return f"{_UNARY[cell.type]}{operands['A']}"
        left, right = operands["A"], operands["B"]
        if cell.signed and (cell.type in COMPARISONS or cell.type == "$mul"):
            left, right = f"$signed({left})", f"$signed({right})"
        return f"{left} {_BINARY[cell.type]} {right}"

    def _choose_inlined(self) -> dict[tuple[Bit, ...], Cell]:
        """Results without a name of their own that are read once, as a whole, by an operation or a register."""
        reads: Counter[Bit] = Counter()
        wholes: set[tuple[Bit, ...]] = set()
        for cell in self.module.cells:
            for port, bits in cell.inputs.items():
                reads.update(bits)
                if cell.type not in self.identifiers and cell.type != "$mem_v2" and (cell.type, port) != ("$pmux", "B"):
                    wholes.add(tuple(bits))
        for bits in self.wires.assigned.values():
            reads.update(bits)
        chosen: dict[tuple[Bit, ...], Cell] = {}
        for cell in self.module.cells:
            result = tuple(cell.outputs.get("Y", ()))
            if not result or cell.type in self.identifiers or cell.type in ("$mul", "$pmux") or result not in wholes:
                continue
            wires = self._wires_of(cell)
            unnamed = len(wires) == 1 and not wires[0].port and tuple(wires[0].bits) == result
            if unnamed and wires[0].generated and all(reads[bit] == 1 for bit in result):
                chosen[result] = cell
        self.inlined = chosen
        for result, cell in list(chosen.items()):
            if len(self._operation(cell)) > _LONGEST_INLINE:
                del chosen[result]
        return chosen

    def _wires_of(self, cell: Cell) -> list[Wire]:
        found = {
            id(wire): wire for bits in cell.outputs.values() for wire, _ in map(self.wires.homes.__getitem__, bits)
        }
        return list(found.values())

    # Registers and memories

    def _registers(self) -> Iterator[str]:
        """Clocked blocks, one for each clock, reset and enable."""
        groups: dict[tuple[bool, Bit, Bit, Bit], list[Cell]] = defaultdict(list)
        for cell in self.module.cells:
            if cell.type == "register":
                clock, reset, enable = (cell.inputs.get(port, [""])[0] for port in ("CLK", "SRST", "EN"))
                groups[cell.enabled_reset, clock, reset, enable].append(cell)
        declared = {id(wire): place for place, wire in enumerate(self.wires.wires)}
        for (enabled_reset, clock, reset, enable), cells in groups.items():
            cells.sort(key=lambda cell: declared[id(self.wires.homes[cell.outputs["Q"][0]][0])])
            following = {self._vector(cell.outputs["Q"]): self._expression(cell.inputs["D"]) for cell in cells}
            lines = [f"{register} <= {value};" for register, value in following.items()]
            conditions = [("enable", enable), ("reset", reset)]
            for kind, condition in conditions[::-1] if enabled_reset else conditions:
                if condition == "":
                    continue
                begin = [f"if ({self._expression([condition])}) begin"]
                if kind == "reset":
                    values = (constant(cell.parameters["SRST_VALUE"]) for cell in cells)
                    begin += [f"    {name} <= {value};" for name, value in zip(following, values, strict=True)]
                    if lines[0].startswith("if "):
                        lines = [*begin, f"end else {lines[0]}", *lines[1:]]
                        continue
                    begin += ["end else begin"]
                lines = [*begin, *(f"    {line}" for line in lines), "end"]
            yield f"    always @(posedge {self._vector([clock])}) begin"
            yield from (f"        {line}" for line in lines)
            yield "    end"

    def _initial_values(self) -> Iterator[str]:
        values = []
        for wire in self.wires.wires:
            digits = [self.module.initial.get(bit, "x") for bit in reversed(wire.bits)]
            if wire.register and set(digits) <= {"0", "1"}:
                values.append(f"        {wire.name} = {constant(''.join(digits))};")
        if values:
            yield from ("    initial begin", *values, "    end")

    def _memory_declaration(self, cell: Cell) -> Iterator[str]:
        width, size = (int(cell.parameters[name], 2) for name in ("WIDTH", "SIZE"))
        name = self.wires.names.new(cell.name)
        self.wires.instances[cell.name] = name
        for attribute, value in cell.attributes.items():
            plain = int(value, 2) if set(value) <= {"0", "1"} else f'"{value.strip()}"'
            yield f"    (* {attribute} = {plain} *)"
        yield f"    reg [{width - 1}:0] {name} [0:{size - 1}];"
        contents = cell.parameters["INIT"]
        words = [contents[len(contents) - (index + 1) * width :][:width] for index in range(size)]
        if len(set(words)) == 1 and "x" not in words[0]:
            index_name = self.wires.names.new(f"{name}_index")
            yield f"    integer {index_name};"
            yield f"    initial for ({index_name} = 0; {index_name} < {size}; {index_name} = {index_name} + 1)"
            yield f"        {name}[{index_name}] = {constant(words[0])};"
        elif "x" not in contents:
            yield "    initial begin"
            yield from (f"        {name}[{index}] = {constant(word)};" for index, word in enumerate(words))
            yield "    end"

    def _memory_ports(self, cell: Cell) -> Iterator[str]:
        """Each write port, and each read port: of the word as it was before a write at the same clock edge."""
        parameters, name = cell.parameters, self.wires.instances[cell.name]
        for unsupported in ("RD_TRANSPARENCY_MASK", "RD_COLLISION_X_MASK", "RD_WIDE_CONTINUATION", "OFFSET"):
            assert "1" not in parameters[unsupported], f"a memory with {unsupported}"
        width, address = int(parameters["WIDTH"], 2), int(parameters["ABITS"], 2)
        for port in range(int(parameters["WR_PORTS"], 2)):
            clock = cell.inputs["WR_CLK"][port]
            where = self._vector(cell.inputs["WR_ADDR"][port * address :][:address])
            enables = cell.inputs["WR_EN"][port * width :][:width]
            assert len(set(enables)) == 1, "a memory of which parts of a word are written"
            data = self._vector(cell.inputs["WR_DATA"][port * width :][:width])
            yield f"    always @(posedge {self._vector([clock])})"
            yield f"        if ({self._vector(enables[:1])}) {name}[{where}] <= {data};"
        for port in range(int(parameters["RD_PORTS"], 2)):
            where = self._vector(cell.inputs["RD_ADDR"][port * address :][:address])
            data = self._vector(cell.outputs["RD_DATA"][port * width :][:width])
            if not at_clock_edges(cell):
                yield f"    assign {data} = {name}[{where}];"
                continue
            yield f"    always @(posedge {self._vector([cell.inputs['RD_CLK'][port]])})"
            enable = cell.inputs["RD_EN"][port]
            condition = "" if enable == "1" else f"if ({self._vector([enable])}) "
            yield f"        {condition}{data} <= {name}[{where}];"

    def _instance(self, cell: Cell) -> Iterator[str]:
        inner = self.all_wires[cell.type].ports
        connections = [
            f"        .{inner[port]}({self._vector(bits)})" for port, bits in (cell.inputs | cell.outputs).items()
        ]
        yield f"    {self.identifiers[cell.type]} {self.wires.instances[cell.name]} ("
        yield ",\n".join(connections)
        yield "    );"


def _declaration(wire: Wire, end: str) -> list[str]:
    kind = "reg" if wire.register else "wire"
    width = "" if wire.width == 1 else f"[{wire.width - 1}:0] "
    line = f"    {f'{wire.port:6} ' if wire.port else ''}{kind:4} {width}{wire.name}{end}"
    if not wire.unused:
        return [line]
    why = "not all bits of this port matter" if wire.port else "low or high bits of a result that nothing reads"
    return [
        f"    /* verilator lint_off UNUSEDSIGNAL */  // {why}",
        line,
        "    /* verilator lint_on UNUSEDSIGNAL */",
    ]
