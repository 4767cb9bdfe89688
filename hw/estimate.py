"""What a core costs before synthesis: exact where the structure says it, else ``None`` with a reason."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ..errors import InputError
from ..quant.integer import IntegerNetwork
from .constant_multiplier import ConstantMultiplier
from .data_sheet import DataSheet
from .parameters import CoreParameters

UNKNOWN_RESOURCE = "not known before synthesis: run `hadamrnn synth`"


@dataclass(frozen=True)
class Estimate:
    """Exact figures of a core, and reasons for those that are not known.

    Attributes
    ----------
    hidden_size, block_size, lanes : d, n, P
    cycles_per_step : clocks from one step to the next within a sequence
    sequence_clocks : clocks from the first input beat to the last result beat of a sequence of ``sequence_steps`` steps
    sequence_steps : T
    butterfly_adders : adders and subtractors of the transform
    multiplier_adders : adders of the √½ multipliers (odd log2 n)
    state_adders : adders that add the input to the state, one per lane
    input_multipliers, readout_multipliers : products per clock of the input and of the read-out
    state_memory_bits : bits in the ring: delay lines, FIFO and state register (their least is d · state_bits)
    pipeline_register_bits : bits in the registers between the stages of the ring
    weight_memory_bits : bits of the coefficient memories, as the core holds them
    output_bias_bits : bits of the output biases
    logic_cells, flip_flops, block_rams, dsps : None
    clock_mhz : None
    reasons : why each figure that is None is not known
    """

    hidden_size: int
    block_size: int
    lanes: int
    cycles_per_step: int
    sequence_clocks: int
    sequence_steps: int
    butterfly_adders: int
    multiplier_adders: int
    state_adders: int
    input_multipliers: int
    readout_multipliers: int
    state_memory_bits: int
    pipeline_register_bits: int
    weight_memory_bits: int
    output_bias_bits: int
    logic_cells: int | None
    flip_flops: int | None
    block_rams: int | None
    dsps: int | None
    clock_mhz: float | None
    reasons: dict[str, str]

    def to_json(self) -> dict[str, Any]:
        """The estimate as plain JSON."""
        return asdict(self)


def estimate(network: IntegerNetwork, parameters: CoreParameters, *, steps: int = 1) -> Estimate:
    """Estimate the core of ``network`` with ``parameters``, for sequences of ``steps`` steps.

    Raises
    ------
    InputError
        Parameters that do not fit the network, or fewer than one step.
    """
    if steps < 1:
        raise InputError(f"steps must be at least 1, not {steps}")
    sheet = DataSheet(network, parameters)
    schedule, widths, lanes = sheet.schedule, sheet.widths, parameters.lanes
    time_stages = [stage for stage in schedule.stages if stage.delay]
    adders = 2 * lanes * len(time_stages) + lanes * (len(schedule.stages) - len(time_stages))
    odd = network.block_bits % 2
    state_bits = network.state_bits * (schedule.fifo_depth + 1) + sum(s.delay * (s.width + 1) for s in time_stages)
    input_word = lanes * (1 + widths.bias + network.input_size * network.weight_bits)
    output_places = parameters.readout_multipliers * sheet.read_out_fold
    unknown = ("logic_cells", "flip_flops", "block_rams", "dsps", "clock_mhz")
    return Estimate(
        hidden_size=network.hidden_size,
        block_size=network.block_size,
        lanes=lanes,
        cycles_per_step=sheet.cycles_per_step,
        sequence_clocks=sheet.sequence_latency(steps),
        sequence_steps=steps,
        butterfly_adders=adders,
        multiplier_adders=lanes * len(ConstantMultiplier(network.sqrt_half).adders) if odd else 0,
        state_adders=lanes,
        input_multipliers=lanes * network.input_size,
        readout_multipliers=lanes * parameters.readout_multipliers,
        state_memory_bits=lanes * state_bits,
        pipeline_register_bits=_pipeline_register_bits(sheet),
        weight_memory_bits=schedule.rows * input_word + network.hidden_size * output_places * network.weight_bits,
        output_bias_bits=network.output_size * widths.logit,
        **dict.fromkeys(unknown),
        reasons=dict.fromkeys(unknown, UNKNOWN_RESOURCE),
    )


def _pipeline_register_bits(sheet: DataSheet) -> int:
    """Bits of the registers between the stages and after the division (those inside the √½ multiplier included)."""
    schedule, widths = sheet.schedule, sheet.widths
    multiplier = ConstantMultiplier(sheet.network.sqrt_half)
    bits = sum(stage.width + 1 for stage in schedule.stages if stage.registered)
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


def worst_case_network(
    hidden_size: int,
    block_size: int,
    *,
    input_size: int = 1,
    output_size: int = 10,
    input_bits: int = 8,
    input_signed: bool = False,
    input_shift: int = 0,
    state_bits: int = 12,
    weight_bits: int = 4,
) -> IntegerNetwork:
    """A network of a given shape whose weights are all the largest in magnitude: every width is its upper bound.

    For estimates without a network. Weights and biases are the most negative ones of their format.
    """
    if hidden_size < 1:
        raise InputError(f"hidden_size must be at least 1, not {hidden_size}")
    weight, bias = -(1 << (weight_bits - 1)), -(1 << (state_bits - 1))
    return IntegerNetwork(
        signs=np.ones(hidden_size, dtype=np.int8),
        input_weight=np.full((hidden_size, input_size), weight, dtype=np.int8),
        bias=np.full(hidden_size, bias, dtype=np.int32),
        output_weight=np.full((output_size, hidden_size), weight, dtype=np.int8),
        output_bias=np.zeros(output_size, dtype=np.int64),
        block_size=block_size,
        input_bits=input_bits,
        input_signed=input_signed,
        input_shift=input_shift,
        state_bits=state_bits,
        weight_bits=weight_bits,
    )
