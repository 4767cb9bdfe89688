"""The stream buffer is a queue of two places, for all payloads and all stalls: by induction."""

from pathlib import Path

from amaranth.hdl import Assert, Assume, Module, ResetSignal, Signal, unsigned
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from hadamrnn.hw.stream_buffer import StreamBuffer

from .prover import Proof

WIDTH = 4


class Queue(wiring.Component):
    """Claims that ``buffer`` is a queue of two places."""

    input: In(stream.Signature(unsigned(WIDTH)))
    output: Out(stream.Signature(unsigned(WIDTH)))
    probe_spare: In(WIDTH)

    def __init__(self, buffer: wiring.Component) -> None:
        super().__init__()
        self.buffer = buffer

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.buffer = buffer = self.buffer
        wiring.connect(m, wiring.flipped(self.input), buffer.input)
        wiring.connect(m, buffer.output, wiring.flipped(self.output))
        m.d.comb += Assume(~ResetSignal())
        count, first, second = Signal(range(3)), Signal(WIDTH), Signal(WIDTH)
        enters, leaves = Signal(), Signal()
        m.d.comb += [
            enters.eq(self.input.valid & self.input.ready),
            leaves.eq(self.output.valid & self.output.ready),
        ]
        m.d.sync += count.eq(count + enters - leaves)
        after = Signal(range(3))
        m.d.comb += after.eq(count - leaves)
        with m.If(leaves):
            m.d.sync += first.eq(second)
        with m.If(enters):
            with m.If(after == 0):
                m.d.sync += first.eq(self.input.payload)
            with m.Else():
                m.d.sync += second.eq(self.input.payload)
        m.d.comb += [
            Assert(count <= 2),
            Assert(self.output.valid == (count > 0)),
            Assert(self.input.ready == (count < 2)),
        ]
        with m.If(count > 0):
            m.d.comb += Assert(self.output.payload == first)
        with m.If(count == 2):
            m.d.comb += Assert(self.probe_spare == second)
        # The rules of AXI-Stream follow; they are claimed by themselves.
        waiting, payload = Signal(), Signal(WIDTH)
        m.d.sync += [waiting.eq(self.output.valid & ~self.output.ready), payload.eq(self.output.payload)]
        with m.If(waiting):
            m.d.comb += Assert(self.output.valid & (self.output.payload == payload))
        return m


class Impatient(StreamBuffer):
    """Valid falls where the output is not taken for a clock."""

    def elaborate(self, platform: object) -> Module:
        m = super().elaborate(platform)
        with m.If(~self.output.ready & ~self.input.valid):
            m.d.sync += self.output.valid.eq(0)
        return m


def test_it_is_a_queue_of_two_places(tmp_path: Path) -> None:
    assert Proof(Queue(StreamBuffer(WIDTH)), tmp_path, probe_spare="buffer.spare").holds_by_induction(2)


def test_a_buffer_that_gives_up_is_none(tmp_path: Path) -> None:
    assert not Proof(Queue(Impatient(WIDTH)), tmp_path, probe_spare="buffer.spare").holds(4)
