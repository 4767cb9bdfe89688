"""When each row is where: the stages of the loop, its registers, and the exact cycle formulas.

The loop is one ring of delays. A row enters the state register, passes a plain FIFO (only where several blocks need
more rows than the transform holds), the butterflies of the streaming Walsh–Hadamard transform, the division by √n and
the addition of the input, and is the state register's next row exactly ``cycles_per_step`` clocks later.
"""

from dataclasses import dataclass, replace

from ...quant.integer import IntegerNetwork
from ..parameters import CoreParameters
from .constant_multiplier import ConstantMultiplier
from .ring_registers import registers_of


@dataclass(frozen=True)
class Stage:
    """One radix-2 butterfly stage of the transform.

    Attributes
    ----------
    index : position in the transform, 0 first
    delay : rows that its delay line holds; 0 for a butterfly between lanes
    distance : lanes between the two inputs of a butterfly; 0 for a butterfly in time
    exchange : rows that lanes exchange in front of a butterfly between lanes; 0 for none
    inverted_input, inverted_output : whether the words there are inverted
    width : bits of its input; its output has one more
    registered : whether a pipeline register follows
    offset : value of the loop's position counter when row 0 is at its input
    """

    index: int
    delay: int
    distance: int
    width: int
    registered: bool
    offset: int
    exchange: int = 0
    inverted_input: bool = False
    inverted_output: bool = False


@dataclass(frozen=True)
class Exchange:
    """One exchange of neighbouring lanes before the first stage, of rows ``delay`` apart; ``offset`` as of a stage."""

    delay: int
    offset: int


@dataclass(frozen=True)
class Schedule:
    """The loop of a core in rows and clocks.

    Attributes
    ----------
    rows : R = d / P, rows of a state
    channels : C, states that follow each other through the ring, as the blocks of one state do
    stages : the butterfly stages in order, longest delay first (its words are the narrowest)
    transform_latency : rows that the delay lines of the transform hold, n/P − 1 (0 for P ≥ n), twice that with
        commutators
    pipeline_latency : clocks in registers: between the stages, in the √½ multiplier, and the state register itself
    multiplier_registers : which adder levels of the √½ multiplier a register follows
    division_register : whether a register follows the division by √n
    saturation_register : whether a register stands between the addition of the input and saturation
    fifo_depth : rows of the plain FIFO
    cycles_per_step : L = max(C·R, transform_latency + pipeline_latency), clocks from a step to the next
    exchanges : before the first stage, with commutators: they undo what those between the stages do
    """

    rows: int
    stages: tuple[Stage, ...]
    transform_latency: int
    pipeline_latency: int
    multiplier_registers: tuple[int, ...]
    division_register: bool
    saturation_register: bool
    fifo_depth: int
    cycles_per_step: int
    exchanges: tuple[Exchange, ...] = ()
    channels: int = 1

    @property
    def ring_rows(self) -> int:
        """C·R, rows of the states of all channels."""
        return self.channels * self.rows

    @property
    def row_cycles(self) -> int:
        """Clocks from row to row: 1."""
        return 1

    @property
    def output_latency(self) -> int:
        """Clocks that a row waits between the addition of its input and its being handed out: none."""
        return 0

    def step_clocks(self, fold: int, read_out_fold: int, active: int = 1) -> int:
        """Clocks from a step to the next where input and read-out take so many for each row, of so many channels.

        The ring waits while a row is read out. Rows take the larger of both but the last, during which the idle rows
        pass, one a clock. The slot of a channel between sequences takes a clock of the input products, before which the
        next row is not begun.
        """
        clocks, others = max(fold, read_out_fold), active * self.rows - 1
        begun = fold + self.channels - active
        return others * clocks + max(clocks, begun, self.cycles_per_step - others)

    def figures(self) -> dict[str, int]:
        """What the description of a core says of its ring alone; ``commutators`` whether there are any."""
        names = ("transform_latency", "pipeline_latency", "fifo_depth")
        return {name: getattr(self, name) for name in names} | {"commutators": bool(self.exchanges)}

    @classmethod
    def of(cls, network: IntegerNetwork, parameters: CoreParameters) -> "Schedule":
        """The schedule of ``network`` on a core with ``parameters``."""
        lanes, n, k = parameters.lanes, network.block_size, network.block_bits
        rows = network.hidden_size // lanes
        ring_rows = parameters.channels * rows
        registers = registers_of(network, parameters)
        adder_levels = ConstantMultiplier(network.sqrt_half).depth if k % 2 else 0
        registered = [f"stage_{index}" in registers for index in range(k)]
        multiplier_registers = tuple(level for level in range(adder_levels) if f"multiplier_{level}" in registers)
        division_register, saturation_register = "division" in registers, "saturation" in registers
        pipeline_latency = len(registers) + 1
        delays = [n >> (index + 1) for index in range(k)]  # units between the two inputs of a butterfly
        delays = [span // lanes for span in delays if span >= lanes]
        # Commutators hold each delay twice: before the first stage, and between the stages.
        commutator = parameters.arrangement == "commutator" and has_commutators(
            network, lanes, pipeline_latency, parameters.channels
        )
        transform_latency = (1 + commutator) * sum(delays)
        cycles = max(ring_rows, transform_latency + pipeline_latency)
        fifo_depth = cycles - transform_latency - pipeline_latency
        offset = 1 + saturation_register + fifo_depth
        exchanges = []
        for delay in reversed(delays) if commutator else ():
            exchanges.append(Exchange(delay, offset % cycles))
            offset += delay
        stages = []
        for index, (delay, distance, exchange) in enumerate(_stages(n, lanes, delays, commutator)):
            width = network.state_bits + index
            stages.append(Stage(index, delay, distance, width, registered[index], offset % cycles, exchange))
            offset += delay + exchange + registered[index]
        if parameters.lane_difference == "from-sum":
            followed = [*registered]
            if k and k % 2 == 0:  # nothing but a shift lies between the last stage and the register of the division
                followed[-1] |= division_register
            stages = _inverted(stages, followed)
        return cls(
            rows=rows,
            stages=tuple(stages),
            transform_latency=transform_latency,
            pipeline_latency=pipeline_latency,
            multiplier_registers=multiplier_registers,
            division_register=division_register,
            saturation_register=saturation_register,
            fifo_depth=fifo_depth,
            cycles_per_step=cycles,
            exchanges=tuple(exchanges),
            channels=parameters.channels,
        )


def _stages(n: int, lanes: int, delays: list[int], commutator: bool) -> list[tuple[int, int, int]]:
    """Delay, distance and exchange of each stage: in time first, then between lanes, the farthest first.

    With commutators all are between lanes, and the row bits come to the neighbouring lanes one after the other: after
    as many exchanges in the opposite order before the first stage, each word ends where it began.
    """
    distances = [1 << bit for bit in reversed(range((min(n, lanes) - 1).bit_length()))]
    if commutator:
        return [(0, 1, 0), *((0, 1, delay) for delay in delays), *((0, distance, 0) for distance in distances[:-1])]
    return [*((delay, 0, 0) for delay in delays), *((0, distance, 0) for distance in distances)]


def _inverted(stages: list[Stage], followed: list[bool]) -> list[Stage]:
    """The stages with inverted words between the two of a pair; the last two between lanes are one, and so on.

    Where those between lanes are odd in number, the one in time before them is the first's other half: it can invert
    its results. A result that is read and registered takes a cell more than one that is only registered, just what an
    inverter takes; so pairs remain as they are if registers follow both stages. ``followed`` says where one does.
    """
    inverted = [False] * (len(stages) + 1)  # at the input of each stage, and at the output of the last
    first = len(stages) - sum(bool(stage.distance) for stage in stages)
    for place in range(len(stages) - 1, max(first - 1, 0), -2):
        inverted[place] = not (followed[place] and (followed[place - 1] or place == first))
    return [
        replace(stage, inverted_input=inverted[stage.index], inverted_output=inverted[stage.index + 1])
        for stage in stages
    ]


def has_commutators(network: IntegerNetwork, lanes: int, pipeline_latency: int, channels: int = 1) -> bool:
    """Whether commutators make no step longer: several lanes and rows to a block, and a FIFO that they can replace."""
    block_rows = network.block_size // lanes
    latency = 2 * (block_rows - 1) + pipeline_latency
    return lanes >= 2 and block_rows >= 2 and latency <= channels * network.hidden_size // lanes
