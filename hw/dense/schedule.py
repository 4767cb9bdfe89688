"""When each part of the recurrent product is where, and the exact cycle formulas of a dense network.

A row of the new state is the sum of C parts, one a clock: in each, M words of the old state are multiplied with the
weights that every lane has for them. Rows follow each other without a gap. So do steps, as far as the last row of a
state is written before the next step's first row asks for it, which is in one of its last parts.
"""

from dataclasses import dataclass

from ...errors import InputError
from ...quant.integer import DenseNetwork
from ..parameters import CoreParameters
from ..ring.constant_multiplier import ConstantMultiplier
from .binary_weights import count_bits, negative_counts, stored_weights


@dataclass(frozen=True)
class DenseSchedule:
    """The recurrence of a dense network in rows, parts and clocks.

    Attributes
    ----------
    rows : R = d / P, rows of a state
    banks : memories of rows that are read at once, M / P where M is more than P, otherwise 1
    slots : parts that one row of the old state is read in, P / M where M is less than P, otherwise 1
    words : reads of all banks that make a state, ceil(R / banks)
    multiplier_levels : adder levels of the multiplication with the network's M, each with a register behind it
    lanes, multipliers : P and M
    state_bits, weight_bits : of a word of the state, and of a weight of the recurrent matrix as it is stored
    count_bits : of the number of a unit's −1, where weights are a bit each; otherwise 0
    latency : clocks from a row's last part being asked for to the first clock in which its new words may be asked for
    output_latency : clocks that a row waits in registers of the activation after its input was added
    idle_cycles : clocks between the last part of a step and the first one of the next
    """

    rows: int
    banks: int
    slots: int
    words: int
    multiplier_levels: int
    lanes: int
    multipliers: int
    state_bits: int
    weight_bits: int
    count_bits: int
    latency: int
    output_latency: int
    idle_cycles: int

    @property
    def row_cycles(self) -> int:
        """C = words · slots, parts of a row: ceil(d / M) where M is a multiple of P, d / M where it divides P."""
        return self.words * self.slots

    @property
    def cycles_per_step(self) -> int:
        """R · C + idle_cycles, clocks from a step to the next as far as the recurrence alone decides."""
        return self.rows * self.row_cycles + self.idle_cycles

    def step_clocks(self, fold: int, read_out_fold: int, active: int = 1) -> int:
        """Clocks from a step to the next where input and read-out take so many for each row; of one channel.

        A row that waits for the read-out holds nobody up before the next one comes: so either the read-out is busy all
        the time, or the recurrence is, or the read-out for all rows but two, while a step follows a step.
        """
        assert active == 1
        between = max(fold, self.row_cycles + self.idle_cycles)  # from the last row of a step to the next step's first
        turns = [(self.rows - 1) * max(fold, self.row_cycles) + between, self.rows * read_out_fold]
        if self.rows > 1:
            turns.append((self.rows - 2) * read_out_fold + between + 1)
        return max(turns)

    def figures(self) -> dict[str, int]:
        """What the description of a core says of its recurrence alone.

        Clocks; and the multipliers of the recurrent product, bits of the memory of its weights (those that the last
        part lacks and the numbers of −1 included) and of the two states as they are stored (a page of each bank in
        whole powers of two).
        """
        page = 1 << (self.words - 1).bit_length()
        products = self.lanes * self.multipliers
        weights = self.rows * (self.row_cycles * products * self.weight_bits + self.lanes * self.count_bits)
        return {
            "row_cycles": self.row_cycles,
            "idle_cycles": self.idle_cycles,
            "pipeline_latency": self.latency,
            "output_latency": self.output_latency,
            "recurrent_products": products,
            "recurrent_weight_memory_bits": weights,
            "state_memory_bits": 2 * self.banks * page * self.lanes * self.state_bits,
        }

    @classmethod
    def of(cls, network: DenseNetwork, parameters: CoreParameters) -> "DenseSchedule":
        """The schedule of ``network`` on a core with ``parameters``.

        Before a sum there are three registers: the words of the memories, the words of a part, the products; then one
        for each of the log2 M levels of their sum, the accumulator, one for each adder level of the multiplication
        with the network's M, the division, the sum with the input, for ``modrelu`` the threshold, and the memory.

        Raises
        ------
        InputError
            Multipliers that are neither a multiple nor a divisor of the lanes, or more than the units.
        """
        d, lanes, multipliers = network.hidden_size, parameters.lanes, parameters.recurrent_multipliers
        if multipliers > d:
            raise InputError(f"recurrent_multipliers must be at most the hidden size, {d}, not {multipliers}")
        if multipliers % lanes and lanes % multipliers:
            raise InputError(
                f"recurrent_multipliers must be a multiple or a divisor of lanes {lanes}, not {multipliers}"
            )
        counts = negative_counts(network, multipliers)
        rows, banks, slots = d // lanes, max(multipliers // lanes, 1), max(lanes // multipliers, 1)
        levels = ConstantMultiplier(network.recurrent_multiplier).depth
        output_latency = int(network.activation == "modrelu")
        latency = 7 + (multipliers - 1).bit_length() + levels + output_latency
        first_use = (rows - 1) // banks * slots  # the part in which the last row is first read
        return cls(
            rows=rows,
            banks=banks,
            slots=slots,
            words=-(-rows // banks),
            multiplier_levels=levels,
            lanes=lanes,
            multipliers=multipliers,
            state_bits=network.state_bits,
            weight_bits=stored_weights(network, multipliers)[1],
            count_bits=0 if counts is None else count_bits(counts),
            latency=latency,
            output_latency=output_latency,
            idle_cycles=max(0, latency - 1 - first_use),
        )
