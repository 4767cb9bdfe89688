"""The counter of rows."""

import random
from typing import Any

import pytest

from hadamrnn.hw.row_counter import RowCounter

from .simulation import simulator_of


def counts(counter: RowCounter, enables: list[bool]) -> list[tuple[int, int]]:
    """``count`` and ``next_count`` before each clock edge."""
    seen: list[tuple[int, int]] = []

    async def testbench(ctx: Any) -> None:
        for enable in enables:
            ctx.set(counter.enable, enable)
            seen.append((ctx.get(counter.count), ctx.get(counter.next_count)))
            await ctx.tick()

    simulator, _ = simulator_of(counter)
    simulator.add_testbench(testbench)
    simulator.run()
    return seen


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 8, 9])
def test_row_counter_counts_enabled_clocks(limit: int) -> None:
    generator = random.Random(limit)
    enables = [True] * (2 * limit) + [generator.random() < 0.5 for _ in range(6 * limit)]
    expected = []
    count = 0
    for enable in enables:
        expected.append((count, (count + 1) % limit))
        count = (count + enable) % limit
    assert counts(RowCounter(limit), enables) == expected


def test_counter_limit_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^limit must be at least 1, not 0$"):
        RowCounter(0)
