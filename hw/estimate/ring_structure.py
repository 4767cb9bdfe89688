"""What the ring of a core is made of: delay lines, butterflies, the division by √n, and the registers between them."""

from collections.abc import Iterator

from ...quant.integer import IntegerNetwork
from ..data_sheet import DataSheet
from ..ring.constant_multiplier import ConstantMultiplier
from ..ring.schedule import Schedule
from .parts import Memory, Part, range_bits


def ring_part(sheet: DataSheet) -> Part:
    """The recurrence: delay lines, butterflies, division, state, and the FIFO where blocks hide the pipeline."""
    network, schedule, widths = sheet.network, sheet.schedule, sheet.widths
    lanes, depth = sheet.parameters.lanes, sheet.parameters.memory_depth
    part = Part("ring", flip_flops=pipeline_register_bits(sheet) + lanes * network.state_bits)
    part.flip_flops += 1 + (network.readout == "every") + sheet.parameters.trace  # valid and last of what is handed out
    cycles = schedule.cycles_per_step
    delays = [max(stage.delay, stage.exchange) for stage in schedule.stages if stage.delay or stage.exchange]
    delays += [exchange.delay for exchange in schedule.exchanges]
    if cycles > schedule.rows:
        part.flip_flops += 3
        part.add("control", 3)
    if cycles > schedule.rows or any(cycles % (2 * delay) for delay in delays):
        part.count(cycles)
    for delay in delays:
        bits = range_bits(2 * delay)
        part.flip_flops += bits
        part.counters.append(bits)
        if cycles % (2 * delay):
            part.add("started counter", bits)
    lines = list(delay_lines(network, schedule, lanes))
    if any(rows >= depth for rows, _, _ in lines):
        longest = max(delays, default=1)
        if longest >= depth:
            part.count(longest)
    if schedule.fifo_depth >= depth:
        part.count(schedule.fifo_depth)
    for rows, bits, many in lines:
        if rows >= depth:
            part.memories += [Memory(rows, bits, initialised=False)] * many
        else:
            part.flip_flops += bits * many
            part.move((rows - 1) * bits * many)
    _butterflies(part, sheet)
    _division(part, sheet)
    part.adders.append((lanes, widths.total))
    part.add("signed quotient", lanes * widths.quotient)
    part.add("saturation", lanes * network.state_bits)
    part.add("lanes", lanes)
    if schedule.multiplier_registers:
        part.plain += lanes * _moved_multiplier_bits(sheet)
    if schedule.saturation_register:  # what saturates goes to the read-out too
        part.plain += lanes * network.state_bits
    if schedule.division_register and network.block_bits % 2 == 0:
        part.plain += lanes * widths.quotient
    if 0 < schedule.fifo_depth < depth:
        part.plain += lanes * network.state_bits
    return part


def delay_lines(network: IntegerNetwork, schedule: Schedule, lanes: int) -> Iterator[tuple[int, int, int]]:
    """Rows, bits of a row, and how many such delay lines there are, in the order of the ring, the FIFO included."""
    if schedule.fifo_depth:
        yield schedule.fifo_depth, lanes * network.state_bits, 1
    for exchange in schedule.exchanges:
        yield exchange.delay, lanes // 2 * network.state_bits, 2
    for stage in schedule.stages:
        if stage.exchange:
            yield stage.exchange, lanes // 2 * stage.width, 2
        if stage.delay:
            yield stage.delay, lanes * (stage.width + 1), 1


def _butterflies(part: Part, sheet: DataSheet) -> None:
    lanes = sheet.parameters.lanes
    for stage in sheet.schedule.stages:
        bits = stage.width + 1
        if stage.delay:
            part.adders.append((2 * lanes, bits))
            part.add("time butterfly", lanes * bits)
        else:
            part.adders.append((lanes, bits))
            if not (stage.inverted_input or stage.inverted_output):
                part.add("lane butterfly", lanes // 2 * bits)
        if stage.exchange:
            part.add("exchange", lanes * stage.width)
    for _ in sheet.schedule.exchanges:
        part.add("exchange", lanes * sheet.network.state_bits)


def _division(part: Part, sheet: DataSheet) -> None:
    network, lanes = sheet.network, sheet.parameters.lanes
    shift = network.block_bits // 2
    if network.block_bits % 2:
        multiplier = ConstantMultiplier(network.sqrt_half)
        width = sheet.widths.transform
        for node, adder in enumerate(multiplier.adders, start=1):
            bits = adder_bits(multiplier, node, width)
            part.adders.append((lanes, bits))
            part.add("subtracted", lanes * bits * adder.subtract)
        shift += network.sqrt_half_bits
    if shift:
        part.add("rounding", lanes * (shift + 1))


def pipeline_register_bits(sheet: DataSheet) -> int:
    """Bits of the registers between the stages and after the division (those inside the √½ multiplier included)."""
    schedule, widths = sheet.schedule, sheet.widths
    bits = sum(stage.width + 1 for stage in schedule.stages if stage.registered)
    if schedule.multiplier_registers:
        multiplier = ConstantMultiplier(sheet.network.sqrt_half)
        bits += sum(
            multiplier.node_bits(node, widths.transform)
            for level in schedule.multiplier_registers
            for node in multiplier.live_nodes(level + 1)
        )
    if schedule.division_register:
        bits += widths.quotient + 1
    if schedule.saturation_register:
        bits += widths.total
    return sheet.parameters.lanes * bits


def _moved_multiplier_bits(sheet: DataSheet) -> int:
    """Of the registers in the √½ multiplier, the bits that no adder computes just before them, in one lane."""
    multiplier, width = ConstantMultiplier(sheet.network.sqrt_half), sheet.widths.transform
    bits = 0
    for level in sheet.schedule.multiplier_registers:
        for node in multiplier.live_nodes(level + 1):
            whole = multiplier.node_bits(node, width)
            new = node > 0 and multiplier.levels[node] == level + 1
            bits += whole - adder_bits(multiplier, node, width) if new else whole
    return bits


def adder_bits(multiplier: ConstantMultiplier, node: int, width: int) -> int:
    """Bits of the adder of a node: below the operand that is shifted the other one passes, where it is not negated."""
    adder = multiplier.adders[node - 1]
    bits = multiplier.node_bits(node, width)
    if adder.subtract and adder.left_shift:
        return bits
    return bits - max(adder.left_shift, adder.right_shift)
