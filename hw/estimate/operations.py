"""How much work a step is: additions, multiplications and accesses to memories, whatever they are made of."""

from dataclasses import dataclass

from ...quant.integer import DenseNetwork
from ..data_sheet import DataSheet
from ..ring.constant_multiplier import ConstantMultiplier
from .dense_figures import dense_work
from .parts import Part


@dataclass(frozen=True)
class Operations:
    """The work of one step, and of one result.

    Attributes
    ----------
    adds_per_step : additions and subtractions of words: transform, √½ (of a dense network the recurrent sums and the
        multiplication with M), input products, bias and state
    multiplies_per_step : products of an input element, or of a dense network a word of the state, and a weight
    memory_accesses_per_step : words of memories that are read or written, a row of lanes being one; of several
        channels the step of one, its share of a turn of all of them, rounded up
    adds_per_result, multiplies_per_result : of the read-out
    """

    adds_per_step: int
    multiplies_per_step: int
    memory_accesses_per_step: int
    adds_per_result: int
    multiplies_per_result: int


def operations(sheet: DataSheet, parts: list[Part]) -> Operations:
    """Count the work of a step of the core of ``parts``."""
    network, form, rows = sheet.network, sheet.input_format, sheet.schedule.rows
    d, size = network.hidden_size, network.input_size * (network.input_kind == "vector")
    adds, multiplies, accesses = dense_work(sheet) if isinstance(network, DenseNetwork) else _ring_work(sheet, parts)
    banks = sum(memory.collisions for part in parts for memory in part.memories)
    coefficients = sum(memory.initialised for part in parts if part.name == "input" for memory in part.memories)
    reads = rows * form.fold * (1 if coefficients else 0) + rows * max(coefficients - 1, 0)
    return Operations(
        adds_per_step=adds + d * (max(size - 1, 0) + 2),
        multiplies_per_step=multiplies + d * size,
        memory_accesses_per_step=accesses + reads + banks * rows * form.fold + form.beats_per_step * (banks > 0),
        adds_per_result=d * network.output_size,
        multiplies_per_result=d * network.output_size,
    )


def _ring_work(sheet: DataSheet, parts: list[Part]) -> tuple[int, int, int]:
    """The same of the ring in one step; of several channels the accesses are the share of one."""
    network, schedule = sheet.network, sheet.schedule
    root = len(ConstantMultiplier(network.sqrt_half).adders) if network.block_bits % 2 else 0
    lines = sum(not memory.initialised and not memory.collisions for part in parts for memory in part.memories)
    line_accesses = 2 * lines * schedule.cycles_per_step  # of a turn: a step of each channel
    return network.hidden_size * (network.block_bits + root), 0, -(-line_accesses // schedule.channels)
