"""Butterflies in time and between lanes: sums and differences, exact at the corners."""

import random

import pytest

from hadamrnn.hw.ring.butterfly import LaneButterfly, TimeButterfly

from ..rows import pass_rows, settle

WIDTH = 4
LOW, HIGH = -(1 << (WIDTH - 1)), (1 << (WIDTH - 1)) - 1


def random_rows(count: int, lanes: int, seed: int) -> list[list[int]]:
    """Rows with many corners."""
    generator = random.Random(seed)
    values = [LOW, LOW, HIGH, HIGH, 0, *range(LOW, HIGH + 1)]
    return [[generator.choice(values) for _ in range(lanes)] for _ in range(count)]


def expected_in_time(rows: list[list[int]], delay: int) -> list[list[int]]:
    """Each window of 2·delay rows: first its sums, then its differences."""
    expected = []
    for start in range(0, len(rows), 2 * delay):
        pairs = [list(zip(rows[start + i], rows[start + delay + i], strict=True)) for i in range(delay)]
        expected += [[a + b for a, b in pair] for pair in pairs] + [[a - b for a, b in pair] for pair in pairs]
    return expected


@pytest.mark.parametrize("gaps", [0.0, 0.4])
@pytest.mark.parametrize("memory_depth", [2, 100])
@pytest.mark.parametrize("delay", [1, 2, 4, 8])
@pytest.mark.parametrize("lanes", [1, 3])
def test_time_butterfly(lanes: int, delay: int, memory_depth: int, gaps: float) -> None:
    rows = random_rows(2 * delay * 6, lanes, seed=delay)

    def controls(index: int) -> dict[str, int]:
        return {
            "select": index % (2 * delay) >= delay,
            "address": index % delay,
            "next_address": (index + 1) % delay,
        }

    butterfly = TimeButterfly(lanes, WIDTH, delay, memory_depth)
    passed = pass_rows(butterfly, rows + rows[:delay], controls=controls, gaps=gaps, seed=delay)
    assert [row for (row,) in passed[delay:]] == expected_in_time(rows, delay)


@pytest.mark.parametrize(("lanes", "distance"), [(2, 1), (4, 1), (4, 2), (8, 4), (8, 1)])
def test_lane_butterfly(lanes: int, distance: int) -> None:
    butterfly = LaneButterfly(lanes, WIDTH, distance)
    rows = random_rows(40, lanes, seed=lanes) + [[LOW] * lanes, [HIGH] * lanes, [LOW, HIGH] * (lanes // 2)]
    for row, (output,) in zip(rows, settle(butterfly, rows, [butterfly.output]), strict=True):
        for lane in range(lanes):
            a, b = row[lane & ~distance], row[lane | distance]
            assert output[lane] == (a - b if lane & distance else a + b)


def test_lane_butterfly_of_all_pairs() -> None:
    butterfly = LaneButterfly(2, WIDTH, 1)
    rows = [[a, b] for a in range(LOW, HIGH + 1) for b in range(LOW, HIGH + 1)]
    assert settle(butterfly, rows, [butterfly.output]) == [([a + b, a - b],) for a, b in rows]


@pytest.mark.parametrize("inverted_output", [False, True])
def test_time_butterfly_of_inverted_results(inverted_output: bool) -> None:
    rows = random_rows(24, 2, seed=3)
    butterfly = TimeButterfly(2, WIDTH, 2, 100, inverted_output=inverted_output)
    passed = pass_rows(butterfly, rows + rows[:2], controls=lambda i: {"select": i % 4 >= 2}, seed=1)
    assert [[~word if inverted_output else word for word in row] for (row,) in passed[2:]] == expected_in_time(rows, 2)


@pytest.mark.parametrize("inverted_input, inverted_output", [(True, False), (False, True)])
@pytest.mark.parametrize("lanes, distance", [(2, 1), (4, 2), (4, 1)])
def test_lane_butterfly_of_inverted_words(
    lanes: int, distance: int, inverted_input: bool, inverted_output: bool
) -> None:
    butterfly = LaneButterfly(lanes, WIDTH, distance, inverted_input=inverted_input, inverted_output=inverted_output)
    pairs = [(a, b) for a in range(LOW, HIGH + 1) for b in range(LOW, HIGH + 1)]
    rows = [[a, b] * (lanes // 2) if distance == 1 else [a, b, b, a] for a, b in pairs]
    arriving = [[~word if inverted_input else word for word in row] for row in rows]
    for row, (output,) in zip(rows, settle(butterfly, arriving, [butterfly.output]), strict=True):
        for lane, word in enumerate(output):
            a, b = row[lane & ~distance], row[lane | distance]
            assert (~word if inverted_output else word) == (a - b if lane & distance else a + b)


def test_words_inverted_on_both_sides_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^the words must be inverted on one side at most, not on both$"):
        LaneButterfly(2, WIDTH, 1, inverted_input=True, inverted_output=True)


@pytest.mark.parametrize("delay", [0, 3])
def test_delay_that_is_no_power_of_two_is_refused(delay: int) -> None:
    with pytest.raises(ValueError, match=rf"^delay must be a power of two, not {delay}$"):
        TimeButterfly(1, WIDTH, delay, 8)


@pytest.mark.parametrize(("lanes", "distance"), [(4, 3), (4, 4), (1, 1), (4, 0), (6, 4)])
def test_distance_that_pairs_no_lanes_is_refused(lanes: int, distance: int) -> None:
    message = f"distance must be a power of two that pairs {lanes} lanes, not {distance}"
    with pytest.raises(ValueError, match=f"^{message}$"):
        LaneButterfly(lanes, WIDTH, distance)
