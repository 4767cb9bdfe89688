"""Bytes of the line to frames in the store: finds, checks and keeps whole frames, and notes what was wrong."""

from collections.abc import Iterator
from contextlib import contextmanager

from amaranth.hdl import Array, Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from . import protocol
from .protocol import Fault, FrameType

NOTE = FrameType.FAULT
"""Type of what the receiver writes into the store in place of a bad frame: this, the fault, and a length of 0."""


class FrameReceiver(wiring.Component):
    """Writes each whole frame whose checksum is right into a :class:`~hadamrnn.hw.boards.frame_store.FrameStore`:
    type, number, length, payload.

    Bytes outside of frames are skipped. In place of a frame that is bad or does not fit goes a note of the fault, so
    that the reader learns of it in the order of the frames; where there is no room for the note either, none.

    Throughput: one byte in 12 clocks, of which the bytes of a UART are never closer.

    Parameters
    ----------
    silence_clocks : clocks without a byte after which a frame is given up

    Members
    -------
    byte : ``In(stream.Signature(8, always_ready=True))``
    broken : ``In(1)``
        The line brought something that is no byte.
    write, data, confirm, take_back : ``Out``
    room : ``In(1)``
        As :class:`~hadamrnn.hw.boards.frame_store.FrameStore` has them.
    """

    def __init__(self, silence_clocks: int) -> None:
        self.silence_clocks = silence_clocks
        super().__init__(
            {
                "byte": In(stream.Signature(8, always_ready=True)),
                "broken": In(1),
                "write": Out(1),
                "data": Out(8),
                "confirm": Out(1),
                "take_back": Out(1),
                "room": In(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.checksum = checksum = protocol.CHECKSUM(8).create()
        value, arrives = self.byte.payload, self.byte.valid
        fault = Signal(Fault)
        quiet = Signal(range(self.silence_clocks + 1))
        silent = Signal()
        m.d.comb += [checksum.data.eq(value), self.data.eq(value)]
        m.d.sync += [quiet.eq(quiet + 1), silent.eq((quiet == self.silence_clocks) & ~arrives)]
        with m.If(arrives):
            m.d.sync += quiet.eq(0)
        states = _States(self, m, fault, silent, checksum.valid)
        with m.FSM():
            with m.State("hunt"):
                m.d.comb += checksum.start.eq(1)
                with m.If(arrives & (value == protocol.START)):
                    m.next = "type"
            self._read(m, states)
            with m.State("decide"):
                with m.If(checksum.match_detected):
                    m.next = "confirm"
                with m.Else():
                    states.refuse(Fault.CHECKSUM)
            self._note(m, fault)
            with m.State("confirm"):
                m.d.comb += self.confirm.eq(1)
                m.next = "hunt"
        return m

    def _read(self, m: Module, states: "_States") -> None:
        """From the type of a frame to its checksum."""
        value, left = self.byte.payload, Signal(8, name="left")
        with states.keeping("type"):
            m.next = "number"
            with m.If(value[7]):  # not from a host: notes are of such a type
                states.refuse(Fault.TYPE)
        with states.keeping("number"):
            m.next = "length"
        with states.keeping("length"):
            m.d.sync += left.eq(value)
            m.next = "length high"
        with states.reading("length high"):
            m.next = "payload"
            with m.If(left == 0):
                m.next = "checksum high"
            with m.If(value != 0):
                states.refuse(Fault.LENGTH)
        with states.keeping("payload"):
            m.d.sync += left.eq(left - 1)
            with m.If(left == 1):
                m.next = "checksum high"
        with states.reading("checksum high"):
            m.next = "checksum low"
        with states.reading("checksum low"):
            m.next = "decide"

    def _note(self, m: Module, fault: Signal) -> None:
        """Take a bad frame back and, where there is room, note its fault."""
        place = Signal(2)
        with m.State("bad"):
            m.d.comb += self.take_back.eq(1)
            m.d.sync += place.eq(0)
            m.next = "recount"
        with m.State("recount"):  # until the store knows its room
            m.d.sync += place.eq(place + 1)
            with m.If(place == 3):
                m.next = "hunt"
                with m.If(self.room):
                    m.next = "note"
        with m.State("note"):
            m.d.comb += [self.write.eq(1), self.data.eq(Array([NOTE, fault, 0])[place])]
            m.d.sync += place.eq(place + 1)
            with m.If(place == 2):
                m.next = "confirm"


class _States:
    """States inside a frame: what they have in common, in which a frame can be given up."""

    def __init__(self, receiver: FrameReceiver, m: Module, fault: Signal, silent: Signal, summed: Signal) -> None:
        self._receiver = receiver
        self._m = m
        self._fault = fault
        self._silent = silent
        self._summed = summed

    def refuse(self, reason: Fault) -> None:
        """Give the frame up."""
        self._m.d.sync += self._fault.eq(reason)
        self._m.next = "bad"

    @contextmanager
    def reading(self, state: str) -> Iterator[None]:
        """A state inside a frame, and what happens there when the next byte arrives."""
        m = self._m
        with m.State(state):
            with m.If(self._receiver.broken):
                self.refuse(Fault.LINE)
            with m.Elif(self._silent):
                self.refuse(Fault.SILENCE)
            with m.Elif(self._receiver.byte.valid):
                m.d.comb += self._summed.eq(1)
                yield

    @contextmanager
    def keeping(self, state: str) -> Iterator[None]:
        """The same where the byte goes into the store."""
        m = self._m
        with self.reading(state):
            with m.If(~self._receiver.room):
                self.refuse(Fault.OVERRUN)
            with m.Else():
                m.d.comb += self._receiver.write.eq(1)
                yield
