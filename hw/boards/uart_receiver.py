"""A UART receiver: a line of eight data bits, no parity, one stop bit, to bytes."""

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.cdc import FFSynchronizer
from amaranth.lib.wiring import In, Out

from ...errors import InputError

LARGEST_DIVISOR = 1 << 20


def check_divisor(divisor: int) -> None:
    """Raise :class:`InputError` unless a bit can last ``divisor`` clocks."""
    if type(divisor) is not int or not 4 <= divisor <= LARGEST_DIVISOR:
        raise InputError(f"divisor must be an integer from 4 to {LARGEST_DIVISOR} clocks a bit, not {divisor!r}")


class UartReceiver(wiring.Component):
    """Bytes from an asynchronous line: a start bit (low), eight data bits, lowest first, and a stop bit (high).

    Each bit is sampled once, in its middle as seen from the start bit. A start bit that is high again before its
    middle is noise and is skipped. A byte whose stop bit is low is not delivered; the receiver then waits
    for a high line.

    Latency: a byte is offered for one clock, three clocks after the middle of its stop bit.

    Parameters
    ----------
    divisor : clocks per bit, 4 or more

    Members
    -------
    rx : ``In(1)``
        The line, asynchronous; high where idle.
    byte : ``Out(stream.Signature(8, always_ready=True))``
    broken : ``Out(1)``
        High for one clock where a byte had no stop bit.

    Raises
    ------
    InputError
        A divisor that no bit can have.
    """

    def __init__(self, divisor: int) -> None:
        check_divisor(divisor)
        self.divisor = divisor
        super().__init__({"rx": In(1, init=1), "byte": Out(stream.Signature(8, always_ready=True)), "broken": Out(1)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        line = Signal(init=1)
        m.submodules.synchroniser = FFSynchronizer(self.rx, line, init=1)
        timer = Signal(range(self.divisor))
        position = Signal(range(8))
        bits = Signal(8, reset_less=True)
        m.d.comb += self.byte.payload.eq(bits)
        m.d.sync += [timer.eq(timer - 1), self.byte.valid.eq(0), self.broken.eq(0)]
        with m.FSM():
            with m.State("idle"):
                m.d.sync += timer.eq(self.divisor // 2 - 1)
                with m.If(~line):
                    m.next = "start"
            with m.State("start"):
                with m.If(timer == 0):
                    m.d.sync += timer.eq(self.divisor - 1)
                    m.next = "data"
                with m.If(line):
                    m.next = "idle"
            with m.State("data"), m.If(timer == 0):
                # After eight bits the position is 0 again, for the next byte.
                m.d.sync += [timer.eq(self.divisor - 1), bits.eq(Cat(bits[1:], line)), position.eq(position + 1)]
                with m.If(position == 7):
                    m.next = "stop"
            with m.State("stop"), m.If(timer == 0):
                m.d.sync += [self.byte.valid.eq(line), self.broken.eq(~line)]
                m.next = "rest"
            with m.State("rest"), m.If(line):
                m.next = "idle"
        return m
