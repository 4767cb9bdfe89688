"""Drops from a netlist of words every bit that no output depends on: operators get narrower, ports go.

A structure that passes between components is one port of Amaranth's; a component that needs half of it would have a
port that is half unused, and every linter says so.
"""

from collections import defaultdict
from collections.abc import Iterable

from .word_netlist import Bit, Cell, Module, instances

_BITWISE = {"$not", "$and", "$or", "$xor", "$xnor", "$pos", "$mux", "register"}
_CARRYING = {"$add", "$sub", "$neg"}
_SCALARS = {"S", "CLK", "EN", "SRST"}

Net = tuple[str, Bit]
PortBit = tuple[str, str, int]


def trim(modules: dict[str, Module]) -> dict[str, set[Bit]]:
    """Trim the modules, the first of which is the top and keeps its ports; those without any result go.

    Returns
    -------
    dict
        The bits of each module that an output of the top depends on. Where others are left, as results of a cell that
        is needed as a whole, or inputs of the top, nothing reads them.
    """
    live, ports = _live(modules)
    top = next(iter(modules))
    for module in modules.values():
        alive = live[module.name]
        for cell, inner in instances(module, modules):
            for vectors in (cell.inputs, cell.outputs):
                _keep_ports(vectors, inner.name, ports)
        module.cells = [cell for cell in module.cells if _needed(cell, modules, alive)]
        for cell in module.cells:
            _trim_cell(cell, alive)
    used = {top} | {inner.name for module in modules.values() for _, inner in instances(module, modules)}
    for name in modules.keys() - used:
        del modules[name]
    for module in modules.values():
        if module.name != top:
            for vectors in (module.inputs, module.outputs):
                _keep_ports(vectors, module.name, ports)
    return live


def _keep_ports(vectors: dict[str, list[Bit]], module: str, ports: set[PortBit]) -> None:
    for port, bits in list(vectors.items()):
        kept = [bit for index, bit in enumerate(bits) if (module, port, index) in ports]
        if kept:
            vectors[port] = kept
        else:
            del vectors[port]


def _needed(cell: Cell, modules: dict[str, Module], alive: set[Bit]) -> bool:
    if cell.type in modules:
        return bool(cell.outputs)
    return any(bit in alive for bits in cell.outputs.values() for bit in bits)


def _trim_cell(cell: Cell, alive: set[Bit]) -> None:
    result = cell.outputs.get("Q" if cell.type == "register" else "Y", [])
    if cell.type in _BITWISE:
        keep = [index for index, bit in enumerate(result) if bit in alive]
    elif cell.type in _CARRYING:
        keep = list(range(1 + max(index for index, bit in enumerate(result) if bit in alive)))
    else:
        return
    for vectors in (cell.inputs, cell.outputs):
        for port in vectors.keys() - _SCALARS:
            vectors[port] = [vectors[port][index] for index in keep]
    if "SRST_VALUE" in cell.parameters:
        digits = cell.parameters["SRST_VALUE"][::-1]
        cell.parameters["SRST_VALUE"] = "".join(digits[index] for index in keep)[::-1]


def _live(modules: dict[str, Module]) -> tuple[dict[str, set[Bit]], set[PortBit]]:
    """The bits that the outputs of the top depend on, by module, through all levels; and those of ports between."""
    top = next(iter(modules))
    drivers, outside = _origins(modules)
    live: dict[str, set[Bit]] = defaultdict(set)
    ports: set[PortBit] = set()
    followed: dict[int, int] = defaultdict(int)  # how many of the lowest bits of a cell's operands were, by identity
    waiting: list[Net] = [(top, bit) for bits in modules[top].outputs.values() for bit in bits]
    while waiting:
        place, bit = waiting.pop()
        if isinstance(bit, str) or bit in live[place]:
            continue
        live[place].add(bit)
        if bit in outside[place]:
            crossing, source = outside[place][bit]
            ports.add(crossing)
            waiting.append(source)
        elif bit in drivers[place]:
            cell, port, index = drivers[place][bit]
            if cell.type in modules:
                ports.add((cell.type, port, index))
                waiting.append((cell.type, modules[cell.type].outputs[port][index]))
            else:
                waiting += [(place, source) for source in _sources(cell, index, followed)]
    return live, ports


def _origins(
    modules: dict[str, Module],
) -> tuple[dict[str, dict[Bit, tuple[Cell, str, int]]], dict[str, dict[Bit, tuple[PortBit, Net]]]]:
    """By module and bit: the cell and the bit of its port that drives it, or the net outside that enters there."""
    drivers: dict[str, dict[Bit, tuple[Cell, str, int]]] = {name: {} for name in modules}
    outside: dict[str, dict[Bit, tuple[PortBit, Net]]] = {name: {} for name in modules}
    for module in modules.values():
        driven = drivers[module.name]
        for cell in module.cells:
            for port, bits in cell.outputs.items():
                for index, bit in enumerate(bits):
                    driven[bit] = cell, port, index
        for cell, inner in instances(module, modules):
            entering = outside[inner.name]
            for port, bits in cell.inputs.items():
                for index, (within, bit) in enumerate(zip(inner.inputs[port], bits, strict=True)):
                    entering[within] = (inner.name, port, index), (module.name, bit)
    return drivers, outside


def _sources(cell: Cell, index: int, followed: dict[int, int]) -> Iterable[Bit]:
    """The bits that decide bit ``index`` of the result, without those that were given for another bit before."""
    before = followed[id(cell)]
    if cell.type in _BITWISE:
        followed[id(cell)] = 1
        for port, bits in cell.inputs.items():
            if port not in _SCALARS:
                yield bits[index]
            elif not before:
                yield from bits
    elif cell.type in _CARRYING:
        followed[id(cell)] = max(before, index + 1)
        for bits in cell.inputs.values():
            yield from bits[before : index + 1]
    elif not before:
        followed[id(cell)] = 1
        for bits in cell.inputs.values():
            yield from bits
