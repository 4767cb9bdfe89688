"""Registers for a clock: the fewest that a delay model allows, and cores with any of them are right."""

import re
from itertools import combinations

import numpy as np
import pytest

from hadamrnn.errors import InputError
from hadamrnn.hw.estimate import worst_case_network
from hadamrnn.hw.parameters import CoreParameters
from hadamrnn.hw.ring.ring_registers import (
    place_registers,
    register_names,
    registers_of,
    ring_parts,
    segment_delay,
)
from hadamrnn.hw.ring.schedule import Schedule
from hadamrnn.hw.targets.delays import Delays

from ..cores import CoreBench, random_sequences
from ..networks import random_network

MODEL = Delays(register=1.0, memory=2.0, adder=3.0, carry=0.1, table=1.0, rest=5.0)


def segments(network_bits: int, chosen: set[str], model: Delays, memory_depth: int = 8) -> list[float]:
    """The delay of every segment of a ring of one lane with these registers."""
    parts = ring_parts(worst_case_network(1 << network_bits, 1 << network_bits), 1, memory_depth, model)
    delays, start = [], 0
    for end, part in enumerate(parts, start=1):
        if part.name in chosen or part.name == "state":
            delays.append(segment_delay(parts[start:end], model))
            start = end
    return delays


@pytest.mark.parametrize("clock_mhz", [20.0, 35.0, 50.0, 70.0, 90.0, 120.0])
@pytest.mark.parametrize("block_bits", [1, 4, 5])
def test_no_smaller_set_of_registers_meets_the_clock(block_bits: int, clock_mhz: float) -> None:
    network = worst_case_network(1 << block_bits, 1 << block_bits)
    placed = place_registers(network, 1, 8, clock_mhz, MODEL)
    assert max(segments(block_bits, set(placed.registers), MODEL)) == pytest.approx(placed.ring_ns)
    names = register_names(network)
    fewer = [set(some) for count in range(len(placed.registers)) for some in combinations(names, count)]
    assert all(max(segments(block_bits, chosen, MODEL)) > max(placed.ring_ns, 1000 / clock_mhz) for chosen in fewer)


def test_a_clock_that_cannot_be_met_gives_the_highest_there_is() -> None:
    placed = place_registers(worst_case_network(32, 32), 1, 8, 5000.0, MODEL)
    everywhere = max(segments(5, set(register_names(worst_case_network(32, 32))), MODEL))
    assert everywhere > 1000 / 5000.0
    assert placed.ring_ns == pytest.approx(everywhere)


def test_the_parts_around_the_ring_bound_the_clock_of_the_core() -> None:
    slow = place_registers(worst_case_network(32, 32), 1, 8, 20.0, MODEL)
    assert slow.core_ns == slow.ring_ns > MODEL.rest
    fast = Delays(register=0.1, memory=0.1, adder=0.1, carry=0.0, table=0.1, rest=5.0)
    assert place_registers(worst_case_network(32, 32), 1, 8, 20.0, fast).core_ns == 5.0


def test_a_slow_memory_begins_a_path() -> None:
    parts = ring_parts(worst_case_network(32, 32), 1, 8, MODEL)
    assert [part.name for part in parts if part.from_memory] == ["stage_0", "stage_1"]  # 16 and 8 rows
    # From the register through two adders, or from the memory through the second: the first takes longer.
    assert segment_delay(parts[:2], MODEL) == pytest.approx(1 + 2 + 2 * 3 + 14 * 0.1)
    assert segment_delay(parts[2:4], MODEL) == pytest.approx(1 + 2 * 3 + 16 * 0.1)


def test_named_registers_are_those_of_every_level() -> None:
    network = random_network(32, 32)
    names = register_names(network)
    assert names == (*(f"stage_{i}" for i in range(5)), "multiplier_0", "multiplier_1", "multiplier_2") + (
        "division",
        "saturation",
    )
    by_levels = CoreParameters(stages_per_register=1)
    assert registers_of(network, by_levels) == set(names)
    assert Schedule.of(network, by_levels) == Schedule.of(network, CoreParameters(registers=names))


@pytest.mark.parametrize("stall", [0.0, 0.3])
def test_a_core_with_commutators_is_right_and_its_steps_no_longer(stall: float) -> None:
    network = random_network(64, 8)
    choices = {"lanes": 2, "arrangement": "commutator", "stages_per_register": 1}
    assert Schedule.of(network, CoreParameters(**choices)).exchanges
    feedback = Schedule.of(network, CoreParameters(lanes=2, stages_per_register=1))
    assert Schedule.of(network, CoreParameters(**choices)).cycles_per_step == feedback.cycles_per_step == 32
    bench = CoreBench(network, stall=stall, trace=True, **choices)
    bench.run(random_sequences(network, [3, 1, 2]))


@pytest.mark.parametrize("seed", range(4))
def test_a_core_with_any_registers_is_right(seed: int) -> None:
    network = random_network(16, (16, 8, 4, 8)[seed], seed=seed)
    names = np.array(register_names(network))
    chosen = names[np.random.default_rng(seed).random(len(names)) < 0.4]
    choices = {"registers": tuple(chosen.tolist()), "lanes": 1 + seed % 2, "arrangement": "commutator"}
    bench = CoreBench(network, stall=0.2 * (seed % 2), trace=True, **choices)
    bench.run(random_sequences(network, [3, 1, 2], seed=seed))


def test_a_register_that_is_not_there_is_refused() -> None:
    message = "registers must be of stage_0, stage_1, stage_2, division, saturation, not 'stage_9'"
    network = random_network(16, 16)
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        Schedule.of(network, CoreParameters(registers=("stage_9",)))
