"""Which bits of a core a proof follows by value: those that say when, and choices that hang on few registers."""

from collections.abc import Iterable, Iterator

from ...hw.verilog.word_netlist import Bit, Cell
from .flattening import FlatPair

MOST = 24  # further register bits for which a choice is followed: the flags of a step, not the sign of a state

_BITWISE = {"$not", "$and", "$or", "$xor", "$xnor", "$pos"}
_CONDITIONS = {"$and", "$or", "$reduce_and", "$reduce_or"}
_CARRYING = {"$add", "$sub", "$neg", "$mul"}


class _ThroughMemory(Exception):
    """What was looked for hangs on a memory."""


def followed_bits(pair: FlatPair) -> set[Bit] | None:
    """The bits that valid, ready and ``error`` of both cores depend on, and those of as many choices as are small.

    Closed: a bit of the set depends on bits of the set and on inputs only. None where the handshakes depend on the
    contents of a memory.
    """
    cones = _Cones(pair)
    followed: set[Bit] = set()
    try:
        for port, both in pair.outputs.items():
            if says_when(port):
                for bits in both:
                    followed |= cones.of(bits, followed)
    except _ThroughMemory:
        return None
    wanted = [[bit] for bit in dict.fromkeys(_choices(pair))]
    for _ in range(2):  # once more: what one added can make another small
        for bits in wanted:
            try:
                cone = cones.of(bits, followed)
            except _ThroughMemory:
                continue
            if sum(cones.is_register(bit) for bit in cone) <= MOST:
                followed |= cone
    return followed


def says_when(port: str) -> bool:
    """Whether a port of the core is to be the same at every clock, not only where its stream is valid."""
    return not port.endswith(("tdata", "tlast", "tid"))


def _choices(pair: FlatPair) -> Iterator[Bit]:
    for port, both in pair.outputs.items():
        if not port.endswith("tdata"):
            yield from (bit for bits in both for bit in bits)
    for cells in pair.cells:
        for cell in (cells.original, cells.mutant):
            for port in ("S", "EN", "SRST", "RD_EN", "WR_EN", "RD_ADDR", "WR_ADDR"):
                yield from cell.inputs.get(port, [])
            if cell.type in _CONDITIONS:  # masks, and parts of an enable
                yield from (bit for bits in cell.inputs.values() for bit in bits)


class _Cones:
    def __init__(self, pair: FlatPair) -> None:
        self.drivers = {
            bit: (cells, index)
            for cells in pair.cells
            for bits in cells.original.outputs.values()
            for index, bit in enumerate(bits)
        }

    def is_register(self, bit: Bit) -> bool:
        return bit in self.drivers and self.drivers[bit][0].original.type == "register"

    def of(self, bits: Iterable[Bit], known: set[Bit]) -> set[Bit]:
        """What ``bits`` depend on, and they themselves, as far as it is not known."""
        cone: set[Bit] = set()
        waiting = list(bits)
        while waiting:
            bit = waiting.pop()
            if isinstance(bit, str) or bit in known or bit in cone or bit not in self.drivers:
                continue
            cone.add(bit)
            cells, index = self.drivers[bit]
            for cell in {id(cell): cell for cell in (cells.original, cells.mutant)}.values():
                waiting += _sources(cell, index)
        return cone


def _sources(cell: Cell, index: int) -> list[Bit]:
    inputs = cell.inputs
    if cell.type == "$mem_v2":
        raise _ThroughMemory
    if cell.type == "register":
        return [inputs["D"][index], *inputs.get("EN", []), *inputs.get("SRST", [])]
    if cell.type == "$mux":
        return [inputs["A"][index], inputs["B"][index], *inputs["S"]]
    if cell.type == "$pmux":
        return [inputs["A"][index], *inputs["B"][index :: len(inputs["A"])], *inputs["S"]]
    if cell.type in _BITWISE:
        return [bits[index] for bits in inputs.values()]
    if cell.type in _CARRYING and not cell.signed:
        return [bit for bits in inputs.values() for bit in bits[: index + 1]]
    return [bit for bits in inputs.values() for bit in bits]
