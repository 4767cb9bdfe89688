"""Replies and results to frames on the line."""

from amaranth.hdl import Array, Module, Mux, Signal, ValueLike
from amaranth.lib import stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from . import protocol
from .frame_processor import REPLY
from .protocol import FrameType


class FrameTransmitter(wiring.Component):
    """Sends frames: the replies that are asked for and, in between, results as they come.

    A frame is sent whole before the next one is begun. A reply is taken, with its ready, only between two frames; so
    whatever is to be done at that moment falls into no result.

    Parameters
    ----------
    identity : bytes
        Payload of an IDENTITY.
    result_bytes : bytes of a result, from 1 to 65535

    Members
    -------
    reply : ``In(stream.Signature(REPLY))``
    sequence : ``In(8)``
        The number for the frames of results.
    result : ``In(stream.Signature(8))``
        ``result_bytes`` bytes for each result.
    result_sent : ``Out(1)``
        High for one clock when the last byte of a result was taken.
    byte : ``Out(stream.Signature(8))``
        To the line.
    """

    def __init__(self, identity: bytes, result_bytes: int) -> None:
        self.identity = identity
        self.result_bytes = result_bytes
        super().__init__(
            {
                "reply": In(stream.Signature(REPLY)),
                "sequence": In(8),
                "result": In(stream.Signature(8)),
                "result_sent": Out(1),
                "byte": Out(stream.Signature(8)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.checksum = checksum = protocol.CHECKSUM(8).create()
        m.submodules.identity = memory = Memory(shape=8, depth=len(self.identity), init=self.identity)
        identity = memory.read_port()
        lengths = {FrameType.IDENTITY: len(self.identity), FrameType.FAULT: 2, FrameType.RESULT: self.result_bytes}
        reply = Signal(REPLY)
        left = Signal(16)
        place = Signal(range(len(self.identity) + 1))
        is_result, is_identity = reply.type == FrameType.RESULT, reply.type == FrameType.IDENTITY
        length = Signal(16)
        header = Array([reply.type, reply.number, length[:8], length[8:]])
        value, given = self.byte.payload, self.byte.valid & self.byte.ready
        with m.Switch(reply.type):
            for kind, size in lengths.items():
                with m.Case(kind):
                    m.d.comb += length.eq(size)
        m.d.comb += [checksum.data.eq(value), identity.addr.eq(place)]

        with m.FSM():
            with m.State("idle"):
                m.d.comb += [checksum.start.eq(1), self.reply.ready.eq(1)]
                m.d.sync += place.eq(0)
                with m.If(self.reply.valid):
                    m.d.sync += reply.eq(self.reply.payload)
                    m.next = "start"
                with m.Elif(self.result.valid):
                    m.d.sync += [reply.type.eq(FrameType.RESULT), reply.number.eq(self.sequence)]
                    m.next = "start"
            self._send(m, "start", protocol.START, "header")
            with m.State("header"):
                m.d.comb += [value.eq(header[place[:2]]), self.byte.valid.eq(1), checksum.valid.eq(given)]
                m.d.sync += left.eq(length)
                with m.If(self.byte.ready):
                    m.d.sync += place.eq(place + 1)
                    with m.If(place == protocol.HEADER_BYTES - 2):
                        m.d.comb += identity.addr.eq(0)
                        m.d.sync += place.eq(0)
                        m.next = "payload"
                        with m.If(length == 0):
                            m.next = "checksum high"
            with m.State("payload"):
                fault = Mux(place[0], reply.dropped, reply.fault)
                m.d.comb += [
                    value.eq(Mux(is_result, self.result.payload, Mux(is_identity, identity.data, fault))),
                    self.byte.valid.eq(~is_result | self.result.valid),
                    self.result.ready.eq(is_result & self.byte.ready),
                    checksum.valid.eq(given),
                ]
                with m.If(given):
                    m.d.comb += identity.addr.eq(place + 1)  # read a clock ahead
                    m.d.sync += [left.eq(left - 1), place.eq(place + 1)]
                    with m.If(left == 1):
                        m.d.comb += self.result_sent.eq(is_result)
                        m.next = "checksum high"
            self._send(m, "checksum high", checksum.crc[8:], "checksum low")
            self._send(m, "checksum low", checksum.crc[:8], "idle")
        return m

    def _send(self, m: Module, state: str, value: ValueLike, following: str) -> None:
        """A state that sends one byte."""
        with m.State(state):
            m.d.comb += [self.byte.payload.eq(value), self.byte.valid.eq(1)]
            with m.If(self.byte.ready):
                m.next = following
