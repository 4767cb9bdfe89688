"""Where the pipeline registers of the recurrence stand: every so many adders, or as a clock needs them."""

from dataclasses import dataclass

from ...errors import InputError
from ...quant.integer import IntegerNetwork
from ..parameters import CoreParameters
from ..targets.delays import Delays
from .constant_multiplier import ConstantMultiplier
from .ring_widths import ring_widths


@dataclass(frozen=True)
class RingPart:
    """One part of the ring that a register may follow.

    Attributes
    ----------
    name : of the register behind it
    adders, tables : adders in a row, and look-up tables in a row beside them
    bits : of the widest carry chain
    register_bits : of a register behind it, in one lane
    from_memory : whether a path begins in its delay line, and one ends there
    """

    name: str
    adders: int
    tables: int
    bits: int
    register_bits: int
    from_memory: bool = False


def register_names(network: IntegerNetwork) -> tuple[str, ...]:
    """The registers that a core of ``network`` can have, in the order of the ring behind the state register."""
    levels = ConstantMultiplier(network.sqrt_half).depth if network.block_bits % 2 else 0
    stages = [f"stage_{index}" for index in range(network.block_bits)]
    # The register of the last level stands behind the division, where the words are narrower.
    return (*stages, *(f"multiplier_{level}" for level in range(levels)))[:-1] + ("division", "saturation")


def registers_of(network: IntegerNetwork, parameters: CoreParameters) -> frozenset[str]:
    """The registers of a core: those of ``parameters.registers``, or one behind every so many adder levels.

    Raises
    ------
    InputError
        A register that the network's ring does not have.
    """
    names = register_names(network)
    if parameters.registers is not None:
        unknown = [name for name in parameters.registers if name not in names]
        if unknown:
            raise InputError(f"registers must be of {', '.join(names)}, not {unknown[0]!r}")
        return frozenset(parameters.registers)
    every = parameters.stages_per_register
    if not every:
        return frozenset()
    chosen = {name for level, name in enumerate(names[:-2], start=1) if level % every == 0}
    return frozenset(chosen | {"division"} | ({"saturation"} if every == 1 else set()))


def ring_parts(network: IntegerNetwork, lanes: int, memory_depth: int, delays: Delays) -> list[RingPart]:
    """The parts of the ring, from behind the state register back to it."""
    widths, multiplier = ring_widths(network), ConstantMultiplier(network.sqrt_half)
    parts = []
    for index in range(network.block_bits):
        bits = network.state_bits + index + 1
        delay = (network.block_size >> (index + 1)) // lanes
        memory = delay >= memory_depth and delay * bits > delays.distributed_bits
        parts.append(RingPart(f"stage_{index}", 1, 0, bits, bits, memory))
    if network.block_bits % 2:
        for level in range(multiplier.depth):
            bits = [multiplier.node_bits(node, widths.transform) for node in multiplier.live_nodes(level + 1)]
            parts.append(RingPart(f"multiplier_{level}", 1, 0, max(bits), sum(bits)))
    # Rounding looks at the low bits, which are there before the carry has reached the high ones.
    parts.append(RingPart("division", 0, 0, 0, widths.quotient + 1))
    parts.append(RingPart("saturation", 1, 1, widths.total, widths.total))
    parts.append(RingPart("state", 0, 2, 0, network.state_bits))
    return parts


def segment_delay(parts: list[RingPart], delays: Delays) -> float:
    """Nanoseconds between a register before ``parts`` and one behind them, delay lines within them included."""
    paths = []
    for start in range(len(parts)):
        rest = parts[start:]
        if start and not rest[0].from_memory:
            continue
        paths.append(
            delays.path(
                adders=sum(part.adders for part in rest),
                bits=max(part.bits for part in rest),
                tables=sum(part.tables for part in rest),
                from_memory=rest[0].from_memory,
            )
        )
    return max(paths)


@dataclass(frozen=True)
class Placement:
    """Registers for a clock.

    Attributes
    ----------
    registers : names of those placed
    register_bits : of them, in one lane
    ring_ns, core_ns : the slowest path of the ring, and of the core around it too, by the model
    """

    registers: tuple[str, ...]
    register_bits: int
    ring_ns: float
    core_ns: float


def place_registers(
    network: IntegerNetwork, lanes: int, memory_depth: int, clock_mhz: float, delays: Delays, free: int = 0
) -> Placement:
    """The fewest registers (of those the fewest bits) with which the ring meets ``clock_mhz``.

    Where no placement does, as few as give the highest clock there is. Where fewer are needed than are ``free``, the
    fewest that give the highest clock with so many, as far as the parts around the ring let it: those cost no cycle,
    and hardly a cell, since a flip-flop lies behind most look-up tables.
    """
    parts = ring_parts(network, lanes, memory_depth, delays)
    names = register_names(network)
    allowed = [part.name in names or part.name == "state" for part in parts]
    shortest = _shortest_period(parts, allowed, delays)
    needed = _fewest_registers(parts, allowed, max(1000.0 / clock_mhz, shortest), delays)
    periods = {segment_delay(parts[start:end], delays) for end in range(1, len(parts) + 1) for start in range(end)}
    for period in sorted({max(period, shortest, delays.rest) for period in periods}):
        if len(needed.registers) >= free or period >= needed.ring_ns:
            break
        faster = _fewest_registers(parts, allowed, period, delays)
        if len(faster.registers) <= free:
            return faster
    return needed


def _fewest_registers(parts: list[RingPart], allowed: list[bool], period: float, delays: Delays) -> Placement:
    """The fewest registers, of those the fewest bits, between which no path is longer than ``period`` nanoseconds."""
    # best[i]: registers, bits and slowest segment where a register stands behind part i − 1.
    best: list[tuple[int, int, float, tuple[str, ...]] | None] = [(0, 0, 0.0, ())]
    for end, part in enumerate(parts, start=1):
        options = []
        for start in range(end):
            before, delay = best[start], segment_delay(parts[start:end], delays)
            if before is None or not allowed[end - 1] or delay > period + 1e-9:
                continue
            name = () if part.name == "state" else (part.name,)
            bits = part.register_bits * len(name)
            options.append((before[0] + len(name), before[1] + bits, max(before[2], delay), before[3] + name))
        best.append(min(options) if options else None)
    final = best[-1]
    assert final is not None  # the period is one that some placement meets
    return Placement(final[3], final[1], final[2], max(final[2], delays.rest))


def _shortest_period(parts: list[RingPart], allowed: list[bool], delays: Delays) -> float:
    """The slowest segment with a register wherever one may be."""
    slowest, start = 0.0, 0
    for end, may in enumerate(allowed, start=1):
        if may:
            slowest = max(slowest, segment_delay(parts[start:end], delays))
            start = end
    return slowest
