"""What the parts of a core cost in a family of devices: each kind of logic by the bits of it that there are.

What a carry chain, a memory or a multiplier becomes follows rules that are known; what look-up tables become of the
rest is a cost for each bit of a kind, fitted (``coefficients.json``). A feature is the number of bits of one kind.
"""

from collections import Counter

from .memories import map_memory
from .parts import Memory, Multiplier, Part, distinct_columns, range_bits

CARRY_COUNTER = 5
"""Bits from which a counter is a carry chain on ECP5 and Gowin; shorter ones are look-up tables."""

WIDE_TABLE = 256
"""Words of a table of constants from which choosing between look-up tables takes more of them."""

DSP_FAMILIES = {"ice40-dsp": 11, "ecp5": 4, "gowin": 4}
"""Families with multipliers, and the bits of a product from which Yosys takes one."""


def memory_family(family: str) -> str:
    """The family whose memories these are."""
    return family.removesuffix("-dsp")


def uses_dsp(family: str, multiplier: Multiplier) -> bool:
    """Whether a product is made in a multiplier."""
    least = DSP_FAMILIES.get(family)
    return least is not None and multiplier.left + multiplier.right >= least


def absorbing(family: str, part: Part) -> list[Multiplier]:
    """The multipliers of a part that take in the registers around them."""
    return [one for one in part.multipliers if family == "ice40-dsp" and uses_dsp(family, one)]


def adders(family: str, part: Part) -> list[tuple[int, int]]:
    """Numbers and bits of the adders of a part; those that multipliers take in are negative numbers."""
    return part.adders + [(-one.sums, one.sum_bits) for one in absorbing(family, part)]


def features(family: str, part: Part) -> Counter[str]:
    """The bits of each kind of look-up tables in a part."""
    found: Counter[str] = Counter(part.logic)
    found[f"a {part.name}"] = 1
    found["adder"] = sum(number * bits for number, bits in adders(family, part))
    chained = [bits for bits in part.counters if bits >= CARRY_COUNTER or family.startswith("ice40")]
    found["counter"] = sum(chained)
    found["counters"] = len(chained)
    found["short counter"] = sum(part.counters) - sum(chained)
    for memory in part.memories:
        _memory_features(found, family, memory)
    for multiplier in part.multipliers:
        if multiplier.fixed and not uses_dsp(family, multiplier):
            found["adder"] += multiplier.left + multiplier.right
        elif not uses_dsp(family, multiplier):
            found["product"] += product_tables(multiplier)
            found["signed product"] += multiplier.signed * multiplier.count * (multiplier.left + multiplier.right)
    return found


def _memory_features(found: Counter[str], family: str, memory: Memory) -> None:
    mapped = map_memory(memory_family(family), memory)
    if mapped.kind is None and memory.initialised:
        found["table of constants"] += table_bits(family, memory)
        if memory.words > WIDE_TABLE:
            found["wide table"] += table_bits(family, memory)
    elif mapped.kind is None:
        found["memory of registers"] += memory.words * memory.bits
    elif mapped.banks > 1:
        banks = range_bits(mapped.banks)
        found["banks"] += memory.bits * (banks << banks)
    if mapped.read_first:
        found["read first"] += memory.bits


def table_bits(family: str, memory: Memory) -> int:
    """Look-up tables of a memory of random constants: of four inputs, and what chooses between them.

    Every bit of a word is a function of the address. Two words need none: each bit is the address, or its inverse.
    """
    if memory.words <= 2:
        return 0
    bits = distinct_columns(memory.words, memory.bits)
    tables = 1 << max(range_bits(memory.words) - 4, 0)
    return bits * (2 * tables - 1 if family.startswith("ice40") else tables)


def product_tables(multiplier: Multiplier) -> int:
    """Look-up tables of a product in logic: partial products, carry-save adders, a last adder."""
    wide, narrow = max(multiplier.left, multiplier.right), min(multiplier.left, multiplier.right)
    return multiplier.count * (wide * narrow + 2 * wide * max(narrow - 2, 0) + wide + narrow)


def carry_cells(family: str, parts: list[Part]) -> int:
    """Carry cells: a bit each on iCE40 and Gowin, two bits on ECP5."""
    found = [adder for part in parts for adder in adders(family, part)]
    counters = [bits for part in parts for bits in part.counters]
    products = [m for part in parts for m in part.multipliers if not uses_dsp(family, m)]
    found += [(1, m.left + m.right) for m in products if m.fixed]
    products = [m for m in products if not m.fixed]
    if family.startswith("ice40"):
        # The lowest bit of a counter, and the highest ones of any adder, need none.
        total = sum(number * max(bits - 1, 0) for number, bits in found) + sum(max(bits - 2, 0) for bits in counters)
        return total + sum(m.count * max(m.left + m.right - 4, 0) for m in products)
    step = 2 if family == "ecp5" else 1
    total = sum(number * -(-bits // step) for number, bits in found)
    return total + sum(-(-bits // step) for bits in counters if bits >= CARRY_COUNTER)


def carry_chains(family: str, parts: list[Part]) -> int:
    """Carry chains: each begins and ends in cells of its own."""
    least = 3 if family.startswith("ice40") else CARRY_COUNTER
    found = sum(number for part in parts for number, _ in adders(family, part))
    products = sum(m.count for part in parts for m in part.multipliers if not uses_dsp(family, m))
    return found + products + sum(bits >= least for part in parts for bits in part.counters)
