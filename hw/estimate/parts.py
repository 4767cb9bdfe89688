"""What components are counted in: registers, adders, counters, memories, multipliers, and other logic by its kind."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Memory:
    """A memory of one component.

    Attributes
    ----------
    words, bits : its depth and width
    initialised : a read-only memory: it is never written
    collisions : whether a read of the word being written must give its old value, so that tools add logic for it
    """

    words: int
    bits: int
    initialised: bool
    collisions: bool = False


@dataclass(frozen=True)
class Multiplier:
    """Products of numbers of ``left`` by ``right`` bits, ``count`` of them in each clock.

    ``signed`` where both are; ``fixed`` where one is a constant.

    Some multipliers have registers and an adder of their own (UltraPlus). ``registers`` are the bits that they take in:
    those of the products, and of the operands that are signed (what is not has a constant bit, and stays outside);
    ``operands`` are the latter alone. ``sums`` are the adders, of ``sum_bits`` each, that add two registered products.
    """

    count: int
    left: int
    right: int
    signed: bool = False
    fixed: bool = False
    registers: int = 0
    operands: int = 0
    sums: int = 0
    sum_bits: int = 0


@dataclass
class Part:
    """One component of a core.

    Attributes
    ----------
    name : ``ring`` (of a dense network ``recurrence``), ``input``, ``read_out``, ``arg_max``, ``buffers`` or ``trace``
    flip_flops : bits of registers, those of read ports and of memories made of registers left out
    plain : of these, registers with no logic of their own in front of them
    adders : numbers and bits of ripple adders
    counters : bits of each counter
    logic : bits of other logic by what it does; every kind has a cost of its own in each family of devices
    memories, multipliers : what each is
    """

    name: str
    flip_flops: int = 0
    plain: int = 0
    adders: list[tuple[int, int]] = field(default_factory=list)
    counters: list[int] = field(default_factory=list)
    logic: dict[str, int] = field(default_factory=dict)
    memories: list[Memory] = field(default_factory=list)
    multipliers: list[Multiplier] = field(default_factory=list)

    def add(self, kind: str, bits: int) -> None:
        """More logic of a kind."""
        self.logic[kind] = self.logic.get(kind, 0) + bits

    def move(self, bits: int) -> None:
        """A register that takes what another one, or a memory, holds."""
        self.flip_flops += bits
        self.plain += bits

    def count(self, limit: int) -> None:
        """A :class:`~hadamrnn.hw.row_counter.RowCounter` of that limit."""
        if limit > 1:
            bits = (limit - 1).bit_length()
            self.flip_flops += bits + (limit & (limit - 1) != 0)
            self.counters.append(bits)
            self.add("wrapping counter", bits * (limit & (limit - 1) != 0))


def buffer_part(name: str, bits: int) -> Part:
    """A buffer that is a component of its own."""
    part = Part(name)
    add_buffer(part, bits)
    return part


def add_buffer(part: Part, bits: int) -> None:
    """A :class:`~hadamrnn.hw.stream_buffer.StreamBuffer`: one of its two places is filled directly."""
    part.flip_flops += bits + 2
    part.move(bits)
    part.add("buffer", bits)


def add_coefficients(part: Part, memory: tuple[int, int]) -> None:
    """A :class:`~hadamrnn.hw.coefficient_memory.CoefficientMemory` and the register behind it."""
    words, bits = memory
    if words > 1:
        part.count(words)
        part.flip_flops += 1
        part.move(distinct_columns(words, bits))
        part.memories.append(Memory(words, bits, initialised=True))


def distinct_columns(words: int, bits: int) -> int:
    """Of so many columns of random bits, those that are neither constant nor equal to another one, as expected.

    Tools keep one register of equal ones: of two words, three columns are all there can be that are worth one.
    """
    if words > 12:
        return bits
    patterns = 1 << words
    return round((patterns - 2) * (1 - (1 - 1 / patterns) ** bits))


def range_bits(count: int) -> int:
    """Bits of a number from 0 to ``count`` − 1."""
    return (count - 1).bit_length()
