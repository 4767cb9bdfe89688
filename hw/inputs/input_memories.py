"""The memories of the input side, as words and bits: for estimates and for the choice of what becomes block RAM."""

from ...quant.integer import FrozenNetwork
from ..parameters import CoreParameters
from ..row_layouts import has_signs
from ..widths import Widths
from .input_format import InputFormat


def coefficient_memories(network: FrozenNetwork, parameters: CoreParameters) -> list[tuple[int, int]]:
    """Words and bits of each memory of input weights, biases and signs, as the core holds them."""
    form, widths, lanes = InputFormat.of(network, parameters), Widths.of(network), parameters.lanes
    rows, bias = network.hidden_size // lanes, lanes * (has_signs(network) + widths.bias)
    if network.input_kind == "index":
        return [(network.input_size * rows, lanes * widths.product_sum), (rows, bias)]
    weights = lanes * form.multipliers * network.weight_bits
    return [(rows, weights + bias)] if form.fold == 1 else [(rows * form.fold, weights), (rows, bias)]


def element_memories(network: FrozenNetwork, parameters: CoreParameters) -> list[tuple[int, int]]:
    """Words and bits of each bank of each :class:`~hadamrnn.hw.inputs.step_memory.StepMemory`; none without folding."""
    form = InputFormat.of(network, parameters)
    if form.fold == 1:
        return []
    banks = max(form.multipliers // form.beat_elements, 1)
    words = -(-form.beats_per_step // banks)
    return [(2 << (words - 1).bit_length(), form.beat_elements * form.element_bits)] * banks * parameters.channels
