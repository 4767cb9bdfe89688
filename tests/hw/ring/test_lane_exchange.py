"""The commutator exchanges a lane bit with a row bit, and refuses what is no power of two."""

import random

import pytest

from hadamrnn.hw.ring.lane_exchange import LaneExchange

from ..rows import pass_rows

WIDTH = 5


@pytest.mark.parametrize("gaps", [0.0, 0.4])
@pytest.mark.parametrize("memory_depth", [2, 100])
@pytest.mark.parametrize("delay", [1, 2, 4])
@pytest.mark.parametrize(("lanes", "distance"), [(2, 1), (4, 1), (4, 2)])
def test_lane_bit_and_row_bit_change_places(
    lanes: int, distance: int, delay: int, memory_depth: int, gaps: float
) -> None:
    generator = random.Random(delay)
    rows = [[generator.randrange(-16, 16) for _ in range(lanes)] for _ in range(2 * delay * 5)]

    def controls(index: int) -> dict[str, int]:
        return {
            "select": index % (2 * delay) >= delay,
            "address": index % delay,
            "next_address": (index + 1) % delay,
        }

    exchange = LaneExchange(lanes, WIDTH, distance, delay, memory_depth)
    passed = pass_rows(exchange, rows + rows[:delay], controls=controls, gaps=gaps, seed=delay)
    for row, (output,) in enumerate(passed[delay:]):
        for lane in range(lanes):
            row_bit, lane_bit = bool(row & delay), bool(lane & distance)
            source_row = row & ~delay | delay * lane_bit
            source_lane = lane & ~distance | distance * row_bit
            assert output[lane] == rows[source_row][source_lane]


@pytest.mark.parametrize("delay", [0, 3])
def test_delay_that_is_no_power_of_two_is_refused(delay: int) -> None:
    with pytest.raises(ValueError, match=rf"^delay must be a power of two, not {delay}$"):
        LaneExchange(2, WIDTH, 1, delay, 8)


@pytest.mark.parametrize(("lanes", "distance"), [(4, 3), (4, 4), (1, 1), (4, 0), (6, 4)])
def test_distance_that_pairs_no_lanes_is_refused(lanes: int, distance: int) -> None:
    message = f"distance must be a power of two that pairs {lanes} lanes, not {distance}"
    with pytest.raises(ValueError, match=f"^{message}$"):
        LaneExchange(lanes, WIDTH, distance, 2, 8)
