"""The cocotb test bench: streams a whole job through a core and records all that comes out (runs inside the simulator).

One cocotb test for each phase: :data:`~hadamrnn.sim.job.JOB_VARIABLE` in the environment names the job, and a test
writes the record of its phase beside it. The bench judges only what must be seen clock by clock (the rules of
AXI4-Stream, a core that stands still); :mod:`~hadamrnn.sim.cosimulation` compares the records with the reference
afterwards.

The ends of the streams are cocotbext-axi's. A whole beat is one of its "bytes" (``byte_lanes=1``); at the ports that
are listened to, every beat is a frame with ``tlast`` as its ``tuser``, so that a wrong ``tlast`` loses no beat.
"""

import os
import random
import time
from collections.abc import Iterable
from itertools import cycle, product
from pathlib import Path
from typing import Any, ClassVar

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.triggers import RisingEdge
from cocotb.utils import get_sim_steps, get_sim_time
from cocotbext.axi import AxiStreamBus, AxiStreamMonitor, AxiStreamSink, AxiStreamSource

from .collected import Collected, joined
from .job import JOB_VARIABLE, RESETS, STREAM, TIMING, Phase, Record, Sequence
from .probe import Probe
from .stalls import pauses
from .stream_watch import StreamViolation, StreamWatch

PERIOD_NS = 10  # any will do: every figure is in clocks
BEATS_TOO_MANY = 1000  # from a core that never stops sending, which must not keep the bench for ever
GAP = 300  # the most clocks that a channel has nothing to send between two sequences, below any phase's patience


class BeatBus(AxiStreamBus):
    """An AXI4-Stream bus on which every beat is a frame of its own, with ``tlast`` as ``tuser``, and any ``tid``."""

    _signals: ClassVar = {"tdata": "tdata"}
    _optional_signals: ClassVar = {"tvalid": "tvalid", "tready": "tready", "tuser": "tlast", "tid": "tid"}


class CoreBench:
    """A core with a source at ``s_axis``, or one for each channel, sinks at ``m_axis`` and ``m_trace`` (if it has one).

    Every port has a watch.
    """

    def __init__(self, dut: Any, phase: Phase) -> None:
        self.dut = dut
        self.phase = phase
        self.inputs = tuple(f"s{i}_axis" for i in range(len(dut.error))) if len(dut.error) > 1 else ("s_axis",)
        self.outputs = ("m_axis", "m_trace") if hasattr(dut, "m_trace_tvalid") else ("m_axis",)
        self.watches = {port: StreamWatch(dut, port) for port in (*self.inputs, *self.outputs)}
        self.due = dict.fromkeys(self.watches, 0)  # transfers expected at each port so far
        self.listeners: dict[str, AxiStreamMonitor] = {}
        self.collected = {port: Collected() for port in (*self.inputs, "m_axis", "m_trace")}
        self.sources: list[AxiStreamSource] = []
        self.edge = RisingEdge(dut.clk)
        self.error = dut.error
        self.origin = 0  # simulator time at which the streams were connected
        self.clock = 0  # edges since then
        self.errors = [0] * len(self.inputs)
        self.probe = Probe(dut, *phase.window) if any(phase.window) else None

    async def reset(self, clocks: int) -> None:
        """Hold ``rst`` for ``clocks`` edges. Every input is driven before the first one."""
        self.dut.rst.value = 1
        for port, signal in product(self.inputs, ("tvalid", "tdata", "tlast")):
            self.dut[f"{port}_{signal}"].value = 0
        for port in self.outputs:
            self.dut[f"{port}_tready"].value = 0
        for _ in range(clocks):
            await self.edge
        self.dut.rst.value = 0
        await self.edge
        for port in self.outputs:
            self.watches[port].check_idle()

    async def interrupt(self, clocks: int) -> None:
        """Stream for ``clocks`` clocks, and reset the core in the middle of whatever that was.

        The rules of the streams hold until then; of what came, nothing is kept.
        """
        errors = self.errors
        feeding = [
            cocotb.start_soon(self._feed(channel, cycle(one for one in self.phase.sequences if one.channel == channel)))
            for channel in range(len(self.inputs))
        ]
        for _ in range(clocks):
            await self._one_clock()
        for feed in feeding:
            feed.cancel()
        ends = (*self.sources, *self.listeners.values())
        for end in ends:
            end.assert_reset(True)
        for source in self.sources:
            source.clear()
        self.dut.rst.value = 1
        await self.edge
        self.dut.rst.value = 0
        self.clock += 1
        self._collect()
        for port, watch in self.watches.items():
            watch.forget(self.due[port])
            self.collected[port].cut(self.due[port])
        self.errors = errors
        for end in ends:
            end.assert_reset(False)
        await self._one_clock()
        for port in self.outputs:
            self.watches[port].check_idle()

    def connect(self) -> None:
        """Attach the ends of the streams, each with pauses of its own."""
        self.origin = get_sim_time()  # in simulator steps, as frames are stamped
        clk, pattern, seed = self.dut.clk, self.phase.stalls, 3 * self.phase.seed
        for channel, port in enumerate(self.inputs):
            source = AxiStreamSource(AxiStreamBus.from_prefix(self.dut, port), clk, byte_lanes=1)
            source.queue_occupancy_limit_frames = 4
            source.set_pause_generator(pauses(pattern, seed + 1000 * channel))
            self.sources.append(source)
            self.listeners[port] = AxiStreamMonitor(BeatBus.from_prefix(self.dut, port), clk, byte_lanes=1)
        for number, port in enumerate(self.outputs, start=1):
            sink = AxiStreamSink(BeatBus.from_prefix(self.dut, port), clk, byte_lanes=1)
            sink.set_pause_generator(pauses(pattern, seed + number, self.watches[port].is_offered))
            self.listeners[port] = sink

    async def stream(self) -> None:
        """Stream all sequences, all at once or one after the other; returns when the core has been quiet afterwards.

        Raises
        ------
        StreamViolation
            A broken rule, no transfer at any port for ``phase.patience`` clocks while one was due, or
            :data:`BEATS_TOO_MANY` at one while another waits.
        """
        if self.phase.alone:
            await self._settle()  # from reset to idle
        for clocks, batch in zip(self.phase.all_interruptions(), self.phase.batches(), strict=False):
            if clocks:
                await self.interrupt(clocks)
            for channel in range(len(self.inputs)):
                cocotb.start_soon(self._feed(channel, [one for one in batch if one.channel == channel]))
            for sequence in batch:
                self.due[self.inputs[sequence.channel]] += len(sequence.beats)
                self.due["m_axis"] += sequence.results
                if "m_trace" in self.due:
                    self.due["m_trace"] += sequence.rows
            await self._until_done()
            await self._settle()

    async def _feed(self, channel: int, sequences: Iterable[Sequence]) -> None:
        """Hand the sequences, also without an end, to the source as it takes them.

        Those of several channels come with gaps, where there are stalls.
        """
        source, generator = self.sources[channel], random.Random(f"{self.phase.seed} {channel}")
        gaps = len(self.inputs) > 1 and self.phase.stalls != "none"
        for sequence in sequences:
            if gaps and generator.random() < 0.5:
                await source.wait()
                for _ in range(generator.randint(1, GAP)):
                    await self.edge
            await source.send(_values(sequence.beats))

    async def _until_done(self) -> None:
        quiet = 0
        while any(watch.transfers < self.due[port] for port, watch in self.watches.items()):
            quiet = 0 if await self._one_clock() else quiet + 1
            if quiet > self.phase.patience:
                raise StreamViolation(f"the core stands still: no transfer for {quiet} clocks, {self._counts()}")
            if any(watch.transfers > self.due[port] + BEATS_TOO_MANY for port, watch in self.watches.items()):
                raise StreamViolation(f"the core sends without an end: {self._counts()}")

    def _counts(self) -> str:
        """How far each port has come."""
        return ", ".join(f"{port} {watch.transfers} of {self.due[port]} beats" for port, watch in self.watches.items())

    async def _settle(self) -> None:
        """Wait for what must not come; one beat too many is enough to know."""
        for _ in range(self.phase.settle):
            await self._one_clock()
            if any(watch.transfers > self.due[port] for port, watch in self.watches.items()):
                return

    async def _one_clock(self) -> bool:
        """Check one edge, and return whether anything was transferred there."""
        await self.edge
        self.clock += 1
        if self.probe is not None:
            self.probe.sample(self.clock)
        error = self.error.value
        if not error.is_resolvable:
            raise StreamViolation(f"error is unknown (X) at clock {self.clock}")
        if error:
            self.errors = [count + (int(error) >> channel & 1) for channel, count in enumerate(self.errors)]
        if self.clock % 4096 == 0:
            self._collect()
        moved = False
        for watch in self.watches.values():
            moved |= watch.sample(self.clock)
        return moved

    def _collect(self) -> None:
        """Keep what the listeners have heard in a few bytes a beat: their frames take a hundred times as many."""
        for port, listener in self.listeners.items():
            collected, count = self.collected[port], listener.width // 8
            while not listener.empty():
                frame = listener.recv_nowait(compact=False)
                collected.beats += int(frame.tdata[0]).to_bytes(count, "little")
                collected.last.append(frame.tuser[0])
                collected.times.append(frame.sim_time_start)
                if len(self.inputs) > 1 and port in self.outputs:
                    collected.channels.append(int(frame.tid[0]))

    def record(self, violation: str, seconds: float) -> Record:
        """All that has been seen so far."""
        self._collect()
        counted = self.origin, get_sim_steps(PERIOD_NS, "ns")
        inputs = [self.collected[port].transfers(*counted, number) for number, port in enumerate(self.inputs)]
        outputs = (self.collected[port].transfers(*counted) for port in ("m_axis", "m_trace"))
        return Record(
            violation,
            self.clock,
            sum(self.errors),
            seconds,
            joined(inputs),
            *outputs,
            channel_errors=tuple(self.errors) if len(self.inputs) > 1 else (),
            waited={port: (watch.transfers, watch.waited) for port, watch in self.watches.items()},
        )


def _values(beats: np.ndarray) -> list[int]:
    """``tdata`` of beats given as bytes."""
    return [int.from_bytes(beat.tobytes(), "little") for beat in beats]


async def run_phase(dut: Any, name: str) -> None:
    """Run one phase of the job and write its record; a violation is recorded and then fails the cocotb test.

    Nothing happens where the job has no such phase: whoever wrote the job misses the record of one that it has.
    """
    folder = Path(os.environ[JOB_VARIABLE])
    if not Phase.is_in(folder, name):
        return
    bench = CoreBench(dut, Phase.read(folder, name))
    violation = ""
    start = time.perf_counter()
    try:
        Clock(dut.clk, PERIOD_NS, "ns").start(start_high=False)
        await bench.reset(clocks=2)
        bench.connect()
        await bench.stream()
    except StreamViolation as error:
        violation = str(error)
        raise
    finally:
        bench.record(violation, time.perf_counter() - start).write(folder, name)
        if bench.probe is not None:
            bench.probe.write(folder / f"{name}.vcd")


@cocotb.test(name=TIMING)
async def timing(dut: Any) -> None:
    """Each sequence alone and nothing held up, for the cycle counts."""
    await run_phase(dut, TIMING)


@cocotb.test(name=STREAM)
async def stream(dut: Any) -> None:
    """All sequences back to back, with stalls."""
    await run_phase(dut, STREAM)


@cocotb.test(name=RESETS)
async def resets(dut: Any) -> None:
    """Each sequence after a reset in the middle of others."""
    await run_phase(dut, RESETS)
