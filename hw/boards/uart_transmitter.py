"""A UART transmitter: bytes to a line of eight data bits, no parity, one stop bit."""

from amaranth.hdl import Cat, Const, Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from .uart_receiver import check_divisor

_BITS = 10  # start, eight of data, stop


class UartTransmitter(wiring.Component):
    """Bytes to an asynchronous line: a start bit (low), eight data bits, lowest first, and a stop bit (high).

    Throughput: one byte in 10 · ``divisor`` clocks. Latency: the start bit begins with the edge that takes the byte.

    Parameters
    ----------
    divisor : clocks per bit, 4 or more

    Members
    -------
    byte : ``In(stream.Signature(8))``
    tx : ``Out(1)``
        The line, a register; high where idle.

    Raises
    ------
    InputError
        A divisor that no bit can have.
    """

    def __init__(self, divisor: int) -> None:
        check_divisor(divisor)
        self.divisor = divisor
        super().__init__({"byte": In(stream.Signature(8)), "tx": Out(1, init=1)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        timer = Signal(range(self.divisor))
        waiting = Signal(_BITS - 1, init=(1 << (_BITS - 1)) - 1)
        left = Signal(range(_BITS + 1))
        ends = Signal()
        m.d.comb += [ends.eq(timer == 0), self.byte.ready.eq((left == 0) | ((left == 1) & ends))]
        with m.If(self.byte.valid & self.byte.ready):
            m.d.sync += [self.tx.eq(0), waiting.eq(Cat(self.byte.payload, Const(1, 1)))]
            m.d.sync += [left.eq(_BITS), timer.eq(self.divisor - 1)]
        with m.Elif(left != 0):
            m.d.sync += timer.eq(timer - 1)
            with m.If(ends):
                m.d.sync += [self.tx.eq(waiting[0]), waiting.eq(Cat(waiting[1:], Const(1, 1)))]
                m.d.sync += [left.eq(left - 1), timer.eq(self.divisor - 1)]
        return m
