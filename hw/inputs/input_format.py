"""How the input of a step arrives and is multiplied: beats, elements, multipliers, and the clocks that it takes."""

from dataclasses import dataclass

from ...errors import InputError
from ...quant.integer import FrozenNetwork
from ..parameters import CoreParameters

ALL_AT_ONCE = 8  # inputs of so many elements at most have a multiplier for each of them, unless told otherwise


def bytes_for(bits: int) -> int:
    """Whole bytes that hold ``bits``."""
    return -(-bits // 8)


@dataclass(frozen=True)
class InputFormat:
    """The input side of a core.

    Attributes
    ----------
    element_bits, element_bytes : of one element, or of an index
    beat_elements : E, elements in one beat of ``s_axis``
    beats_per_step : B = ceil(m / E); 1 for an index
    multipliers : M, products per clock and lane; 0 for an index, which is looked up
    fold : F = ceil(m / M), clocks that the input of a row takes
    latency : clocks from the first row of a step being asked for to that row being offered to the recurrence
    """

    element_bits: int
    element_bytes: int
    beat_elements: int
    beats_per_step: int
    multipliers: int
    fold: int
    latency: int

    @classmethod
    def of(cls, network: FrozenNetwork, parameters: CoreParameters) -> "InputFormat":
        """The format for ``network`` on a core with ``parameters``.

        An index is looked up in 4 clocks: address, column, its register, the sum with the bias. Elements take
        3 + ceil(log2 M): coefficients, products, one clock per level of the sum over M products, the shift with the
        bias; where they are folded, F clocks and one more, the memory of elements and the accumulator.

        Raises
        ------
        InputError
            Beats and multipliers that do not fit each other or the network.
        """
        size, beat = network.input_size, parameters.input_beat
        if network.input_kind == "index":
            if (beat, parameters.input_multipliers) != (1, None):
                name = "input_beat" if beat != 1 else "input_multipliers"
                raise InputError(f"{name} goes with input_kind vector: an index is one beat and takes no multiplier")
            bits = max(size - 1, 1).bit_length()
            return cls(bits, bytes_for(bits), 1, 1, 0, 1, 4)
        if beat > size:
            raise InputError(f"input_beat must be at most the number of input elements, {size}, not {beat}")
        multipliers = parameters.input_multipliers or _chosen_multipliers(size, beat)
        if multipliers > size:
            raise InputError(
                f"input_multipliers must be at most the number of input elements, {size}, not {multipliers}"
            )
        if multipliers < size and multipliers % beat and beat % multipliers:
            raise InputError(
                f"input_multipliers must be {size}, or a multiple or a divisor of input_beat {beat}, not {multipliers}"
            )
        fold = -(-size // multipliers)
        latency = 3 + (multipliers - 1).bit_length() + (fold + 1 if fold > 1 else 0)
        bits = network.input_bits
        return cls(bits, bytes_for(bits), beat, -(-size // beat), multipliers, fold, latency)


def _chosen_multipliers(size: int, beat: int) -> int:
    """All of them for a few elements; else as many up to :data:`ALL_AT_ONCE` as the beats can feed."""
    if size <= ALL_AT_ONCE:
        return size
    if beat <= ALL_AT_ONCE:
        return ALL_AT_ONCE // beat * beat
    return max(count for count in range(1, ALL_AT_ONCE + 1) if beat % count == 0)
