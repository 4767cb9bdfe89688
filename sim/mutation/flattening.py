"""A core and a mutant of it as one netlist without hierarchy: the same cells, but for the faulty one of each."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ...hw.verilog.word_netlist import Bit, Cell, Module, instances

_Net = tuple[str, Bit]


@dataclass(frozen=True)
class CellPair:
    """A cell of the core, and what the mutant has in its place; the same object but for the fault.

    Both have the same outputs.
    """

    original: Cell
    mutant: Cell


@dataclass(frozen=True)
class FlatPair:
    """Both cores, over one set of nets.

    Attributes
    ----------
    cells : none of them an instance
    inputs : vectors of bits by port of the top
    outputs : by port, the vectors of the core and of the mutant
    initial : value of registers before the first clock, by bit
    """

    cells: tuple[CellPair, ...]
    inputs: dict[str, list[Bit]]
    outputs: dict[str, tuple[list[Bit], list[Bit]]]
    initial: dict[Bit, str]


def flatten(
    modules: dict[str, Module], module: str, cell: Cell | None = None, outputs: dict[str, list[Bit]] | None = None
) -> FlatPair:
    """Flatten ``modules``, the top first, and the mutant that has a fault in one of them.

    Parameters
    ----------
    module : where the fault is
    cell : what the mutant has in place of the cell of the same name
    outputs : what the mutant has instead of outputs of the module, which is the top
    """
    return _Flattening(modules, module, cell).pair(outputs or {})


class _Flattening:
    def __init__(self, modules: dict[str, Module], module: str, cell: Cell | None) -> None:
        self.modules, self.faulty_module, self.faulty = modules, module, cell
        self.links: dict[_Net, _Net] = {}  # nets that are others, seen from another level
        self.numbers: dict[_Net, int] = {}
        self.cells: list[CellPair] = []

    def pair(self, outputs: dict[str, list[Bit]]) -> FlatPair:
        stuck = [stuck for module in self.modules.values() for stuck in self._link(module)]
        self.cells += [self._stuck(*one) for one in stuck]
        for module in self.modules.values():
            for cell in module.cells:
                if cell.type not in self.modules:
                    original = self._flat(module.name, cell)
                    faulty = self._fault_of(module, cell)
                    self.cells.append(CellPair(original, self._flat(module.name, faulty) if faulty else original))
        top = next(iter(self.modules.values()))
        both = {port: (bits, outputs.get(port, bits)) for port, bits in top.outputs.items()}
        initial = {
            self._bit(module.name, bit): value
            for module in self.modules.values()
            for bit, value in module.initial.items()
        }
        return FlatPair(
            cells=tuple(self.cells),
            inputs={port: self._bits(top.name, bits) for port, bits in top.inputs.items()},
            outputs={port: (self._bits(top.name, a), self._bits(top.name, b)) for port, (a, b) in both.items()},
            initial=initial,
        )

    def _fault_of(self, module: Module, cell: Cell) -> Cell | None:
        faulty = self.faulty is not None and module.name == self.faulty_module and cell.name == self.faulty.name
        return self.faulty if faulty else None

    def _link(self, module: Module) -> Iterator[tuple[_Net, _Net, _Net]]:
        """Link nets at the ports of all instances; where the mutant has another: inside, the core's, the mutant's."""
        for cell, inner in instances(module, self.modules):
            faulty = self._fault_of(module, cell) or cell
            for port, bits in cell.inputs.items():
                for inside, bit, other in zip(inner.inputs[port], bits, faulty.inputs[port], strict=True):
                    if other == bit:
                        self.links[inner.name, inside] = module.name, bit
                    else:
                        yield (inner.name, inside), (module.name, bit), (module.name, other)
            for port, bits in cell.outputs.items():
                for inside, bit in zip(inner.outputs[port], bits, strict=True):
                    self.links[module.name, bit] = inner.name, inside

    def _stuck(self, inside: _Net, bit: _Net, other: _Net) -> CellPair:
        cells = [
            Cell(f"{inside[0]} {inside[1]}", "$pos", {}, {"A": [self._bit(*net)]}, {"Y": [self._bit(*inside)]})
            for net in (bit, other)
        ]
        return CellPair(*cells)

    def _flat(self, module: str, cell: Cell) -> Cell:
        inputs = {port: self._bits(module, bits) for port, bits in cell.inputs.items()}
        outputs = {port: self._bits(module, bits) for port, bits in cell.outputs.items()}
        return replace(cell, inputs=inputs, outputs=outputs)

    def _bits(self, module: str, bits: list[Bit]) -> list[Bit]:
        return [self._bit(module, bit) for bit in bits]

    def _bit(self, module: str, bit: Bit) -> Bit:
        net = module, bit
        while net in self.links:
            net = self.links[net]
        if isinstance(net[1], str):
            return net[1]
        return self.numbers.setdefault(net, len(self.numbers))
