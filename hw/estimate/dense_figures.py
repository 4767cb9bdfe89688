"""What is exact of a dense core whatever the device: adders, multipliers, bits of memories, the work of a step."""

from typing import Any

from ...quant.integer import DenseNetwork
from ..data_sheet import DataSheet
from ..ring.constant_multiplier import ConstantMultiplier
from ..widths import bits_of
from .dense_structure import pipeline_register_bits


def dense_counts(sheet: DataSheet[DenseNetwork]) -> dict[str, Any]:
    """Those figures of :class:`~.figures.Estimate` that the recurrence of a dense network decides."""
    network, schedule, lanes = sheet.network, sheet.schedule, sheet.parameters.lanes
    figures = schedule.figures()
    thresholds = 0 if network.threshold is None else network.hidden_size * bits_of(network.threshold)
    return {
        "recurrent_bits": schedule.weight_bits,
        "butterfly_adders": 0,
        "multiplier_adders": lanes * len(ConstantMultiplier(network.recurrent_multiplier).adders),
        "recurrent_adders": figures["recurrent_products"],  # one for each: the tree of a row, and its accumulator
        "recurrent_multipliers": 0 if schedule.count_bits else figures["recurrent_products"],
        "state_memory_bits": figures["state_memory_bits"],
        "pipeline_register_bits": pipeline_register_bits(sheet),
        "recurrent_memory_bits": figures["recurrent_weight_memory_bits"] + thresholds,
    }


def dense_work(sheet: DataSheet[DenseNetwork]) -> tuple[int, int, int]:
    """Additions, multiplications and accesses to memories of the recurrence in one step.

    A row is d additions of words or products (the count of −1 of a binary one begins it), and the adders of M; words
    of the state are read from all banks at once.
    """
    network, schedule = sheet.network, sheet.schedule
    d, parts = network.hidden_size, schedule.rows * schedule.row_cycles
    adds = d * (d - 1 + bool(schedule.count_bits) + len(ConstantMultiplier(network.recurrent_multiplier).adders))
    adds += d * (network.threshold is not None)
    multiplies = 0 if schedule.count_bits else d * d
    constants = (
        schedule.rows * (bool(schedule.count_bits) + (network.threshold is not None)) if schedule.rows > 1 else 0
    )
    weights = parts if parts > 1 else 0
    return adds, multiplies, schedule.banks * parts + weights + schedule.rows + constants
