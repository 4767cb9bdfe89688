"""The streaming transform is the Sylvester–Hadamard matrix, for every shape of its schedule."""

from typing import Any

import numpy as np
import pytest
from scipy.linalg import hadamard

from hadamrnn.hw.parameters import CoreParameters
from hadamrnn.hw.ring.schedule import Schedule
from hadamrnn.hw.ring.transform import Transform

from ..networks import random_network
from ..rows import pass_rows

WIDTH = 6
STATES = 4


def transform_latency(schedule: Schedule) -> int:
    """Enabled clocks from a row to its transform: what the delay lines hold, and the registers between the stages."""
    return schedule.transform_latency + sum(stage.registered for stage in schedule.stages)


def random_states(hidden_size: int, seed: int) -> np.ndarray:
    """States of which the last ones are all of the largest magnitude, the widest results."""
    low, high = -(1 << (WIDTH - 1)), (1 << (WIDTH - 1)) - 1
    generator = np.random.default_rng(seed)
    states = generator.integers(low, high, (STATES, hidden_size), endpoint=True)
    states[1] = low
    states[2] = np.where(hadamard(hidden_size)[-1] > 0, high, low) if hidden_size & hidden_size - 1 == 0 else high
    return states


def run(hidden_size: int, block_size: int, gaps: float, **choices: Any) -> tuple[Schedule, np.ndarray, np.ndarray]:
    """States through a transform: its schedule, the states, and what came out."""
    parameters = CoreParameters(**choices)
    network = random_network(hidden_size, block_size, state_bits=WIDTH)
    schedule = Schedule.of(network, parameters)
    transform = Transform(parameters.lanes, WIDTH, schedule, parameters.memory_depth)
    states = random_states(hidden_size, seed=hidden_size + block_size)
    cycles = schedule.cycles_per_step
    parts = (*schedule.exchanges, *schedule.stages)
    first = cycles + (parts[0].offset if parts else 0)
    generator = np.random.default_rng(1)
    rows = generator.integers(-8, 8, (first + (STATES + 2) * cycles, parameters.lanes))
    for index, state in enumerate(states):
        start = first + index * cycles
        rows[start : start + schedule.rows] = state.reshape(schedule.rows, parameters.lanes)
    passed = pass_rows(transform, rows.tolist(), controls=lambda i: {"position": i % cycles}, gaps=gaps)
    outputs = np.array([row for (row,) in passed])
    starts = first + transform_latency(schedule) + np.arange(STATES) * cycles
    return schedule, states, np.stack([outputs[start : start + schedule.rows].reshape(-1) for start in starts])


def check(hidden_size: int, block_size: int, gaps: float, **choices: Any) -> Schedule:
    schedule, states, got = run(hidden_size, block_size, gaps, **choices)
    matrix = np.kron(np.eye(hidden_size // block_size, dtype=np.int64), hadamard(block_size))
    np.testing.assert_array_equal(got, states @ matrix.T)
    return schedule


@pytest.mark.parametrize("lanes", [1, 2, 4, 8, 16])
@pytest.mark.parametrize("block_size", [1, 2, 4, 8, 16])
def test_every_block_size_and_number_of_lanes(block_size: int, lanes: int) -> None:
    check(16, block_size, 0.0, lanes=lanes, stages_per_register=1 + (block_size + lanes) % 2)


@pytest.mark.parametrize("stages_per_register", [0, 1, 2, 3])
@pytest.mark.parametrize(("hidden_size", "block_size", "lanes"), [(32, 32, 1), (32, 32, 2), (24, 8, 1), (48, 16, 2)])
def test_registers_and_blocks(hidden_size: int, block_size: int, lanes: int, stages_per_register: int) -> None:
    check(hidden_size, block_size, 0.3, lanes=lanes, stages_per_register=stages_per_register)


@pytest.mark.parametrize("memory_depth", [2, 4, 64])
def test_delay_lines_in_memories(memory_depth: int) -> None:
    check(32, 16, 0.2, lanes=1, stages_per_register=2, memory_depth=memory_depth)


@pytest.mark.parametrize(("block_size", "lanes"), [(16, 1), (32, 1), (16, 2), (32, 4), (8, 4)])
def test_idle_rows_between_states(block_size: int, lanes: int) -> None:
    schedule = check(block_size, block_size, 0.3, lanes=lanes, stages_per_register=1)
    assert schedule.cycles_per_step > schedule.rows


@pytest.mark.parametrize(("block_size", "lanes"), [(64, 1), (64, 4), (128, 1)])
def test_large_blocks(block_size: int, lanes: int) -> None:
    check(block_size, block_size, 0.0, lanes=lanes, stages_per_register=2)


@pytest.mark.quick(8)
@pytest.mark.parametrize("stages_per_register", [0, 1, 2])
@pytest.mark.parametrize(("hidden_size", "block_size", "lanes"), [(64, 4, 2), (128, 16, 4), (96, 16, 2), (128, 16, 2)])
def test_commutators(hidden_size: int, block_size: int, lanes: int, stages_per_register: int) -> None:
    choices = {"stages_per_register": stages_per_register, "memory_depth": (2, 8, 4)[stages_per_register]}
    gaps = 0.3 * (stages_per_register != 1)
    schedule = check(hidden_size, block_size, gaps, lanes=lanes, arrangement="commutator", **choices)
    assert schedule.transform_latency == 2 * (block_size // lanes - 1)
    assert schedule.cycles_per_step == schedule.rows
    assert all(stage.distance for stage in schedule.stages)


@pytest.mark.parametrize("stages_per_register", [0, 1, 2])
@pytest.mark.parametrize(
    "hidden_size, block_size, lanes", [(16, 16, 16), (8, 8, 8), (32, 8, 4), (32, 16, 8), (32, 32, 2), (16, 1, 4)]
)
def test_differences_from_sums(hidden_size: int, block_size: int, lanes: int, stages_per_register: int) -> None:
    """Two, three and four stages between lanes, with and without one in time before them, and none."""
    choices: dict[str, Any] = {
        "lanes": lanes,
        "stages_per_register": stages_per_register,
        "lane_difference": "from-sum",
    }
    check(hidden_size, block_size, 0.3 * (stages_per_register == 1), **choices)


@pytest.mark.parametrize("block_size", [4, 8])
def test_commutators_with_differences_from_sums(block_size: int) -> None:
    schedule = check(64, block_size, 0.3, lanes=2, arrangement="commutator", lane_difference="from-sum")
    assert len(schedule.exchanges) == block_size.bit_length() - 2
