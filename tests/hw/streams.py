"""Streams in Amaranth's simulator: sources and sinks with random back-pressure, and every transfer with its clock."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from amaranth.hdl import Cat, Elaboratable, Signal, ValueLike
from amaranth.lib import data

from .simulation import plain, simulator_of

_QUIET = 12  # clocks that a sink listens on after its last transfer: nothing more may come


@dataclass(frozen=True)
class Port:
    """The three signals of a stream: of a ``stream.Interface``, or of AXI-Stream ports."""

    payload: ValueLike
    valid: Signal
    ready: Signal


def axi_port(core: object, name: str) -> Port:
    """The AXI-Stream port ``name`` of a component, with a payload of ``data``, ``last`` and, if it has one, ``id``."""
    signals = {"data": getattr(core, f"{name}_tdata"), "last": getattr(core, f"{name}_tlast")}
    if hasattr(core, f"{name}_tid"):
        signals["id"] = getattr(core, f"{name}_tid")
    layout = data.StructLayout({field: len(signal) for field, signal in signals.items()})
    payload = data.View(layout, Cat(*signals.values()))
    return Port(payload, getattr(core, f"{name}_tvalid"), getattr(core, f"{name}_tready"))


@dataclass(frozen=True)
class Transfer:
    """One transfer: its payload as plain Python values, and the number of the clock edge it happened at."""

    payload: Any
    clock: int


class StreamBench:
    """Runs a component with sources and sinks on its streams.

    Parameters
    ----------
    component : Elaboratable
    stall : float
        Probability with which a source or a sink lets a clock pass, each by itself.
    seed : int
    patient : bool
        Whether every sink waits for valid before it raises ready.
    limit : int
        Clocks after which a source or a sink that is not through fails.
    """

    def __init__(
        self,
        component: Elaboratable,
        *,
        stall: float = 0.0,
        seed: int = 0,
        patient: bool = False,
        limit: int = 20_000,
    ) -> None:
        self.stall = stall
        self.patient = patient
        self.limit = limit
        self.simulator, self.domain = simulator_of(component)
        self._random = random.Random(seed)

    def send(self, port: Any, payloads: Iterable[Any], *, start: int = 0, until: int | None = None) -> list[Transfer]:
        """Send ``payloads`` from clock ``start`` on; the list fills with the transfers while :meth:`run` runs.

        What has not been taken after clock ``until`` is not sent.
        """
        sent: list[Transfer] = []
        chance = random.Random(self._random.random())

        async def source(ctx: Any) -> None:
            clock = 0
            for payload in payloads:
                while clock < start or chance.random() < self.stall:
                    await ctx.tick()
                    clock += 1
                ctx.set(port.payload, payload)
                ctx.set(port.valid, 1)
                taken = False
                while not taken:
                    if until is not None and clock >= until:
                        ctx.set(port.valid, 0)
                        return
                    assert clock < self.limit, f"the source waits for ready, {len(sent)} transfers done"
                    _, _, taken = await ctx.tick().sample(port.ready)
                    clock += 1
                sent.append(Transfer(payload, clock))
                ctx.set(port.valid, 0)

        self.simulator.add_testbench(source)
        return sent

    def receive(self, port: Any, count: int, *, start: int = 0) -> list[Transfer]:
        """Receive exactly ``count`` payloads; the list fills with the transfers while :meth:`run` runs.

        What is transferred up to clock ``start`` is taken and forgotten.
        Fails where valid falls or a payload changes before it was taken, and where more than ``count`` come.
        """
        received: list[Transfer] = []
        chance = random.Random(self._random.random())

        async def sink(ctx: Any) -> None:
            clock, quiet, offered = 0, 0, None
            while quiet < _QUIET:
                assert clock < self.limit, f"the sink waits for valid, {len(received)} of {count} transfers done"
                ready = chance.random() >= self.stall and (offered is not None or not self.patient)
                ctx.set(port.ready, ready)
                _, _, valid, payload = await ctx.tick().sample(port.valid, port.payload)
                clock += 1
                if clock <= start:
                    continue
                payload = plain(payload) if valid else None
                assert offered is None or payload == offered, f"the offer {offered} became {payload}"
                offered = None if ready else payload
                if valid and ready:
                    received.append(Transfer(payload, clock))
                    assert len(received) <= count, f"a transfer after the last one: {payload}"
                quiet += len(received) == count

        self.simulator.add_testbench(sink)
        return received

    def count_high(self, signal: Signal) -> list[int]:
        """The clocks at which ``signal`` is high; the list fills while :meth:`run` runs."""
        clocks: list[int] = []

        async def watch(ctx: Any) -> None:
            clock = 0
            async for _, _, high in ctx.tick().sample(signal):
                clock += 1
                if high:
                    clocks.append(clock)

        self.simulator.add_testbench(watch, background=True)
        return clocks

    def reset(self, clock: int) -> None:
        """Hold the synchronous reset for the one clock that follows clock ``clock``."""

        async def pulse(ctx: Any) -> None:
            await ctx.tick().repeat(clock)
            ctx.set(self.domain.rst, 1)
            await ctx.tick()
            ctx.set(self.domain.rst, 0)

        self.simulator.add_testbench(pulse)

    def run(self) -> None:
        """Run until every source and sink is through."""
        self.simulator.run()


def payloads_of(transfers: Sequence[Transfer]) -> list[Any]:
    """What was transferred, without the clocks."""
    return [transfer.payload for transfer in transfers]
