"""The clock that a core will reach: the slowest of the paths that can be the slowest, by the delays of the target.

Paths of the ring are those of :mod:`~hadamrnn.hw.ring.ring_registers`; those beside it are the products, the sum behind
them, and the comparison of logits. The sum of their parts is right up to a factor; it and a few constants are fitted to
routed cores (``coefficients.json``), and so is the uncertainty: what place and route left between the expected clock
and the one it reached, as a standard deviation.
"""

import math
from dataclasses import dataclass, replace
from typing import Any

from ..data_sheet import DataSheet
from ..ring.ring_registers import registers_of, ring_parts, segment_delay
from ..targets.delays import Delays
from .features import memory_family, uses_dsp
from .memories import map_memory
from .parts import Memory, Part

CONSTANTS = ("product_ns", "handshake_ns", "memory_ns")
"""What is fitted beside the factor: a multiplier, the handshake between the parts, and a path out of block RAM."""

EVERY = 1.35
"""How much longer the handshake is where every step is read out: the products wait for their result to be taken."""


@dataclass(frozen=True)
class Clock:
    """An expected clock, in MHz, and one standard deviation to both sides of it."""

    mhz: float
    low_mhz: float
    high_mhz: float


def slowest_ring_path(family: str, sheet: DataSheet, delays: Delays) -> float:
    """Nanoseconds of the slowest path of the ring."""
    registers = registers_of(sheet.network, sheet.parameters) | {"state"}
    parts = ring_parts(sheet.network, sheet.parameters.lanes, sheet.parameters.memory_depth, delays)
    for index, stage in enumerate(sheet.schedule.stages):
        slow = _in_block_ram(family, sheet, stage.delay, stage.width + 1)
        parts[index] = replace(parts[index], from_memory=slow)
    if _in_block_ram(family, sheet, sheet.schedule.fifo_depth, sheet.network.state_bits):
        parts[0] = replace(parts[0], from_memory=True)  # the rows come out of the FIFO
    slowest, start = 0.0, 0
    for end, part in enumerate(parts, start=1):
        if part.name in registers:
            slowest, start = max(slowest, segment_delay(parts[start:end], delays)), end
    return slowest


def _in_block_ram(family: str, sheet: DataSheet, rows: int, bits: int) -> bool:
    """Whether a delay line of so many rows, of words of so many bits, is in block RAM, which is slow to read."""
    if rows < sheet.parameters.memory_depth:
        return False
    memory = Memory(rows, sheet.parameters.lanes * bits, initialised=False)
    return map_memory(memory_family(family), memory).kind == "block_rams"


def slowest_product_path(family: str, sheet: DataSheet, parts: list[Part], delays: Delays, product_ns: float) -> float:
    """Nanoseconds of the slowest product, sum of logits or comparison."""
    slowest = delays.path(adders=1, bits=sheet.widths.logit, tables=1)
    for part in parts:
        for multiplier in part.multipliers:
            if uses_dsp(family, multiplier):
                slowest = max(slowest, delays.register + product_ns)
            elif not multiplier.fixed:
                narrow = max(min(multiplier.left, multiplier.right), 2)
                levels = math.ceil(math.log(narrow / 2, 1.5)) if narrow > 2 else 0
                bits = multiplier.left + multiplier.right
                slowest = max(slowest, delays.path(adders=1, bits=bits, tables=levels + 1))
    return slowest


def core_delay(
    family: str,
    sheet: DataSheet,
    parts: list[Part],
    delays: Delays,
    *,
    product_ns: float,
    handshake_ns: float,
    memory_ns: float,
) -> float:
    """Nanoseconds of the slowest path by the sum of its parts, before the fitted factor."""
    delays = replace(delays, memory=memory_ns)
    ring = slowest_ring_path(family, sheet, delays)
    handshake = handshake_ns * (EVERY if sheet.network.readout == "every" else 1.0)
    return max(ring, slowest_product_path(family, sheet, parts, delays, product_ns), handshake)


def clock(family: str, sheet: DataSheet, parts: list[Part], delays: Delays, fitted: dict[str, Any]) -> Clock:
    """The clock of a core on a target with these ``delays``, by what was ``fitted`` to it."""
    constants = {name: fitted[name] for name in CONSTANTS}
    nanoseconds = fitted["factor"] * core_delay(family, sheet, parts, delays, **constants)
    spread = 1 + fitted["deviation"]
    mhz = 1000 / nanoseconds
    return Clock(mhz, mhz / spread, mhz * spread)
