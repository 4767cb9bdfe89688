"""The cocotb test bench: streams a whole job through a core and records all that comes out (runs inside the simulator).

One cocotb test for each phase: :data:`~hadamrnn.sim.job.JOB_VARIABLE` in the environment names the job, and a test
writes the record of its phase beside it. The bench judges only what must be seen clock by clock (the rules of
AXI4-Stream, a core that stands still); :mod:`~hadamrnn.sim.cosimulation` compares the records with the reference
afterwards.

The ends of the streams are cocotbext-axi's. A whole beat is one of its "bytes" (``byte_lanes=1``); at the ports that
are listened to, every beat is a frame with ``tlast`` as its ``tuser``, so that a wrong ``tlast`` loses no beat.
"""

import os
import time
from array import array
from collections.abc import Iterable
from pathlib import Path
from typing import Any, ClassVar

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.triggers import RisingEdge
from cocotb.utils import get_sim_steps, get_sim_time
from cocotbext.axi import AxiStreamBus, AxiStreamMonitor, AxiStreamSink, AxiStreamSource

from .job import JOB_VARIABLE, STREAM, TIMING, Phase, Record, Sequence, Transfers
from .stalls import pauses
from .stream_watch import StreamViolation, StreamWatch

PERIOD_NS = 10  # any will do: every figure is in clocks
PORTS = ("s_axis", "m_axis", "m_trace")


class BeatBus(AxiStreamBus):
    """An AXI4-Stream bus on which every beat is a frame of its own, with ``tlast`` as ``tuser``."""

    _signals: ClassVar = {"tdata": "tdata"}
    _optional_signals: ClassVar = {"tvalid": "tvalid", "tready": "tready", "tuser": "tlast"}


class CoreBench:
    """A core with a source at ``s_axis``, sinks at ``m_axis`` and ``m_trace`` (if it has one), and a watch on each."""

    def __init__(self, dut: Any, phase: Phase) -> None:
        self.dut = dut
        self.phase = phase
        self.outputs = ("m_axis", "m_trace") if hasattr(dut, "m_trace_tvalid") else ("m_axis",)
        self.watches = {port: StreamWatch(dut, port) for port in ("s_axis", *self.outputs)}
        self.due = dict.fromkeys(self.watches, 0)  # transfers expected at each port so far
        self.listeners: dict[str, AxiStreamMonitor] = {}
        self.collected = {port: Collected() for port in PORTS}
        self.edge = RisingEdge(dut.clk)
        self.error = dut.error
        self.origin = 0  # simulator time at which the streams were connected
        self.clock = 0  # edges since then
        self.errors = 0

    async def reset(self, clocks: int) -> None:
        """Hold ``rst`` for ``clocks`` edges. Every input is driven before the first one."""
        self.dut.rst.value = 1
        self.dut.s_axis_tvalid.value = 0
        self.dut.s_axis_tdata.value = 0
        self.dut.s_axis_tlast.value = 0
        for port in self.outputs:
            self.dut[f"{port}_tready"].value = 0
        for _ in range(clocks):
            await self.edge
        self.dut.rst.value = 0
        await self.edge
        for port in self.outputs:
            self.watches[port].check_idle()

    async def interrupted_run(self) -> None:
        """Begin a sequence that never ends, and reset the core in the middle of it."""
        beats = [beat for sequence in self.phase.sequences for beat in _values(sequence.beats)]
        position = 0
        self.dut.s_axis_tvalid.value = 1
        for port in self.outputs:
            self.dut[f"{port}_tready"].value = 1
        for _ in range(self.phase.interrupted_clocks):
            self.dut.s_axis_tdata.value = beats[position % len(beats)]
            await self.edge
            position += int(self.dut.s_axis_tready.value)
        await self.reset(clocks=1)

    def connect(self) -> None:
        """Attach the ends of the streams, each with pauses of its own."""
        self.origin = get_sim_time()  # in simulator steps, as frames are stamped
        clk, pattern, seed = self.dut.clk, self.phase.stalls, 3 * self.phase.seed
        self.source = AxiStreamSource(AxiStreamBus.from_prefix(self.dut, "s_axis"), clk, byte_lanes=1)
        self.source.queue_occupancy_limit_frames = 4
        self.source.set_pause_generator(pauses(pattern, seed))
        self.listeners["s_axis"] = AxiStreamMonitor(BeatBus.from_prefix(self.dut, "s_axis"), clk, byte_lanes=1)
        for number, port in enumerate(self.outputs, start=1):
            sink = AxiStreamSink(BeatBus.from_prefix(self.dut, port), clk, byte_lanes=1)
            sink.set_pause_generator(pauses(pattern, seed + number, self.watches[port].is_offered))
            self.listeners[port] = sink

    async def stream(self) -> None:
        """Stream all sequences, all at once or one after the other; returns when the core has been quiet afterwards.

        Raises
        ------
        StreamViolation
            A broken rule, or no transfer at any port for ``phase.patience`` clocks while one was due.
        """
        if self.phase.alone:
            await self._settle()  # from reset to idle
        for batch in self.phase.batches():
            cocotb.start_soon(self._feed(batch))
            for sequence in batch:
                self.due["s_axis"] += len(sequence.beats)
                self.due["m_axis"] += sequence.results
                if "m_trace" in self.due:
                    self.due["m_trace"] += sequence.rows
            await self._until_done()
            await self._settle()

    async def _feed(self, sequences: Iterable[Sequence]) -> None:
        """Hand the sequences to the source as it takes them."""
        for sequence in sequences:
            await self.source.send(_values(sequence.beats))

    async def _until_done(self) -> None:
        quiet = 0
        while any(watch.transfers < self.due[port] for port, watch in self.watches.items()):
            quiet = 0 if await self._one_clock() else quiet + 1
            if quiet > self.phase.patience:
                counts = ", ".join(
                    f"{port} {watch.transfers} of {self.due[port]} beats" for port, watch in self.watches.items()
                )
                raise StreamViolation(f"the core stands still: no transfer for {quiet} clocks, {counts}")

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
        error = self.error.value
        if not error.is_resolvable:
            raise StreamViolation(f"error is unknown (X) at clock {self.clock}")
        self.errors += bool(error)
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

    def record(self, violation: str, seconds: float) -> Record:
        """All that has been seen so far."""
        self._collect()
        transfers = (self.collected[port].transfers(self.origin) for port in PORTS)
        return Record(violation, self.clock, self.errors, seconds, *transfers)


class Collected:
    """The beats transferred at one port so far: data, ``tlast``, and simulator times."""

    def __init__(self) -> None:
        self.beats = bytearray()
        self.last = bytearray()
        self.times = array("q")

    def transfers(self, origin: int) -> Transfers:
        """The same with clocks counted from the time ``origin``."""
        count = len(self.last)
        return Transfers(
            beats=np.frombuffer(bytes(self.beats), dtype=np.uint8).reshape(count, -1 if count else 0),
            last=np.frombuffer(bytes(self.last), dtype=bool),
            clocks=(np.array(self.times, dtype=np.int64) - origin) // get_sim_steps(PERIOD_NS, "ns"),
        )


def _values(beats: np.ndarray) -> list[int]:
    """``tdata`` of beats given as bytes."""
    return [int.from_bytes(beat.tobytes(), "little") for beat in beats]


async def run_phase(dut: Any, name: str) -> None:
    """Run one phase of the job and write its record; a violation is recorded and then fails the cocotb test."""
    folder = Path(os.environ[JOB_VARIABLE])
    bench = CoreBench(dut, Phase.read(folder, name))
    violation = ""
    start = time.perf_counter()
    try:
        Clock(dut.clk, PERIOD_NS, "ns").start(start_high=False)
        await bench.reset(clocks=2)
        if bench.phase.interrupted_clocks:
            await bench.interrupted_run()
        bench.connect()
        await bench.stream()
    except StreamViolation as error:
        violation = str(error)
        raise
    finally:
        bench.record(violation, time.perf_counter() - start).write(folder, name)


@cocotb.test(name=TIMING)
async def timing(dut: Any) -> None:
    """Each sequence alone and nothing held up, for the cycle counts."""
    await run_phase(dut, TIMING)


@cocotb.test(name=STREAM)
async def stream(dut: Any) -> None:
    """All sequences back to back, with stalls."""
    await run_phase(dut, STREAM)
