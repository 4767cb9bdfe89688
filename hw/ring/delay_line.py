"""A delay of a fixed number of rows."""

from amaranth.hdl import Module, Signal, signed
from amaranth.lib import data, memory, wiring
from amaranth.lib.wiring import In, Out


class DelayLine(wiring.Component):
    """``output`` is ``input`` of ``depth`` enabled clocks ago.

    A chain of registers, or, from ``memory_depth`` rows on, a circular buffer in a memory that is read one clock ahead.
    Its contents are undefined after reset.

    Parameters
    ----------
    lanes, width : int
        A row is ``lanes`` signed words of ``width`` bits.
    depth : int
        Rows, at least 1; the latency in enabled clocks.
    memory_depth : int
        At least 2.

    Members
    -------
    enable : ``In(1)``
        Nothing moves while this is low.
    address, next_address : ``In(range(depth))``
        Any number that counts modulo ``depth`` with each enabled clock, and its next value. Unused where
        ``uses_memory`` is false.
    input, output : ``In(row)``, ``Out(row)``
    """

    def __init__(self, lanes: int, width: int, depth: int, memory_depth: int) -> None:
        if depth < 1:
            raise ValueError(f"depth must be at least 1, not {depth!r}")
        if memory_depth < 2:
            raise ValueError(f"memory_depth must be at least 2, not {memory_depth!r}")
        self.depth = depth
        self.uses_memory = depth >= memory_depth
        self.row = data.ArrayLayout(signed(width), lanes)
        super().__init__(
            {
                "enable": In(1),
                "address": In(range(depth)),
                "next_address": In(range(depth)),
                "input": In(self.row),
                "output": Out(self.row),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        if not self.uses_memory:
            tail = self.input.as_value()
            for position in range(self.depth):
                register = Signal(self.row.size, name=f"row_{position}", reset_less=True)
                with m.If(self.enable):
                    m.d.sync += register.eq(tail)
                tail = register
            m.d.comb += self.output.as_value().eq(tail)
            return m
        # The row at an address was written `depth` enabled clocks before it is due. The read is issued in the clock
        # before, at an address that is never the one being written: the attribute spares the logic with which Yosys
        # would define what a read of the row being written gives, over a logic cell for each bit on iCE40.
        attributes = {"no_rw_check": 1}
        m.submodules.memory = buffer = memory.Memory(shape=self.row.size, depth=self.depth, init=[], attrs=attributes)
        read, write = buffer.read_port(), buffer.write_port()
        m.d.comb += [
            read.en.eq(self.enable),
            read.addr.eq(self.next_address),
            write.en.eq(self.enable),
            write.addr.eq(self.address),
            write.data.eq(self.input.as_value()),
            self.output.as_value().eq(read.data),
        ]
        return m
