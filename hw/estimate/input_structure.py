"""What the input of a core is made of: its buffer, its coefficients and its products, by the kind of input."""

import numpy as np

from ...quant.integer import shift_round
from ..data_sheet import DataSheet
from ..inputs.input_memories import coefficient_memories, element_memories
from ..row_layouts import has_signs
from .parts import Memory, Multiplier, Part, add_buffer, add_coefficients, distinct_columns, range_bits


def _drive(part: Part, sheet: DataSheet) -> None:
    """The register of what is handed to the ring, and the addition of the bias in front of it."""
    network, widths, lanes = sheet.network, sheet.widths, sheet.parameters.lanes
    part.flip_flops += lanes * widths.drive + 1
    part.move(lanes * has_signs(network) + 2)
    part.adders.append((lanes, widths.drive))
    if network.input_shift < 0 and network.input_kind == "vector":
        part.adders.append((lanes, widths.product_sum + network.input_shift))
        part.add("rounding", lanes * (1 - network.input_shift))
    part.add("lanes", lanes)


def _products(part: Part, sheet: DataSheet, words: int, carried: int) -> None:
    """Registered products and their sum; ``carried`` bits and a valid flag travel beside them.

    ``words`` are those of the memory of coefficients.
    """
    network, lanes, terms = sheet.network, sheet.parameters.lanes, sheet.input_format.multipliers
    bits = network.weight_bits + network.input_bits
    operands = distinct_columns(words, lanes * terms * network.weight_bits)
    operands += terms * network.input_bits * network.input_signed
    part.multipliers.append(
        Multiplier(
            lanes * terms,
            network.weight_bits,
            network.input_bits,
            signed=network.input_signed,
            registers=lanes * terms * bits + operands,
            operands=operands,
        )
    )
    part.flip_flops += lanes * terms * bits + 1
    part.move(carried)
    limit = sheet.widths.product_sum
    while terms > 1:
        pairs, terms = terms // 2, (terms + 1) // 2
        part.adders.append((lanes * pairs, min(bits + 1, limit)))
        part.flip_flops += lanes * pairs * min(bits + 1, limit) + 1
        part.move(lanes * (terms - pairs) * min(bits, limit) + carried)
        bits += 1


def vector_input_part(sheet: DataSheet) -> Part:
    """An input with a multiplier for each element."""
    network, form, lanes = sheet.network, sheet.input_format, sheet.parameters.lanes
    part = Part("input", flip_flops=1)
    size, beats = network.input_size * network.input_bits, form.beats_per_step
    if beats > 1:
        part.flip_flops += range_bits(beats) + 1
        part.move((beats - 1) * form.beat_elements * network.input_bits)
        part.counters.append(range_bits(beats))
    add_buffer(part, size + 2)
    part.flip_flops += 1  # last row
    part.move(1 + size + 2)
    coefficients = coefficient_memories(network, sheet.parameters)[0]
    add_coefficients(part, coefficients)
    carried = distinct_columns(sheet.schedule.rows, lanes * (sheet.widths.bias + has_signs(network))) + 2
    _products(part, sheet, coefficients[0], carried)
    _drive(part, sheet)
    return part


def folded_input_part(sheet: DataSheet) -> Part:
    """An input of fewer multipliers than elements, which holds the elements of two steps and accumulates."""
    network, form, lanes, rows = sheet.network, sheet.input_format, sheet.parameters.lanes, sheet.schedule.rows
    part = Part("input", flip_flops=2 + 2 + 2 + 1 + 1 + 1 + 1 + 1 + 2)
    banks, slots = max(form.multipliers // form.beat_elements, 1), max(form.beat_elements // form.multipliers, 1)
    words = -(-form.beats_per_step // banks)
    for count in (banks, words, slots, words, rows):
        part.flip_flops += range_bits(count)
        if count > 1:
            part.counters.append(range_bits(count))
            part.add("wrapping counter", range_bits(count))
    part.flip_flops += range_bits(slots)
    part.add("choice", (slots - 1) * form.multipliers * network.input_bits)
    part.memories += [
        Memory(depth, bits, initialised=False, collisions=True)
        for depth, bits in element_memories(network, sheet.parameters)
    ]
    weights, biases = coefficient_memories(network, sheet.parameters)
    add_coefficients(part, weights)
    part.count(form.fold)
    part.flip_flops += 4
    part.move(1 + form.multipliers * network.input_bits + 2)
    _products(part, sheet, weights[0], 4)
    add_coefficients(part, biases)
    part.flip_flops += lanes * sheet.widths.product_sum + 3
    part.adders.append((lanes, sheet.widths.product_sum))
    part.add("accumulator", lanes * sheet.widths.product_sum)
    _drive(part, sheet)
    return part


def index_input_part(sheet: DataSheet) -> Part:
    """An input of indices, which reads the columns of U from a memory."""
    network, rows = sheet.network, sheet.schedule.rows
    base = range_bits(network.input_size * rows)
    bounded = network.input_size < 1 << sheet.widths.input
    part = Part("input", flip_flops=1 + 2 * bounded)
    add_buffer(part, base + 2)
    part.count(rows)
    columns, biases = coefficient_memories(network, sheet.parameters)
    part.flip_flops += 1 + base
    part.move(3 + 6)
    if shift_round(network.input_weight.astype(np.int64), min(network.input_shift, 0)).any():
        part.move(columns[1])
        part.memories.append(Memory(*columns, initialised=True))  # tools remove one that holds nothing but zeros
    if rows & (rows - 1):  # the address is index · R + row
        part.adders.append((1, base))
        odd = rows // (rows & -rows)  # zeros at the end of a constant take nothing
        part.multipliers.append(Multiplier(1, sheet.widths.input, odd.bit_length(), fixed=True))
    add_coefficients(part, biases)
    _drive(part, sheet)
    return part
