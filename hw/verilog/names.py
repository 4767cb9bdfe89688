"""Which vectors of bits of a module become wires, and what these are called: the names of the description first."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from .module_name import RESERVED
from .word_netlist import Bit, Cell, Module

# Names of Amaranth streams and rows that Verilog reserves.
_REPLACED = {"input": "data_in", "output": "data_out"}
_RESULTS = {
    "$add": "sum",
    "$sub": "difference",
    "$mul": "product",
    "$mux": "choice",
    "$pmux": "choice",
    "$eq": "equal",
    "$ne": "different",
    "$lt": "less",
    "$gt": "greater",
    "register": "register",
}


class Names:
    """Identifiers, each given out once.

    Names are compared without case, as some tools and file systems do.
    """

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def new(self, wanted: str) -> str:
        """An identifier that says ``wanted``: without the numbers Amaranth adds, numbered from 2 where it is taken."""
        stem = re.sub(r"\W+", "_", re.sub(r"\$\d+", "", wanted)).strip("_") or "net"
        stem = _REPLACED.get(stem, stem)
        if stem[0].isdigit() or stem in RESERVED:
            stem = f"{stem}_" if stem in RESERVED else f"net_{stem}"
        name, number = stem, 2
        while name.lower() in self._taken:
            name, number = f"{stem}_{number}", number + 1
        self._taken.add(name.lower())
        return name


@dataclass
class Wire:
    """A declared vector.

    Attributes
    ----------
    register : whether it is assigned at clock edges
    port : ``"input"``, ``"output"`` or, inside, ``""``
    unused : whether some of it is not read
    generated : whether the description has no name for it
    """

    name: str
    width: int
    register: bool = False
    port: str = ""
    unused: bool = False
    generated: bool = False
    bits: list[Bit] = field(default_factory=list)


def at_clock_edges(cell: Cell) -> bool:
    """Whether the results of ``cell`` are registers."""
    return cell.type == "register" or (cell.type == "$mem_v2" and "1" in cell.parameters["RD_CLK_ENABLE"])


class Wires:
    """The wires of a module, and the place of each bit in one of them.

    Every bit that a port or a cell drives is in exactly one wire. Ports come first, then the outputs of instances
    (``INSTANCE_PORT``), then vectors that the description names, then inputs of instances, then what has no name.

    Attributes
    ----------
    wires : in the order of declaration
    homes : wire and index of each bit
    ports : identifier of each port
    instances : identifier of each instance, by the name of its cell
    assigned : output ports that are no wire of their own, with their bits
    """

    def __init__(self, module: Module, live: set[Bit], is_module: Iterable[str]) -> None:
        self.wires: list[Wire] = []
        self.homes: dict[Bit, tuple[Wire, int]] = {}
        self.assigned: dict[str, list[Bit]] = {}
        self.names = Names()
        for instance in module.name.split(".")[1:]:  # which a wire of that name inside would hide
            self.names.new(instance)
        self._live = live
        instances = set(is_module)
        self._clocked = {
            bit: at_clock_edges(cell) for cell in module.cells for bits in cell.outputs.values() for bit in bits
        }
        self.ports = {port: self.names.new(port) for port in (*module.inputs, *module.outputs)}
        for port, bits in module.inputs.items():
            self._add(self.ports[port], bits, port="input")
        for port, bits in module.outputs.items():
            name = self.ports[port]
            if self._free(bits):
                self._add(name, bits, port="output")
            else:
                self.wires.append(Wire(name, len(bits), port="output"))
                self.assigned[name] = bits
        inside = [cell for cell in module.cells if cell.type in instances]
        self.instances = {cell.name: self.names.new(cell.name) for cell in inside}
        for cell in inside:
            for port, bits in cell.outputs.items():
                if self._free(bits):
                    self._add(self.names.new(f"{self.instances[cell.name]}_{port.lstrip('_')}"), bits)
        results = {tuple(bits) for cell in module.cells for bits in cell.outputs.values()}
        named = {name: [b for b in bits if isinstance(b, str) or b in live] for name, bits in module.names.items()}
        arriving = {f"{self.instances[c.name]}_{port}": bits for c in inside for port, bits in c.inputs.items()}
        # Nets that Amaranth names after a port of an instance or numbers say less than the other end.
        poor = {name: bits for name, bits in named.items() if re.search(r"\$|__|^(input|output)\b", name)}
        for names in ({name: bits for name, bits in named.items() if name not in poor}, arriving, poor):
            # Whole results before what is put together of several, whole signals before their parts.
            for name, bits in sorted(names.items(), key=lambda item: (tuple(item[1]) not in results, -len(item[1]))):
                if self._free(bits):
                    self._add(self.names.new(name), bits)
        for cell in module.cells:
            for bits in cell.outputs.values():
                for used in (True, False):
                    rest = [bit for bit in bits if bit not in self.homes and (bit in live) == used]
                    if rest:
                        stem = _RESULTS.get(cell.type, "net") if used else "unused"
                        self._add(self.names.new(stem), rest, unused=not used, generated=True)

    def _free(self, bits: list[Bit]) -> bool:
        """Whether ``bits`` can be a wire: all driven, all in the same way, none twice and none in a wire already."""
        kinds = {self._clocked.get(bit) for bit in bits}
        return len(kinds) == 1 and None not in kinds and len(set(bits)) == len(bits) and not self.homes.keys() & bits

    def _add(self, name: str, bits: list[Bit], port: str = "", unused: bool = False, generated: bool = False) -> None:
        register = self._clocked.get(bits[0], False)
        if port == "input":
            unused = not all(bit in self._live for bit in bits)
        wire = Wire(name, len(bits), register, port, unused, generated, list(bits))
        self.wires.append(wire)
        self.homes |= {bit: (wire, index) for index, bit in enumerate(bits)}

    def vector(self, bits: list[Bit]) -> str:
        """The expression for ``bits``: names, slices, constants, replications, concatenated where there are several."""
        parts: list[str] = []
        index = len(bits)
        while index:
            part, taken = self._part(bits[:index])
            parts.append(part)
            index -= taken
        return parts[0] if len(parts) == 1 else "{" + ", ".join(parts) + "}"

    def _part(self, bits: list[Bit]) -> tuple[str, int]:
        """The expression for the highest bits that have one together, and how many they are."""
        top = bits[-1]
        if isinstance(top, str):
            digits = ""
            while len(digits) < len(bits) and isinstance(bits[-1 - len(digits)], str):
                digits += str(bits[-1 - len(digits)])
            return constant(digits), len(digits)
        wire, high = self.homes[top]
        if len(bits) > 1 and bits[-2] == top:
            repeated = 0
            while repeated < len(bits) and bits[-1 - repeated] == top:
                repeated += 1
            place = wire.name if wire.width == 1 else f"{wire.name}[{high}]"
            # The last of them begins the vector whose sign it is.
            own = repeated < len(bits) and bits[-1 - repeated] == (wire.bits[high - 1] if high else None)
            return f"{{{repeated - own}{{{place}}}}}" if repeated - own > 1 else place, repeated - own
        low = high
        while high - low + 1 < len(bits) and low and wire.bits[low - 1] == bits[-1 - (high - low + 1)]:
            low -= 1
        if high - low + 1 == wire.width:
            return wire.name, wire.width
        return f"{wire.name}[{high}]" if high == low else f"{wire.name}[{high}:{low}]", high - low + 1


def constant(digits: str) -> str:
    """A sized constant of binary ``digits``, highest first: hexadecimal from four known bits on."""
    if set(digits) <= {"0", "1"} and len(digits) > 3:
        return f"{len(digits)}'h{int(digits, 2):x}"
    return f"{len(digits)}'b{digits}"
