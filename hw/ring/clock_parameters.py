"""The parameters of a ring for a clock on a target: its pipeline registers, and which delay lines are memories."""

from dataclasses import replace

from ...errors import InputError
from ...quant.integer import IntegerNetwork
from ..parameters import CoreParameters
from ..targets.target import Target
from .ring_registers import Placement, place_registers
from .schedule import Schedule

MEMORY_DEPTHS = (8, 16, 32)  # for shorter delay lines tools make flip-flops with an address, larger than a plain chain


def parameters_for_clock(
    network: IntegerNetwork, parameters: CoreParameters, target: Target, clock_mhz: float, *, keep_depth: bool = False
) -> tuple[CoreParameters, Placement]:
    """``parameters`` with the registers, and unless ``keep_depth`` the memory depth, for a clock on a target.

    Registers that take the place of rows of the FIFO make no step longer: where several blocks or the states of several
    channels leave room for more of them than the clock needs, there are as many as make the ring faster.

    Raises
    ------
    InputError
        No positive clock, a target without a delay model, or butterflies that make a difference from the sum, whose
        delay the model does not know.
    """
    if not 0 < clock_mhz < float("inf"):
        raise InputError(f"clock_mhz must be a positive number of MHz, not {clock_mhz!r}")
    if target.delays is None:
        raise InputError(f"target must be one with a delay model for a clock, not {target.name!r}")
    if parameters.lane_difference == "from-sum" and min(parameters.lanes, network.block_size) > 1:
        raise InputError("lane_difference must be direct for a clock, not 'from-sum': the delay model does not know it")
    depths = [parameters.memory_depth] if keep_depth else MEMORY_DEPTHS
    delays = target.delays
    free = Schedule.of(network, replace(parameters, registers=())).fifo_depth
    placed = [(place_registers(network, parameters.lanes, depth, clock_mhz, delays, free), depth) for depth in depths]
    # The least depth that is fast enough: flip-flops in place of a memory cost more than the register that they spare.
    goal = max(1000.0 / clock_mhz, target.delays.rest)
    fastest = max(goal, min(one.ring_ns for one, _ in placed))
    placement, depth = next(choice for choice in placed if choice[0].ring_ns <= fastest + 1e-9)
    return replace(parameters, registers=placement.registers, memory_depth=depth), placement
