"""All mutants of a core, by name, and a choice of them; each is the core's Verilog with one fault."""

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from difflib import ndiff

from ...hw.core import HadamardCore
from ...hw.verilog.names import Wires
from ...hw.verilog.trimming import trim
from ...hw.verilog.word_netlist import Bit, Cell, Module, word_netlist
from ...hw.verilog.writer import write_verilog
from . import edits
from .flattening import FlatPair, flatten

_EDITS = {
    "operator": edits.operators,
    "constant": edits.constants,
    "width": edits.widths,
    "enable": edits.enables,
    "reset": edits.resets,
    "memory": edits.memories,
}
KINDS = (*_EDITS, "handshake")
Netlist = dict[str, Module]


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """One fault.

    Attributes
    ----------
    kind : of :data:`KINDS`
    module : path of the component, joined by dots
    signal : the name, in the Verilog, of what the faulty part makes
    change : the fault in words
    cell : what stands in place of the cell of the same name; None for a fault of an output of the module
    outputs : of the module, where these are at fault
    """

    kind: str
    module: str
    signal: str
    change: str
    cell: Cell | None = None
    outputs: dict[str, list[Bit]] | None = None

    def __str__(self) -> str:
        return f"{self.module}: {self.signal}: {self.change}"


class MutableCore:
    """A core, and all mutants of it.

    Parameters
    ----------
    core : HadamardCore
    name : of the top module

    Attributes
    ----------
    verilog : of the core without a fault
    mutants : all of them, in the order of the netlist
    """

    def __init__(self, core: HadamardCore, name: str) -> None:
        self._modules = word_netlist(core, name)
        live = trim(self._modules)
        self.verilog = write_verilog(deepcopy(self._modules))
        self.mutants = tuple(
            mutant
            for module in self._modules.values()
            for mutant in _mutants(module, Wires(module, live[module.name], self._modules), self._modules)
        )

    def mutated(self, mutant: Mutant) -> str:
        """The Verilog of the core with the fault."""
        modules = deepcopy(self._modules)
        module = modules[mutant.module]
        if mutant.cell is not None:
            replacement = deepcopy(mutant.cell)
            module.cells = [replacement if cell.name == replacement.name else cell for cell in module.cells]
        if mutant.outputs is not None:
            module.outputs = module.outputs | mutant.outputs
        return write_verilog(modules)

    def pair(self, mutant: Mutant) -> FlatPair:
        """The core and the one with the fault, without hierarchy."""
        return flatten(self._modules, mutant.module, mutant.cell, mutant.outputs)

    def original(self, mutant: Mutant) -> tuple[Module, Cell | None]:
        """Where the fault is, and the cell as it is without it; None for a fault of an output."""
        module = self._modules[mutant.module]
        name = None if mutant.cell is None else mutant.cell.name
        return module, next((cell for cell in module.cells if cell.name == name), None)

    def difference(self, mutant: Mutant) -> tuple[str, ...]:
        """The lines of Verilog that differ, beginning with ``-`` (the core) or ``+`` (the mutant)."""
        lines = ndiff(self.verilog.splitlines(), self.mutated(mutant).splitlines())
        return tuple(f"{line[0]} {line[2:].strip()}" for line in lines if line[0] in "-+")


def choose(mutants: Iterable[Mutant], count: int, seed: int) -> list[Mutant]:
    """``count`` mutants, or all if there are no more: of each kind in turn, drawn at random within it.

    Equal arguments choose equally; a larger ``count`` with the same seed keeps what a smaller one chose.
    """
    kinds: dict[str, list[Mutant]] = defaultdict(list)
    for mutant in mutants:
        kinds[mutant.kind].append(mutant)
    for kind, members in kinds.items():
        random.Random(f"{seed} {kind}").shuffle(members)
    turns = max(map(len, kinds.values()), default=0)
    order = [kinds[kind][turn] for turn in range(turns) for kind in KINDS if turn < len(kinds[kind])]
    return order[:count]


def _mutants(module: Module, wires: Wires, modules: Netlist) -> Iterator[Mutant]:
    for cell in module.cells:
        if cell.type in modules:
            for change, edited in edits.handshakes(cell):
                yield Mutant(
                    kind="handshake",
                    module=module.name,
                    signal=wires.instances[cell.name],
                    change=change,
                    cell=edited,
                )
            continue
        signal = _signal(cell, module, wires)
        for kind, edit in _EDITS.items():
            for change, edited in edit(cell):
                yield Mutant(kind=kind, module=module.name, signal=signal, change=change, cell=edited)
    if not module.order:
        return
    for port, bits in module.outputs.items():  # of the top: what the core tells its surroundings
        if edits.is_handshake(port) and not isinstance(bits[0], str):
            for value in ("0", "1"):
                change = f"output stuck at {value}"
                yield Mutant(kind="handshake", module=module.name, signal=port, change=change, outputs={port: [value]})


def _signal(cell: Cell, module: Module, wires: Wires) -> str:
    """The name of what a cell makes; where the description has none for it, of what is made of that."""
    seen: set[str] = set()
    while True:
        result = next(bits for bits in cell.outputs.values() if bits)
        name = wires.vector(result)
        if not wires.homes[result[0]][0].generated or cell.name in seen:
            return name
        seen.add(cell.name)
        readers = [other for other in module.cells if any(result[0] in bits for bits in other.inputs.values())]
        if not readers or not any(readers[0].outputs.values()) or readers[0].name in wires.instances:
            return name
        cell = readers[0]
