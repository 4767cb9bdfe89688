"""When each row is where: the stages of the loop, its registers, and the exact cycle formulas.

The loop is one ring of delays. A row enters the state register, passes a plain FIFO (only where several blocks need
more rows than the transform holds), the butterflies of the streaming Walsh–Hadamard transform, the division by √n and
the addition of the input, and is the state register's next row exactly ``cycles_per_step`` clocks later.
"""

from dataclasses import dataclass

from ..quant.integer import IntegerNetwork
from .constant_multiplier import ConstantMultiplier
from .parameters import CoreParameters


@dataclass(frozen=True)
class Stage:
    """One radix-2 butterfly stage of the transform.

    Attributes
    ----------
    index : position in the transform, 0 first
    delay : rows that its delay line holds; 0 for a butterfly between lanes
    distance : lanes between the two inputs of a butterfly; 0 for a butterfly in time
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


@dataclass(frozen=True)
class Schedule:
    """The loop of a core in rows and clocks.

    Attributes
    ----------
    rows : R = d / P, rows of a state
    stages : the butterfly stages in order, longest delay first (its words are the narrowest)
    transform_latency : rows that the delay lines of the transform hold, n/P − 1 (0 for P ≥ n)
    pipeline_latency : clocks in registers: between the stages, in the √½ multiplier, and the state register itself
    multiplier_registers : which adder levels of the √½ multiplier a register follows
    division_register : whether a register follows the division by √n
    saturation_register : whether a register stands between the addition of the input and saturation
    fifo_depth : rows of the plain FIFO
    cycles_per_step : L = max(R, transform_latency + pipeline_latency), clocks from a step to the next
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

    @classmethod
    def of(cls, network: IntegerNetwork, parameters: CoreParameters) -> "Schedule":
        """The schedule of ``network`` on a core with ``parameters``."""
        lanes, n, k = parameters.lanes, network.block_size, network.block_bits
        rows = network.hidden_size // lanes
        every = parameters.stages_per_register
        adder_levels = ConstantMultiplier(network.sqrt_half).depth if k % 2 else 0
        levels = k + adder_levels
        # The register of the last level stands behind the division, where the words are narrower: the addition and
        # saturation that follow are a full clock by themselves.
        registered = [bool(every) and (level + 1) % every == 0 and level < levels - 1 for level in range(levels)]
        division_register = bool(every)
        saturation_register = every == 1
        pipeline_latency = sum(registered) + division_register + saturation_register + 1
        transform_latency = max(n // lanes, 1) - 1
        cycles = max(rows, transform_latency + pipeline_latency)
        fifo_depth = cycles - transform_latency - pipeline_latency
        stages = []
        offset = 1 + saturation_register + fifo_depth
        for index in range(k):
            span = n >> (index + 1)  # units between the two inputs of a butterfly
            delay, distance = (span // lanes, 0) if span >= lanes else (0, span)
            stages.append(Stage(index, delay, distance, network.state_bits + index, registered[index], offset % cycles))
            offset += delay + registered[index]
        return cls(
            rows=rows,
            stages=tuple(stages),
            transform_latency=transform_latency,
            pipeline_latency=pipeline_latency,
            multiplier_registers=tuple(level for level in range(adder_levels) if registered[k + level]),
            division_register=division_register,
            saturation_register=saturation_register,
            fifo_depth=fifo_depth,
            cycles_per_step=cycles,
        )
