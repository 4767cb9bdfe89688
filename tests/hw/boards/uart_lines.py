"""What the tests of the UART see on its line."""

import random
from typing import Any

from amaranth.hdl import Signal

from ..streams import StreamBench


def line_of(byte: int, divisor: int) -> list[int]:
    """A byte on the line, clock by clock."""
    return [bit for bit in [0, *(byte >> place & 1 for place in range(8)), 1] for _ in range(divisor)]


def drive(bench: StreamBench, rx: Signal, levels: list[int]) -> None:
    """Set ``rx`` to each of ``levels`` for a clock."""

    async def source(ctx: Any) -> None:
        for level in levels:
            ctx.set(rx, level)
            await ctx.tick()

    bench.simulator.add_testbench(source)


def record(bench: StreamBench, signal: Signal) -> list[int]:
    """The value of ``signal`` at every clock edge; the list fills while the bench runs."""
    levels: list[int] = []

    async def watch(ctx: Any) -> None:
        async for _, _, level in ctx.tick().sample(signal):
            levels.append(level)

    bench.simulator.add_testbench(watch, background=True)
    return levels


def random_bytes(count: int, seed: int = 0) -> list[int]:
    """Bytes, a third of them 0 or 255."""
    generator = random.Random(seed)
    return [generator.choice([generator.randrange(256), generator.randrange(256), 0, 255]) for _ in range(count)]
