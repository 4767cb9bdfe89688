"""What the recurrence of a dense core is made of: two states, weights, products and their sums, the product with M.

Where all weights are +1 or −1, each is a bit and has no multiplier.
"""

from ...quant.integer import DenseNetwork
from ..data_sheet import DataSheet
from ..ring.constant_multiplier import ConstantMultiplier
from ..widths import bits_of
from .parts import Memory, Multiplier, Part, add_coefficients, distinct_columns, range_bits
from .ring_structure import adder_bits


def dense_part(sheet: DataSheet[DenseNetwork]) -> Part:
    """The recurrence."""
    part = Part("recurrence")
    _state_memory(part, sheet)
    _products(part, sheet)
    _requantisation(part, sheet)
    network, lanes = sheet.network, sheet.parameters.lanes
    if sheet.schedule.idle_cycles:
        part.count(sheet.schedule.idle_cycles)
        part.flip_flops += 1
        part.add("control", 1)
    part.flip_flops += lanes * sheet.widths.total + 1  # the row behind the addition; that it is to be written
    part.adders.append((lanes, sheet.widths.total))
    part.add("signed quotient", lanes * sheet.widths.quotient)
    if network.threshold is not None:
        rows = sheet.schedule.rows
        add_coefficients(part, (rows, lanes * bits_of(network.threshold)))
        part.flip_flops += lanes * (sheet.widths.shifted + 2) + 2
        part.adders.append((lanes, sheet.widths.shifted))
    part.add("saturation", lanes * network.state_bits)
    part.add("lanes", lanes)
    part.flip_flops += 1 + (network.readout == "every") + sheet.parameters.trace  # valid and last of what is handed out
    return part


def _state_memory(part: Part, sheet: DataSheet[DenseNetwork]) -> None:
    """Two pages in each bank, their addresses, and the part that was read."""
    schedule, lanes = sheet.schedule, sheet.parameters.lanes
    bits = schedule.multipliers * schedule.state_bits
    for limit in (schedule.slots, schedule.words, schedule.rows):
        part.count(limit)
    for limit in (schedule.banks, schedule.words):
        if limit > 1:
            part.flip_flops += range_bits(limit)
            part.counters.append(range_bits(limit))
            part.add("wrapping counter", range_bits(limit))
    part.flip_flops += 2  # pages
    part.add("control", 3 + schedule.banks)  # first, last, final; the bank that is written
    depth = 2 << range_bits(schedule.words)
    part.memories += [Memory(depth, lanes * schedule.state_bits, initialised=False)] * schedule.banks
    part.flip_flops += bits
    part.plain += bits * (schedule.slots == 1)
    part.move(range_bits(schedule.slots))
    part.add("choice", (schedule.slots - 1) * bits)


def _products(part: Part, sheet: DataSheet[DenseNetwork]) -> None:
    """Weights, products, the tree of their sums with a register behind every level, and the accumulators."""
    schedule, lanes, terms = sheet.schedule, sheet.parameters.lanes, sheet.schedule.multipliers
    memory = schedule.rows * schedule.row_cycles, lanes * terms * schedule.weight_bits
    add_coefficients(part, memory)
    binary, count = bool(schedule.count_bits), lanes * terms
    bits = schedule.state_bits + (0 if binary else schedule.weight_bits)
    if binary:
        part.add("choice", count * bits)  # of a word or its inverse
        if schedule.rows > 1:
            part.count(schedule.rows)
            part.flip_flops += 1 + lanes * schedule.count_bits
            part.memories.append(Memory(schedule.rows, lanes * schedule.count_bits, initialised=True))
    else:
        operands = distinct_columns(*memory) + terms * schedule.state_bits
        absorbed = count * bits + operands
        part.multipliers.append(
            Multiplier(count, schedule.state_bits, schedule.weight_bits, True, registers=absorbed, operands=operands)
        )
    part.move(6)  # first, last and valid on the way to the products
    part.flip_flops += count * bits + 1
    part.move(2)
    while terms > 1:
        pairs, terms = terms // 2, (terms + 1) // 2
        part.adders.append((lanes * pairs, bits + 1))
        part.flip_flops += lanes * pairs * (bits + 1) + 1
        part.move(lanes * (terms - pairs) * bits + 2)
        bits += 1
    total = sheet.widths.recurrent_sum
    part.flip_flops += lanes * total + 1
    part.adders.append((lanes, total))
    part.add("accumulator", lanes * total)


def _requantisation(part: Part, sheet: DataSheet[DenseNetwork]) -> None:
    """× M with shifts and adders, ÷ 2^S, and a register behind each level and behind the division."""
    network, lanes, width = sheet.network, sheet.parameters.lanes, sheet.widths.recurrent_sum
    multiplier = ConstantMultiplier(network.recurrent_multiplier)
    for node, adder in enumerate(multiplier.adders, start=1):
        bits = adder_bits(multiplier, node, width)
        part.adders.append((lanes, bits))
        part.add("subtracted", lanes * bits * adder.subtract)
    for level in range(multiplier.depth):
        for node in multiplier.live_nodes(level + 1):
            bits = multiplier.node_bits(node, width)
            computed = adder_bits(multiplier, node, width) if node and multiplier.levels[node] == level + 1 else 0
            part.flip_flops += lanes * bits
            part.plain += lanes * (bits - computed)
    part.move(lanes * sheet.widths.quotient + multiplier.depth + 1)
    behind = max(min(network.recurrent_shift, width + network.recurrent_multiplier.bit_length()) - multiplier.shift, 0)
    part.flip_flops += lanes * (behind > 0)
    if behind:
        part.add("rounding", lanes * (behind + 1))


def pipeline_register_bits(sheet: DataSheet[DenseNetwork]) -> int:
    """Bits of the registers of products, sums, accumulators, the multiplication with M and the division."""
    schedule, lanes, terms = sheet.schedule, sheet.parameters.lanes, sheet.schedule.multipliers
    bits = schedule.state_bits + (0 if schedule.count_bits else schedule.weight_bits)
    found = terms * bits
    while terms > 1:
        pairs, terms = terms // 2, (terms + 1) // 2
        found += pairs * (bits + 1) + (terms - pairs) * bits
        bits += 1
    width = sheet.widths.recurrent_sum
    multiplier = ConstantMultiplier(sheet.network.recurrent_multiplier)
    found += width + sheet.widths.quotient + (sheet.network.recurrent_shift > multiplier.shift)
    for level in range(multiplier.depth):
        found += sum(multiplier.node_bits(node, width) for node in multiplier.live_nodes(level + 1))
    return lanes * found
