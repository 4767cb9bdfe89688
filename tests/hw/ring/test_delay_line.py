"""Delay lines as registers and as memories, and the counter that addresses them."""

import random

import pytest

from hadamrnn.hw.ring.delay_line import DelayLine

from ..rows import pass_rows

LANES, WIDTH = 2, 5
LOW, HIGH = -(1 << (WIDTH - 1)), (1 << (WIDTH - 1)) - 1


def random_rows(count: int, seed: int) -> list[list[int]]:
    generator = random.Random(seed)
    corners = [[LOW, HIGH], [HIGH, LOW], [0, -1]]
    return corners + [[generator.randint(LOW, HIGH) for _ in range(LANES)] for _ in range(count - len(corners))]


@pytest.mark.parametrize("gaps", [0.0, 0.5])
@pytest.mark.parametrize("memory_depth", [2, 100])
@pytest.mark.parametrize("depth", [1, 2, 3, 4, 7, 8, 13])
def test_output_is_the_input_of_depth_enabled_clocks_ago(depth: int, memory_depth: int, gaps: float) -> None:
    line = DelayLine(LANES, WIDTH, depth, memory_depth)
    assert line.uses_memory == (depth >= memory_depth)
    rows = random_rows(4 * depth + 5, seed=depth)

    def addresses(index: int) -> dict[str, int]:
        return {"address": index % depth, "next_address": (index + 1) % depth}

    delayed = pass_rows(line, rows, controls=addresses, gaps=gaps, seed=depth)
    assert [row for (row,) in delayed[depth:]] == rows[:-depth]


@pytest.mark.parametrize("start", [1, 2, 4])
def test_address_may_start_anywhere(start: int) -> None:
    depth = 5
    rows = random_rows(3 * depth, seed=start)

    def addresses(index: int) -> dict[str, int]:
        return {"address": (index + start) % depth, "next_address": (index + start + 1) % depth}

    delayed = pass_rows(DelayLine(LANES, WIDTH, depth, 2), rows, controls=addresses)
    assert [row for (row,) in delayed[depth:]] == rows[:-depth]


@pytest.mark.parametrize("depth", [0, -1])
def test_depth_below_one_is_refused(depth: int) -> None:
    with pytest.raises(ValueError, match=rf"^depth must be at least 1, not {depth}$"):
        DelayLine(LANES, WIDTH, depth, 8)


def test_memory_of_one_row_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^memory_depth must be at least 2, not 1$"):
        DelayLine(LANES, WIDTH, 1, 1)
