"""The estimate of a core: what is exact by its structure, and what is expected of a device."""

from dataclasses import asdict, dataclass
from typing import Any

from ...errors import InputError
from ...quant.integer import DenseNetwork, FrozenNetwork
from ..data_sheet import DataSheet
from ..inputs.input_memories import coefficient_memories, element_memories
from ..parameters import CoreParameters
from ..ring.constant_multiplier import ConstantMultiplier
from ..targets.catalogue import TARGETS
from ..targets.target import Target
from .clock import clock
from .dense_figures import dense_counts
from .operations import operations
from .parts import Part
from .resources import Resources, coefficients, family_of, resources
from .ring_structure import pipeline_register_bits
from .structure import structure

NO_TARGET = "depends on the device: --target"
NO_FAMILY = "not estimated for this device: run `hadamrnn synth`"
CHANNELS = "not estimated for several channels: run `hadamrnn synth`"
CONSTANTS = "with one row to a state the weights are constants, and the cells depend on them: run `hadamrnn synth`"
NO_FROM_SUM = "the delay model does not know butterflies that are from-sum: run `hadamrnn synth`"
NOT_THERE = "the device has none"
NO_BLOCKS = "a dense matrix has no blocks"
NO_DENSE_CLOCK = "the delay model does not know dense cores: run `hadamrnn synth`"
NO_DENSE_ERROR = "of dense cores, nothing was fitted to any: docs/estimates.md has what was measured"
NO_DELAYS = "no delays are known of this device: run `hadamrnn synth`"
_CELLS = ("logic_cells", "luts", "flip_flops", "carries", "distributed_rams", "block_rams", "dsps")
_UNCALIBRATED = ("logic_cells", "luts", "flip_flops", "carries")
_CLOCK = ("clock_mhz", "clock_low_mhz", "clock_high_mhz", "step_us", "sequence_us", "steps_per_second")


@dataclass(frozen=True)
class Estimate:
    """Figures of a core, and reasons for those that are not known.

    Attributes
    ----------
    target : name of the device, or None
    family : of the network
    hidden_size, block_size, lanes : d, n, P; a dense network has no n
    recurrent_words : of a dense network M, words of the state that each lane takes per clock; otherwise 0
    channels : C
    cycles_per_step : clocks from one step to the next within a sequence, of several channels for a step of each
    sequence_clocks : clocks from the first input beat to the last result beat of a sequence of ``sequence_steps`` steps
    sequence_steps : T
    recurrent_bits : of a recurrent weight as it is stored: 1 for a sign per unit, and for dense weights of +1 and −1
    butterfly_adders : adders and subtractors of the transform
    recurrent_adders : of a dense network, those that sum the products of a row, accumulators included
    multiplier_adders : adders of the √½ multipliers (odd log2 n), of a dense network of the multiplication with its M
    state_adders : adders that add the input to the state, one per lane
    input_multipliers, recurrent_multipliers, readout_multipliers : products per clock of the input, of a dense
        recurrent matrix that is not all +1 and −1, and of the read-out; all lanes
    state_memory_bits : bits in the ring: delay lines, exchanges, FIFO, state register (their least is
        C · d · state_bits); of a dense network two states, as they are stored
    pipeline_register_bits : bits in the registers between the stages of the ring, or of the recurrence of a dense
        network
    weight_memory_bits : bits of the coefficient memories, as the core holds them, the recurrent ones included
    input_memory_bits : bits of the memory that holds the elements of two steps, where input products are folded
    output_bias_bits : bits of the output biases
    adds_per_step, multiplies_per_step, memory_accesses_per_step, adds_per_result, multiplies_per_result :
        :class:`~hadamrnn.hw.estimate.operations.Operations`
    logic_cells, luts, flip_flops, carries, distributed_rams, block_rams, dsps : cells of the device, as ``synth``
        counts them; None where the device has none of the kind, or where they are not known
    fits : whether the device has enough of each; None where that is not known
    clock_mhz, clock_low_mhz, clock_high_mhz : expected after routing, and a standard deviation to both sides
    step_us, sequence_us : microseconds of a step and of a sequence at that clock
    steps_per_second : at that clock
    reasons : why each figure that is None is not known
    notes : what is to be said of a figure that is there: that its error is not known
    """

    target: str | None
    family: str
    hidden_size: int
    block_size: int | None
    lanes: int
    recurrent_words: int
    channels: int
    cycles_per_step: int
    sequence_clocks: int
    sequence_steps: int
    recurrent_bits: int
    butterfly_adders: int
    recurrent_adders: int
    multiplier_adders: int
    state_adders: int
    input_multipliers: int
    recurrent_multipliers: int
    readout_multipliers: int
    state_memory_bits: int
    pipeline_register_bits: int
    weight_memory_bits: int
    input_memory_bits: int
    output_bias_bits: int
    adds_per_step: int
    multiplies_per_step: int
    memory_accesses_per_step: int
    adds_per_result: int
    multiplies_per_result: int
    logic_cells: int | None
    luts: int | None
    flip_flops: int | None
    carries: int | None
    distributed_rams: int | None
    block_rams: int | None
    dsps: int | None
    fits: bool | None
    clock_mhz: float | None
    clock_low_mhz: float | None
    clock_high_mhz: float | None
    step_us: float | None
    sequence_us: float | None
    steps_per_second: float | None
    reasons: dict[str, str]
    notes: dict[str, str]

    def to_json(self) -> dict[str, Any]:
        """The estimate as plain JSON."""
        return asdict(self)


def estimate(
    network: FrozenNetwork, parameters: CoreParameters, *, steps: int = 1, target: Target | None = None
) -> Estimate:
    """Estimate the core of ``network`` with ``parameters``, for sequences of ``steps`` steps, on ``target``.

    Cycles, memory bits and counts of adders are exact. Cells and clock are expected values, with the errors that
    docs/estimates.md gives; nothing was fitted to dense cores (``notes``). Block RAMs and multipliers follow the rules
    by which the tools take them.

    Raises
    ------
    InputError
        Parameters that do not fit the network, or fewer than one step.
    """
    if steps < 1:
        raise InputError(f"steps must be at least 1, not {steps}")
    sheet = DataSheet(network, parameters)
    dense = isinstance(network, DenseNetwork)
    parts = structure(sheet)
    work = operations(sheet, parts)
    cells, reasons = _cells(sheet, parts, target)
    timing, unknown = _timing(sheet, parts, target, steps, reasons)
    return Estimate(
        target=None if target is None else target.name,
        family=network.family,
        hidden_size=network.hidden_size,
        block_size=getattr(network, "block_size", None),
        lanes=parameters.lanes,
        recurrent_words=parameters.recurrent_multipliers if dense else 0,
        channels=parameters.channels,
        cycles_per_step=sheet.cycles_per_step,
        sequence_clocks=sheet.sequence_latency(steps),
        sequence_steps=steps,
        **_exact(sheet),
        **asdict(work),
        **cells,
        fits=_fits(target, cells),
        **timing,
        reasons=({} if target is not None else {"target": NO_TARGET})
        | ({"block_size": NO_BLOCKS} if dense else {})
        | reasons
        | unknown,
        notes={name: NO_DENSE_ERROR for name in _UNCALIBRATED if dense and cells[name] is not None},
    )


def _exact(sheet: DataSheet) -> dict[str, int]:
    """Adders, multipliers and bits of memories: all that no device changes."""
    network, parameters, lanes = sheet.network, sheet.parameters, sheet.parameters.lanes
    recurrence = dense_counts(sheet) if isinstance(network, DenseNetwork) else _ring_counts(sheet)
    recurrent_memory = recurrence.pop("recurrent_memory_bits")
    output_places = parameters.readout_multipliers * sheet.read_out_fold
    return recurrence | {
        "state_adders": lanes,
        "input_multipliers": lanes * sheet.input_format.multipliers,
        "readout_multipliers": lanes * parameters.readout_multipliers,
        "weight_memory_bits": recurrent_memory
        + _bits(coefficient_memories(network, parameters))
        + network.hidden_size * output_places * network.weight_bits,
        "input_memory_bits": _bits(element_memories(network, parameters)),
        "output_bias_bits": network.output_size * sheet.widths.logit,
    }


def _ring_counts(sheet: DataSheet) -> dict[str, int]:
    """What :func:`~.dense_figures.dense_counts` gives of a dense network; the signs lie beside the biases."""
    network, schedule, lanes = sheet.network, sheet.schedule, sheet.parameters.lanes
    time_stages = [stage for stage in schedule.stages if stage.delay]
    state_bits = network.state_bits * (schedule.fifo_depth + 1 + sum(e.delay for e in schedule.exchanges))
    state_bits += sum(s.delay * (s.width + 1) + s.exchange * s.width for s in schedule.stages)
    odd = network.block_bits % 2
    return {
        "recurrent_bits": 1,
        "butterfly_adders": 2 * lanes * len(time_stages) + lanes * (len(schedule.stages) - len(time_stages)),
        "multiplier_adders": lanes * len(ConstantMultiplier(network.sqrt_half).adders) if odd else 0,
        "recurrent_adders": 0,
        "recurrent_multipliers": 0,
        "state_memory_bits": lanes * state_bits,
        "pipeline_register_bits": pipeline_register_bits(sheet),
        "recurrent_memory_bits": 0,
    }


def _bits(memories: list[tuple[int, int]]) -> int:
    return sum(words * bits for words, bits in memories)


def _cells(sheet: DataSheet, parts: list[Part], target: Target | None) -> tuple[dict[str, Any], dict[str, str]]:
    """The cells of the target, and why those are None that are not known."""
    family = None if target is None else family_of(target)
    reason = None
    if target is None:
        reason = NO_TARGET
    elif family is None or family not in coefficients():
        reason = NO_FAMILY
    elif sheet.parameters.channels > 1:
        reason = CHANNELS
    elif sheet.schedule.rows == 1:
        reason = CONSTANTS
    if reason is not None or family is None:
        return dict.fromkeys(_CELLS), dict.fromkeys((*_CELLS, "fits"), str(reason))
    found: Resources = resources(family, parts)
    missing = {name: NOT_THERE for name in _CELLS if getattr(found, name) is None}
    return asdict(found), missing


def _fits(target: Target | None, cells: dict[str, Any]) -> bool | None:
    if target is None or cells["logic_cells"] is None:
        return None
    return all((cells.get(resource.name) or 0) <= resource.available for resource in target.resources)


def _timing(
    sheet: DataSheet, parts: list[Part], target: Target | None, steps: int, reasons: dict[str, str]
) -> tuple[dict[str, float | None], dict[str, str]]:
    family = None if target is None else family_of(target)
    reason = reasons.get("logic_cells")
    fitted = None if target is None else coefficients()["clocks"].get(target.name)
    if reason is None and target is not None and target.place_and_route is None:
        reason = target.clock_unknown
    elif reason is None and isinstance(sheet.network, DenseNetwork):
        reason = NO_DENSE_CLOCK
    elif reason is None and fitted is None:
        reason = NO_DELAYS
    elif reason is None and any(one.inverted_input or one.inverted_output for one in sheet.schedule.stages):
        reason = NO_FROM_SUM
    if reason is not None or target is None or family is None or fitted is None:
        return dict.fromkeys(_CLOCK), dict.fromkeys(_CLOCK, str(reason))
    delays = TARGETS[fitted["delays_of"]].delays
    assert delays is not None  # those that a clock is fitted with have some
    expected = clock(family, sheet, parts, delays, fitted)
    return {
        "clock_mhz": round(expected.mhz, 1),
        "clock_low_mhz": round(expected.low_mhz, 1),
        "clock_high_mhz": round(expected.high_mhz, 1),
        "step_us": sheet.cycles_per_step / expected.mhz,
        "sequence_us": sheet.sequence_latency(steps) / expected.mhz,
        "steps_per_second": 1e6 * expected.mhz / sheet.cycles_per_step,
    }, {}
