"""What a memory becomes: block RAMs, RAMs made of look-up tables, or plain logic, as Yosys' ``memory_libmap`` chooses.

The pass gives each way a cost, and takes the cheapest: cells times the cost of each, half a unit for every bit that is
multiplexed or selected, two for each piece of logic that emulates what the cell cannot do. The same sums are done here,
for one write and one read port or for a read port alone; the tests hold them against the pass. The cells and their
costs are those of the libraries that Yosys 0.70 brings (``ice40/brams.txt`` and so on).
"""

from dataclasses import dataclass
from functools import lru_cache

from .parts import Memory

LOGIC_RAM, LOGIC_ROM = 1.0, 1 / 16  # cost of a bit in registers, or in a table of constants
SELECT = 0.5  # of a bit that is multiplexed, or of an enable
EMULATION = 2  # of each point of emulation
_READ_FIRST = 6  # points of what gives the old value where a word is read while it is written


@dataclass(frozen=True)
class MemoryCell:
    """One kind of memory cell of a family.

    Attributes
    ----------
    kind : ``"block_rams"`` or ``"distributed_rams"``
    address_bits : at the narrowest of ``widths``
    widths : of a port, in bits
    cost : of one
    byte : bits that share a write enable; 0 where a whole word does
    written_widths : of ``widths``, those that a memory is written with; empty where any is
    scaled : whether bits that are not used cost nothing
    """

    kind: str
    address_bits: int
    widths: tuple[int, ...]
    cost: int
    byte: int = 0
    written_widths: tuple[int, ...] = ()
    scaled: bool = False


_DISTRIBUTED = MemoryCell("distributed_rams", 4, (4,), 4)
_LATTICE = (
    _DISTRIBUTED,
    MemoryCell("block_rams", 14, (1, 2, 4, 9, 18), 128, byte=9, written_widths=(1, 2, 4, 9, 18)),
    MemoryCell("block_rams", 14, (1, 2, 4, 9, 18, 36), 128, byte=9, written_widths=(9, 18, 36)),
)
CELLS: dict[str, tuple[MemoryCell, ...]] = {
    "ice40": (
        MemoryCell("block_rams", 11, (2, 4, 8, 16), 64, written_widths=(2, 4, 8)),
        MemoryCell("block_rams", 11, (2, 4, 8, 16), 64, byte=1, written_widths=(2, 4, 8, 16)),
    ),
    "ecp5": _LATTICE,
    "gowin": (
        MemoryCell("distributed_rams", 4, (4,), 4, scaled=True),
        MemoryCell("block_rams", 14, (1, 2, 4, 9, 18), 128, byte=9, written_widths=(1, 2, 4, 9, 18)),
        MemoryCell("block_rams", 14, (1, 2, 4, 9, 18, 36), 128, byte=9, written_widths=(1, 2, 4, 9, 18, 36)),
    ),
}
"""The memory cells of each family, in the order in which Yosys tries them."""


@dataclass(frozen=True)
class MappedMemory:
    """What one memory becomes.

    Attributes
    ----------
    kind : of cells, or None for logic
    cells : how many
    banks : how many words side by side hold the depth: their outputs are multiplexed
    read_first : whether logic gives the old value of a word that is read while it is written
    """

    kind: str | None
    cells: int
    banks: int
    read_first: bool = False


@lru_cache(maxsize=65536)
def map_memory(family: str, memory: Memory) -> MappedMemory:
    """What Yosys makes of a memory for a family of devices."""
    bits = memory.words * memory.bits
    best, chosen = int(bits * (LOGIC_ROM if memory.initialised else LOGIC_RAM)), MappedMemory(None, 0, 1)
    kinds: dict[str, tuple[float, MappedMemory]] = {}
    for cell in CELLS[family]:
        if memory.initialised and cell.kind == "distributed_rams":
            continue  # Yosys makes no tables of constants of these
        cost, mapped = _cheapest(cell, memory)
        if cell.kind not in kinds or cost < kinds[cell.kind][0]:
            kinds[cell.kind] = cost, mapped
    for cost, mapped in kinds.values():
        if cost < best:
            best, chosen = int(cost), mapped
    return chosen


def _cheapest(cell: MemoryCell, memory: Memory) -> tuple[float, MappedMemory]:
    """The best width of a cell, and its cost."""
    synchronous = cell.kind == "block_rams"
    read_first = memory.collisions and synchronous
    points = 1 + _READ_FIRST * read_first
    options = []
    for place, width in enumerate(cell.widths):
        if not memory.initialised and cell.written_widths and width not in cell.written_widths:
            continue
        banks = -(-memory.words // (1 << (cell.address_bits - place)))
        enable = 1 if memory.initialised else min(cell.byte or width, width)
        padded = -(-memory.bits // enable) * enable
        cells = -(-banks * padded // width)
        cost = cell.cost * (banks * memory.bits / width if cell.scaled else cells)
        cost += SELECT * (banks - 1) * memory.bits + EMULATION * points
        if banks > 1 and not memory.initialised:
            cost += SELECT * banks
        options.append((cost, place, MappedMemory(cell.kind, cells, banks, read_first)))
    cost, _, mapped = min(options, key=lambda option: option[:2])
    return cost, mapped
