"""Frames from the store to beats of the core, and the answer to each."""

from amaranth.hdl import Array, Module, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from .frame_receiver import NOTE
from .protocol import FIRST, LAST, Fault, FrameType

REPLY = data.StructLayout({"type": 8, "number": 8, "fault": 8, "dropped": 1})
"""An answer: the type and the number of its frame; for a FAULT the fault, and whether a sequence was dropped."""


class FrameProcessor(wiring.Component):
    """Takes frames one after the other, feeds what they hold to the core, and asks for one reply to each.

    One sequence is in the core at a time: the first beat of the next one waits until all results of the one before it
    have been sent. So the core can be reset to drop a sequence without touching another one. After a fault all DATA is
    taken and ignored up to the next frame that begins a sequence. A sequence that the core refuses is such a fault: no
    result is waited for that will not come.

    Throughput: a beat in ``beat_bytes`` + 2 clocks while the core keeps up.

    Parameters
    ----------
    beat_bytes : bytes of a beat of the core's input
    beats_per_step : beats of a step
    every_step : whether each step has a result

    Members
    -------
    byte : ``In(stream.Signature(8))``
        From the store.
    beat : ``Out(stream.Signature(data.StructLayout({"data": 8 * beat_bytes, "last": 1})))``
        To the core.
    refused : ``In(1)``
        The core's ``error``: high in the clock after a beat was taken that makes its sequence malformed.
    result_sent : ``In(1)``
        High for one clock for each whole result that was sent.
    sequence : ``Out(8)``
        Number of the frame that began the sequence in the core.
    drop : ``Out(1)``
        Reset the core now. High in the clock in which a reply is taken.
    reply : ``Out(stream.Signature(REPLY))``
    """

    def __init__(self, *, beat_bytes: int, beats_per_step: int, every_step: bool) -> None:
        self.beat_bytes = beat_bytes
        self.beats_per_step = beats_per_step
        self.every_step = every_step
        super().__init__(
            {
                "byte": In(stream.Signature(8)),
                "beat": Out(stream.Signature(data.StructLayout({"data": 8 * beat_bytes, "last": 1}))),
                "refused": In(1),
                "result_sent": In(1),
                "sequence": Out(8),
                "drop": Out(1),
                "reply": Out(stream.Signature(REPLY)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        frame = _Frame(self.beat_bytes, self.beats_per_step)
        final = Signal()
        m.d.comb += [
            final.eq(frame.ends & (frame.left == 0)),
            self.beat.payload.data.eq(frame.beat),
            self.beat.payload.last.eq(final),
            self.reply.payload.number.eq(frame.number),
            self.reply.payload.fault.eq(frame.fault),
            self.reply.payload.dropped.eq(frame.open),
        ]
        beat_taken = self.beat.valid & self.beat.ready
        owed = beat_taken & (frame.whole_step if self.every_step else final)
        m.d.sync += frame.awaited.eq(frame.awaited + owed - self.result_sent)
        with m.FSM():
            self._read_header(m, frame)
            self._decide(m, frame)
            self._feed(m, frame)
            self._send_beat(m, frame, final)
            self._skip(m, frame)
            self._reply(m, frame)
        with m.If(self.drop):
            m.d.sync += [frame.open.eq(0), frame.awaited.eq(0)]
        return m

    def _read_header(self, m: Module, frame: "_Frame") -> None:
        with m.State("header"):
            m.d.comb += self.byte.ready.eq(1)
            with m.If(self.byte.valid):
                m.d.sync += [frame.header[frame.field].eq(self.byte.payload), frame.field.eq(frame.field + 1)]
                with m.If(frame.field == 2):
                    m.d.sync += [frame.field.eq(0), frame.fault.eq(0)]
                    m.next = "decide"

    def _decide(self, m: Module, frame: "_Frame") -> None:
        """What becomes of the frame, by its header alone."""
        with m.State("decide"):
            with m.If(frame.kind == NOTE):
                m.d.sync += frame.fault.eq(frame.number)
                m.next = "skip"
            with m.Elif(frame.kind == FrameType.IDENTIFY):
                with m.If(frame.left != 0):
                    frame.refuse(m, Fault.LENGTH)
                with m.Elif(frame.open | (frame.awaited == 0)):
                    m.next = "identify"
            with m.Elif(~frame.is_data):
                frame.refuse(m, Fault.TYPE)
            with m.Elif(frame.left == 0):
                frame.refuse(m, Fault.LENGTH)
            with m.Elif(frame.begins & ~frame.open), m.If(frame.awaited == 0):
                m.d.sync += [frame.open.eq(1), frame.ignoring.eq(0)]
                m.d.sync += [self.sequence.eq(frame.number), frame.expected.eq(frame.number + 1)]
                m.d.sync += [frame.place.eq(0), frame.position.eq(0)]
                m.next = "feed"
            with m.Elif(frame.ignoring):
                m.next = "skip"
            with m.Elif(frame.begins | ~frame.open | (frame.number != frame.expected)):
                frame.refuse(m, Fault.ORDER)
            with m.Else():
                m.d.sync += frame.expected.eq(frame.number + 1)
                m.next = "feed"

    def _feed(self, m: Module, frame: "_Frame") -> None:
        """Bytes to beats; a frame may end within a beat, a sequence may not."""
        with m.State("feed"):
            m.d.comb += self.byte.ready.eq(1)
            with m.If(self.byte.valid):
                m.d.sync += [
                    frame.beat.word_select(frame.place, 8).eq(self.byte.payload),
                    frame.left.eq(frame.left - 1),
                ]
                with m.If(frame.place == self.beat_bytes - 1):
                    m.d.sync += frame.place.eq(0)
                    m.next = "beat"
                with m.Else():
                    m.d.sync += frame.place.eq(frame.place + 1)
                    with m.If(frame.left == 1):
                        m.next = "part of a beat"
        with m.State("part of a beat"):
            with m.If(frame.ends):
                frame.refuse(m, Fault.STEP)
            with m.Else():
                m.next = "taken"

    def _send_beat(self, m: Module, frame: "_Frame", final: Signal) -> None:
        with m.State("beat"):
            with m.If(final & ~frame.whole_step):
                frame.refuse(m, Fault.STEP)
            with m.Else():
                m.d.comb += self.beat.valid.eq(1)
                with m.If(self.beat.ready):
                    m.d.sync += frame.position.eq(frame.position + 1)
                    with m.If(frame.whole_step):
                        m.d.sync += frame.position.eq(0)
                    m.next = "beat taken"
        with m.State("beat taken"):
            with m.If(self.refused):  # the sequence is still open: the fault resets the core and what it owes
                frame.refuse(m, Fault.INDEX)
            with m.Elif(frame.left != 0):
                m.next = "feed"
            with m.Else():
                m.d.sync += frame.open.eq(~frame.ends)
                m.next = "taken"

    def _skip(self, m: Module, frame: "_Frame") -> None:
        with m.State("skip"):
            m.d.comb += self.byte.ready.eq(frame.left != 0)
            with m.If(frame.left == 0):
                m.next = "taken"
                with m.If(frame.fault != 0):
                    m.next = "fault"
            with m.Elif(self.byte.valid):
                m.d.sync += frame.left.eq(frame.left - 1)

    def _reply(self, m: Module, frame: "_Frame") -> None:
        with m.State("taken"):
            m.d.comb += [self.reply.valid.eq(1), self.reply.payload.type.eq(FrameType.TAKEN)]
            with m.If(self.reply.ready):
                m.next = "header"
        with m.State("identify"):
            m.d.comb += [self.reply.valid.eq(1), self.reply.payload.type.eq(FrameType.IDENTITY)]
            with m.If(self.reply.ready):
                m.d.comb += self.drop.eq(frame.open)
                m.d.sync += frame.ignoring.eq(0)
                m.next = "header"
        with m.State("fault"):
            m.d.comb += [self.reply.valid.eq(1), self.reply.payload.type.eq(FrameType.FAULT)]
            m.d.comb += self.reply.payload.number.eq(self.sequence)
            with m.If(self.reply.ready):
                m.d.comb += self.drop.eq(frame.open)
                m.d.sync += frame.ignoring.eq(1)
                m.next = "header"


class _Frame:
    """What the processor knows of the frame at hand, and of the sequence that it belongs to."""

    def __init__(self, beat_bytes: int, beats_per_step: int) -> None:
        assert (FIRST, LAST) == (1, 2)
        self.kind = Signal(8)
        self.number = Signal(8)
        self.left = Signal(8)  # bytes of the payload that are still to come
        self.header = Array([self.kind, self.number, self.left])
        self.field = Signal(range(3))
        self.fault = Signal(8)  # not 0 while a frame that has one is skipped
        self.begins, self.ends = self.kind[0], self.kind[1]
        self.is_data = self.kind[2:] == FrameType.DATA >> 2
        self.expected = Signal(8)
        self.open = Signal()
        self.ignoring = Signal()
        self.awaited = Signal(16)  # results that the core owes or has
        self.place = Signal(range(beat_bytes))
        self.position = Signal(range(beats_per_step))
        self.whole_step = self.position == beats_per_step - 1
        self.beat = Signal(8 * beat_bytes, reset_less=True)

    def refuse(self, m: Module, reason: Fault) -> None:
        """Skip the rest of the frame, and answer with a fault."""
        m.d.sync += self.fault.eq(reason)
        m.next = "skip"
