"""Rows through components that have ``enable``, ``input`` and ``output`` instead of streams."""

import random
from collections.abc import Callable, Sequence
from typing import Any

from amaranth.hdl import Signal
from amaranth.sim import Simulator

from .simulation import plain, simulator_of


def pass_rows(
    component: Any,
    rows: Sequence[Any],
    *,
    outputs: Sequence[str] = ("output",),
    controls: Callable[[int], dict[str, int]] = lambda index: {},
    gaps: float = 0.0,
    seed: int = 0,
) -> list[tuple[Any, ...]]:
    """Give one row per enabled clock; the ``outputs`` just before each enabled clock edge, one tuple per row.

    Parameters
    ----------
    component : Component
    rows : what ``input`` is in each enabled clock
    outputs : names of ports
    controls : the values of further input ports in enabled clock ``index``
    gaps : probability of a clock that is not enabled; ``input`` then holds another row
    seed : int
    """
    chance = random.Random(seed)
    taken: list[tuple[Any, ...]] = []

    async def testbench(ctx: Any) -> None:
        for index, row in enumerate(rows):
            for name, value in controls(index).items():
                ctx.set(getattr(component, name), value)
            while chance.random() < gaps:
                ctx.set(component.enable, 0)
                ctx.set(component.input, chance.choice(rows))
                await ctx.tick()
            ctx.set(component.enable, 1)
            ctx.set(component.input, row)
            sampled = await ctx.tick().sample(*(getattr(component, name) for name in outputs))
            taken.append(tuple(plain(value) for value in sampled[2:]))

    simulator, _ = simulator_of(component)
    simulator.add_testbench(testbench)
    simulator.run()
    return taken


def settle(component: Any, rows: Sequence[Any], outputs: Sequence[Signal]) -> list[tuple[Any, ...]]:
    """The ``outputs`` of a combinational component for each row of ``input``."""
    settled: list[tuple[Any, ...]] = []

    async def testbench(ctx: Any) -> None:
        for row in rows:
            ctx.set(component.input, row)
            settled.append(tuple(plain(ctx.get(output)) for output in outputs))

    simulator = Simulator(component)
    simulator.add_testbench(testbench)
    simulator.run()
    return settled
