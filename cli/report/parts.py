"""The parts of a core as a drawing shows them, from its data sheet: what each does, and the bits that leave it."""

from dataclasses import dataclass, replace

from ...hw.data_sheet import DataSheet
from ...hw.inputs.input_memories import coefficient_memories, element_memories
from ...hw.read_out.product import product_sum_bits
from ...hw.ring.constant_multiplier import ConstantMultiplier
from ...hw.row_layouts import has_signs


@dataclass(frozen=True)
class Part:
    """One box.

    Attributes
    ----------
    title, lines : what it is, and up to two lines of figures
    kind : ``"port"``, ``"arithmetic"``, ``"memory"`` or ``"flip-flops"``
    wire : what leaves it: words × bits, or bits
    registered : whether a pipeline register follows
    """

    title: str
    lines: tuple[str, ...]
    kind: str
    wire: str = ""
    registered: bool = False


def input_parts(core: DataSheet) -> tuple[Part, Part, Part, Part]:
    """Port, collector of steps, memory of coefficients, and what makes rows of drive of them."""
    network, form, ports = core.network, core.input_format, core.input_ports
    index = network.input_kind == "index"
    beat = f"{form.beat_elements} × {form.element_bits} bits a beat"
    beats = f"{form.beats_per_step} beats a step" if form.beats_per_step > 1 else "one beat a step"
    name = ports[0] if len(ports) == 1 else f"{ports[0]} … {ports[-1]}"
    lines = (f"an index below {network.input_size}" if index else beat, beats)
    port = Part(name, lines, "port", f"{8 * core.input_bytes}")
    memories = coefficient_memories(network, core.parameters)
    held = tuple(f"{words} × {bits} bits" for words, bits in memories)
    if core.schedule.rows == 1 and not index and form.fold == 1:
        held = ("constants", f"{memories[0][1]} bits")
    coefficients = Part("U, B and signs" if has_signs(network) else "U and B", held, "memory")
    bits, drive = core.widths.product_sum, row_words(core, core.widths.drive)
    if index:
        product = Part("B + column of U", (f"{bits} bits", _shift(network.input_shift)), "arithmetic", drive)
    else:
        every = "" if form.multipliers == network.input_size else f" of {network.input_size}"
        products = f"{counted(form.multipliers, 'product', every)} a lane"
        clocks = f"{bits} bits, " + (f"{form.fold} clocks a row" if form.fold > 1 else _shift(network.input_shift))
        product = Part("B + U x", (products, clocks), "arithmetic", drive)
    return port, _collector(core), coefficients, product


def _collector(core: DataSheet) -> Part:
    network, form = core.network, core.input_format
    if form.fold > 1:
        memories = element_memories(network, core.parameters)
        words, bits = memories[0]
        banks = f"{len(memories)} of " if len(memories) > 1 else ""
        wire = f"{form.multipliers} × {form.element_bits}"
        channels = core.parameters.channels
        title = f"{channels} memories of steps" if channels > 1 else "memory of two steps"
        return Part(title, (f"{banks}{words} × {bits} bits",), "memory", wire)
    step = f"{1 if network.input_kind == 'index' else network.input_size} × {form.element_bits}"
    if core.parameters.channels > 1:
        lines = ("a step of each channel", "interleaver")
        return Part(f"{core.parameters.channels} collectors", lines, "flip-flops", step)
    return Part("step collector", ("beats to steps", "and a place for two"), "flip-flops", step)


def _shift(shift: int) -> str:
    if not shift:
        return "not shifted"
    return f"shift left by {shift}" if shift > 0 else f"shift right by {-shift}"


def ring_parts(core: DataSheet) -> list[Part]:
    """The ring of a Hadamard RNN from the addition of the input on, and back to it."""
    schedule, widths = core.schedule, core.widths
    state, total = row_words(core, widths.state), row_words(core, widths.total)
    parts = [
        Part("add the input", ("sign and rounding too",), "arithmetic", total, schedule.saturation_register),
        Part("saturate", (f"{widths.total} to {widths.state} bits",), "arithmetic", state),
        Part("state register", (f"{state} bits",), "flip-flops", state),
    ]
    if schedule.fifo_depth:
        parts.append(_delay("FIFO", core, schedule.fifo_depth, widths.state))
    parts += [_delay("exchange of lanes", core, one.delay, widths.state) for one in schedule.exchanges]
    for stage in schedule.stages:
        if stage.exchange:
            parts.append(_delay("exchange of lanes", core, stage.exchange, stage.width))
        title, wire = f"butterfly {stage.index}", row_words(core, stage.width + 1)
        if stage.delay:
            butterfly = _delay(title, core, stage.delay, stage.width + 1)
        else:
            butterfly = Part(title, (f"of lanes {stage.distance} apart",), "arithmetic", wire)
        parts.append(replace(butterfly, registered=stage.registered))
    return [*parts, _division(core)]


def _division(core: DataSheet) -> Part:
    network, schedule = core.network, core.schedule
    if network.block_bits % 2:
        multiplier, levels = ConstantMultiplier(network.sqrt_half), len(schedule.multiplier_registers)
        registers = f", {counted(levels, 'register')}" if levels else ""
        adders = f"× {network.sqrt_half}: {counted(len(multiplier.adders), 'adder')}"
        lines = (adders, f"{counted(multiplier.depth, 'level')}{registers}")
    else:
        shift = network.block_bits // 2
        lines = (f"shift right by {shift}" if shift else "nothing to divide",)
    wire = row_words(core, core.widths.quotient)
    return Part(f"÷ √{network.block_size}", lines, "arithmetic", wire, schedule.division_register)


def output_parts(core: DataSheet) -> tuple[Part, Part, list[Part], Part | None]:
    """Memory of V, its products, what follows them up to the port, and the port of the trace where there is one."""
    network, parameters, widths = core.network, core.parameters, core.widths
    fold, used = core.read_out_fold, parameters.readout_multipliers
    words, bits = core.schedule.rows * fold, parameters.lanes * used * network.weight_bits
    weights = Part("V", (f"{words} × {bits} bits",), "memory")
    rectified = "V relu(h)" if network.readout_activation == "relu" else "V h"
    clocks = f"{fold} clocks a row" if fold > 1 else "one clock a row"
    summed = product_sum_bits(network, parameters.lanes)
    wire = f"{used} × {summed}" if used > 1 else f"{summed}"
    products = Part(rectified, (f"{counted(used, 'product')} a lane", clocks), "arithmetic", wire)
    when = "of every step" if network.readout == "every" else "of the last step"
    sums = (f"{network.output_size} × {widths.logit} bits", when)
    behind = [Part("add up from C", sums, "flip-flops", f"{widths.logit}")]
    if parameters.output == "class":
        behind.append(Part("largest logit", (f"of {network.output_size}",), "arithmetic", f"{core.output_bits}"))
        carried = f"class, {core.output_bits} bits"
    else:
        carried = f"{counted(network.output_size, 'logit')} a result"
    tid = ", with tid" if parameters.channels > 1 else ""
    behind.append(Part("m_axis", (carried, f"{counted(core.output_bytes, 'byte')} a beat{tid}"), "port"))
    trace = Part("m_trace", ("every state", f"{counted(core.trace_bytes, 'byte')} a beat{tid}"), "port")
    return weights, products, behind, trace if parameters.trace else None


def row_words(core: DataSheet, bits: int) -> str:
    """A row of words: the lanes, where there are several, times the bits of each."""
    lanes = core.parameters.lanes
    return f"{bits}" if lanes == 1 else f"{lanes} × {bits}"


def _delay(title: str, core: DataSheet, rows: int, bits: int) -> Part:
    """A part that holds rows."""
    words = row_words(core, bits)
    kind = "memory" if rows >= core.parameters.memory_depth else "flip-flops"
    return Part(title, (f"{counted(rows, 'row')} of {words} bits", kind), kind, words)


def counted(count: int, name: str, between: str = "") -> str:
    """A number with its unit, in the singular or the plural."""
    return f"{count}{between} {name}" if count == 1 else f"{count}{between} {name}s"
