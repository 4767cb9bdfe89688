"""What the read-out of a core is made of: products, sums of logits, and the search for the largest one."""

from ..data_sheet import DataSheet
from .parts import Multiplier, Part, add_coefficients, distinct_columns, range_bits


def read_out_part(sheet: DataSheet) -> Part:
    """Products of the state with V, and the sums that become logits."""
    network, parameters, lanes, rows = sheet.network, sheet.parameters, sheet.parameters.lanes, sheet.schedule.rows
    every, outputs, logit = network.readout == "every", network.output_size, sheet.widths.logit
    fold = sheet.read_out_fold
    many = -(-outputs // fold)  # multipliers beyond the logits have no weights: tools remove them
    places = many * fold
    part = Part("read_out")
    add_coefficients(part, (rows * fold, lanes * parameters.readout_multipliers * network.weight_bits))
    activated = network.state_bits - (network.readout_activation == "relu")
    relu = network.readout_activation == "relu"
    flags = 2 + every
    part.flip_flops += lanes * activated
    part.plain += 0 if relu else lanes * activated
    part.add("activation", lanes * activated * relu)
    bits, terms = activated + network.weight_bits, lanes
    part.multipliers.append(_multiplier(sheet, activated, rows * fold))
    part.flip_flops += lanes * many * bits
    part.move(2 * flags)
    while terms > 1:
        pairs, terms = terms // 2, (terms + 1) // 2
        part.adders.append((many * pairs, min(bits + 1, logit)))
        part.flip_flops += many * pairs * min(bits + 1, logit)
        part.move(many * (terms - pairs) * min(bits, logit) + flags)
        bits += 1
    part.count(fold)
    part.adders.append((many, logit))
    if every:
        part.flip_flops += 2 + places * logit + (outputs - 1) * logit + range_bits(outputs) + 3
        part.move(logit)
        part.add("restarted chain", places * logit)
        part.add("leaving chain", (outputs - 1) * logit)
    else:
        part.flip_flops += many * logit + range_bits(places) + 6
        part.move((places - many) * logit)
        part.add("accumulator", many * logit)
        part.add("output bias", max(places // 16, 1) * logit * (places > 1))
    return part


def _multiplier(sheet: DataSheet, activated: int, words: int) -> Multiplier:
    """The products of a row with the ``words`` of V."""
    network, lanes = sheet.network, sheet.parameters.lanes
    many = -(-network.output_size // sheet.read_out_fold)
    signed = network.readout_activation != "relu"
    bits = activated + network.weight_bits
    operands = distinct_columns(words, lanes * many * network.weight_bits) + lanes * activated * signed
    # A read-out of every step can be held up, and what can be does not go into the adder of a multiplier.
    sums = many * (lanes // 2) if network.readout == "last" else 0
    sum_bits = min(bits + 1, sheet.widths.logit)
    return Multiplier(
        lanes * many,
        activated,
        network.weight_bits,
        signed=signed,
        registers=lanes * many * bits + operands + sums * sum_bits * signed,
        operands=operands,
        sums=sums,
        sum_bits=sum_bits,
    )


def arg_max_part(sheet: DataSheet) -> Part:
    """The class of the largest logit."""
    every, outputs, logit = sheet.network.readout == "every", sheet.network.output_size, sheet.widths.logit
    bits = range_bits(max(outputs, 2))
    part = Part("arg_max", flip_flops=bits + 4 + every)
    part.move(bits + logit)
    part.add("comparison", logit)
    part.adders.append((1, logit))
    part.counters.append(bits)
    return part
