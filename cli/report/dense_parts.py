"""The recurrence of a dense core as a drawing shows it, from its data sheet."""

from ...hw.data_sheet import DataSheet
from ...hw.ring.constant_multiplier import ConstantMultiplier
from ...hw.widths import bits_of
from ...quant.integer import DenseNetwork
from .parts import Part, counted, row_words

_ACTIVATIONS = {"none": "saturate", "relu": "ReLU, saturate", "modrelu": "modReLU, saturate"}


def recurrence_parts(core: DataSheet[DenseNetwork]) -> list[Part]:
    """The loop from the addition of the input on, and back to it.

    Its pipeline registers, those that a line counts, and the writing and the reading of the memory are its latency.
    """
    total = Part("add the input", ("rounding too",), "arithmetic", row_words(core, core.widths.total), True)
    return [total, _activation(core), _states(core), _products(core), _sums(core), _division(core)]


def recurrent_weights(core: DataSheet[DenseNetwork]) -> Part:
    """The memory of W, and of weights of one bit that of the numbers of −1."""
    schedule, lanes = core.schedule, core.parameters.lanes
    words, bits = schedule.rows * schedule.row_cycles, lanes * schedule.multipliers * schedule.weight_bits
    lines = (f"{words} × {bits} bits",) if words > 1 else (f"constants: {bits} bits",)
    if schedule.count_bits:
        counts = lanes * schedule.count_bits
        lines += (f"−1s: {schedule.rows} × {counts} bits",)
    return Part("W", lines, "memory", _products_of(core, schedule.weight_bits), words > 1)


def _activation(core: DataSheet[DenseNetwork]) -> Part:
    network, widths = core.network, core.widths
    lines = (f"{widths.total} to {widths.state} bits",)
    if network.threshold is not None:
        bits = core.parameters.lanes * bits_of(network.threshold)
        lines = (
            f"thresholds: {core.schedule.rows} × {bits} bits",
            f"{widths.shifted} to {widths.state} bits, 1 register",
        )
    return Part(_ACTIVATIONS[network.activation], lines, "arithmetic", row_words(core, widths.state))


def _states(core: DataSheet[DenseNetwork]) -> Part:
    """Two pages in each bank, and the part that was read of them."""
    schedule, state = core.schedule, core.widths.state
    depth, bits = 2 << (schedule.words - 1).bit_length(), core.parameters.lanes * state
    banks = f"{schedule.banks} of " if schedule.banks > 1 else ""
    lines = (f"{banks}{depth} × {bits} bits", f"read {counted(schedule.rows, 'time')} a step")
    part = f"{schedule.multipliers} × {state}" if schedule.multipliers > 1 else f"{state}"
    return Part("two states", lines, "memory", part, True)


def _products(core: DataSheet[DenseNetwork]) -> Part:
    schedule, state = core.schedule, core.widths.state
    clocks = f"{counted(schedule.row_cycles, 'clock')} a row"
    if schedule.count_bits:
        lines, bits = (f"{counted(schedule.multipliers, 'word')} or inverse a lane", clocks), state
    else:
        lines, bits = (f"{counted(schedule.multipliers, 'product')} a lane", clocks), state + schedule.weight_bits
    return Part("W h", lines, "arithmetic", _products_of(core, bits), True)


def _sums(core: DataSheet[DenseNetwork]) -> Part:
    levels = (core.schedule.multipliers - 1).bit_length()
    lines = (f"{counted(core.schedule.row_cycles, 'part')} a row",)
    if levels:
        lines += (f"{counted(levels, 'level')}, {counted(levels, 'register')}",)
    return Part("add up", lines, "arithmetic", row_words(core, core.widths.recurrent_sum), True)


def _division(core: DataSheet[DenseNetwork]) -> Part:
    network = core.network
    multiplier = ConstantMultiplier(network.recurrent_multiplier)
    lines = ("half to even",)
    if multiplier.depth:
        levels = f"{counted(multiplier.depth, 'level')}, {counted(multiplier.depth, 'register')}"
        lines = (counted(len(multiplier.adders), "adder"), levels)
    title = f"× {network.recurrent_multiplier} ÷ 2^{network.recurrent_shift}"
    return Part(title, lines, "arithmetic", row_words(core, core.widths.quotient), True)


def _products_of(core: DataSheet[DenseNetwork], bits: int) -> str:
    """A word for each product of a clock: their number, where there are several, times the bits of each."""
    count = core.parameters.lanes * core.schedule.multipliers
    return f"{count} × {bits}" if count > 1 else f"{bits}"
