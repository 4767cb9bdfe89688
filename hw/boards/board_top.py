"""The top of a board's design: pins, clock and reset around a core behind a UART."""

from typing import Any

from amaranth.hdl import ClockDomain, Elaboratable, Module, ResetSignal, Signal
from amaranth.lib import io
from amaranth.lib.cdc import FFSynchronizer

from ...errors import InputError
from .board import Board
from .serial_core import SerialCore

_RESET_SECONDS = 15e-6  # block RAMs of an iCE40 read zeros for some 3 µs after configuration, at any clock


class BoardTop(Elaboratable):
    """A :class:`~hadamrnn.hw.boards.serial_core.SerialCore` on the pins of a board.

    The clock is the board's oscillator or, where it is another, that of a phase-locked loop. The reset ends 15 µs after
    configuration, or after the loop has locked, and begins again should the loop lose its lock.

    Parameters
    ----------
    board : Board
    serial_core : SerialCore
    clock_hz : of the serial core

    Raises
    ------
    InputError
        A clock that the board's phase-locked loop cannot make exactly.
    """

    def __init__(self, board: Board, serial_core: SerialCore, clock_hz: int) -> None:
        self.board = board
        self.serial_core = serial_core
        self.clock_hz = clock_hz
        self.dividers = None
        if clock_hz != board.oscillator_hz:
            self.dividers = board.loop.dividers(board.oscillator_hz, clock_hz)
            if self.dividers is None:
                raise InputError(
                    f"clock must be one that the {board.title} can make of {board.oscillator_hz / 1e6:g} MHz, "
                    f"not {clock_hz / 1e6:g} MHz"
                )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.submodules.serial_core = serial_core = self.serial_core
        uart = platform.request("uart", 0)
        m.d.comb += [serial_core.rx.eq(uart.rx.i), uart.tx.o.eq(serial_core.tx)]
        self._add_clock(m, platform)
        return m

    def _add_clock(self, m: Module, platform: Any) -> None:
        """The domain ``sync``; nextpnr derives its constraint from that of the oscillator."""
        m.domains.sync = domain = ClockDomain("sync")
        pad = platform.request(platform.default_clk, dir="-")
        locked = Signal()
        if self.dividers is None:
            m.submodules.oscillator = oscillator = io.Buffer("i", pad)
            m.d.comb += [domain.clk.eq(oscillator.i), locked.eq(1)]
        else:
            locking = Signal()
            self.board.loop.connect(m, self.dividers, self.board.oscillator_hz, pad, domain.clk, locking)
            m.submodules.lock = FFSynchronizer(locking, locked)
        clocks = round(_RESET_SECONDS * self.clock_hz)
        # Not reset by what they make; both begin as 0.
        timer = Signal(range(clocks + 1), reset_less=True)
        ready = Signal(reset_less=True)
        m.d.comb += ResetSignal().eq(~ready)
        m.d.sync += [timer.eq(timer + 1), ready.eq(0)]
        with m.If(~locked):
            m.d.sync += timer.eq(0)
        with m.Elif(timer == clocks):
            m.d.sync += [timer.eq(timer), ready.eq(1)]
