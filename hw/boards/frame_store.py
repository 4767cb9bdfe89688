"""A FIFO of bytes whose writer can take back what it has not confirmed."""

from amaranth.hdl import Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from ...errors import InputError


class FrameStore(wiring.Component):
    """A FIFO of bytes in a memory: what is written can be read once it is confirmed, and taken back before.

    Throughput: one byte written per clock, one byte read in two clocks. Latency: a byte is offered two clocks after the
    clock that confirms it.

    Parameters
    ----------
    depth : bytes, a power of two of at least 16

    Members
    -------
    write : ``In(1)``
        Writes ``data``; not while ``room`` is 0.
    data : ``In(8)``
    confirm : ``In(1)``
        What was written before becomes readable. Not together with ``write``.
    take_back : ``In(1)``
        What is not confirmed is forgotten. Not together with the others.
    room : ``Out(1)``
        At least 4 bytes were free two clocks ago.
    byte : ``Out(stream.Signature(8))``

    Raises
    ------
    InputError
        A depth that it cannot have.
    """

    def __init__(self, depth: int) -> None:
        if type(depth) is not int or depth < 16 or depth & (depth - 1):
            raise InputError(f"depth must be a power of two of at least 16, not {depth!r}")
        self.depth = depth
        super().__init__(
            {
                "write": In(1),
                "data": In(8),
                "confirm": In(1),
                "take_back": In(1),
                "room": Out(1),
                "byte": Out(stream.Signature(8)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.memory = memory = Memory(shape=8, depth=self.depth, init=[])
        write_port, read_port = memory.write_port(), memory.read_port()
        # One bit more than an address, so that full and empty differ.
        written, confirmed, read = (
            Signal(range(2 * self.depth), name=name) for name in ("written", "confirmed", "read")
        )
        # What is written and not read, a clock late, so that no path passes two additions.
        used = Signal.like(written)
        m.d.comb += [
            write_port.addr.eq(written),
            write_port.data.eq(self.data),
            write_port.en.eq(self.write),
            read_port.addr.eq(read),
            self.byte.payload.eq(read_port.data),
        ]
        m.d.sync += [used.eq(written - read), self.room.eq(used <= self.depth - 4)]
        with m.If(self.write):
            m.d.sync += written.eq(written + 1)
        with m.If(self.confirm):
            m.d.sync += confirmed.eq(written)
        with m.If(self.take_back):
            m.d.sync += written.eq(confirmed)
        m.d.comb += read_port.en.eq(~self.byte.valid)
        with m.If(self.byte.valid), m.If(self.byte.ready):
            m.d.sync += [self.byte.valid.eq(0), read.eq(read + 1)]
        with m.Else():
            m.d.sync += self.byte.valid.eq(read != confirmed)
        return m
