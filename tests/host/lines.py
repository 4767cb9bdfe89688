"""Lines for tests: to a simulated core on a board, bit by bit; to scripts; and with faults on the way."""

from collections import deque
from collections.abc import Callable
from typing import Any

from amaranth.sim import Simulator

from hadamrnn.host.line import Line
from hadamrnn.hw.boards.serial_core import SerialCore

CLOCK_HZ = 1_000_000
BAUD = 250_000  # four clocks a bit: the fewest
SILENCE_CLOCKS = 600
SILENCE = 1.5 * SILENCE_CLOCKS / CLOCK_HZ  # seconds, for the host


class SimulatedLine:
    """A line to a :class:`SerialCore` in Amaranth's simulator: every bit passes its pins.

    Parameters
    ----------
    board : SerialCore
        With :data:`CLOCK_HZ` and :data:`BAUD`.

    Attributes
    ----------
    board : SerialCore
    sent, received : every byte that went either way
    """

    def __init__(self, board: SerialCore) -> None:
        self.sent, self.received = bytearray(), bytearray()
        self._bit = board.divisor / CLOCK_HZ  # seconds; the line knows nothing of the board's clock
        self._to_board: deque[list[int]] = deque()
        self._arrived = bytearray()
        self.board = board
        self._now = 0.0
        self._simulator = Simulator(board)
        self._simulator.add_clock(1 / CLOCK_HZ)
        self._simulator.add_testbench(self._drive, background=True)
        self._simulator.add_testbench(self._watch, background=True)

    def write(self, data: bytes) -> None:
        self.sent += data
        self._to_board.extend([0, *(byte >> bit & 1 for bit in range(8)), 1] for byte in data)

    def write_broken_byte(self) -> None:
        """A byte of zeros without a stop bit."""
        self._to_board.append([0] * 10 + [1] * 2)

    def read(self, seconds: float) -> bytes:
        end = self._now + seconds
        while not self._arrived and self._now < end:
            self._now += 10 * self._bit
            self._simulator.run_until(self._now)
        data = bytes(self._arrived)
        self._arrived.clear()
        self.received += data
        return data

    @property
    def busy(self) -> bool:
        """Whether bytes wait that are not yet sent."""
        return bool(self._to_board)

    async def _drive(self, ctx: Any) -> None:
        while True:
            if not self._to_board:
                await ctx.delay(self._bit)
                continue
            for bit in self._to_board.popleft():
                ctx.set(self.board.rx, bit)
                await ctx.delay(self._bit)

    async def _watch(self, ctx: Any) -> None:
        while True:
            await ctx.negedge(self.board.tx)
            await ctx.delay(self._bit / 2)
            assert ctx.get(self.board.tx) == 0, "a start bit shorter than half a bit"
            byte = 0
            for bit in range(8):
                await ctx.delay(self._bit)
                byte |= ctx.get(self.board.tx) << bit
            await ctx.delay(self._bit)
            assert ctx.get(self.board.tx) == 1, "no stop bit"
            self._arrived.append(byte)


class FaultyLine:
    """A line that changes what passes.

    Parameters
    ----------
    line : Line
    to_board, to_host : callables
        Get the number of bytes that passed before, and a byte; give the bytes that arrive in its place.
    """

    def __init__(
        self,
        line: Line,
        *,
        to_board: Callable[[int, int], bytes] = lambda place, byte: bytes([byte]),
        to_host: Callable[[int, int], bytes] = lambda place, byte: bytes([byte]),
    ) -> None:
        self._line = line
        self._faults = {"board": to_board, "host": to_host}
        self._passed = {"board": 0, "host": 0}

    def write(self, data: bytes) -> None:
        self._line.write(self._through("board", data))

    def read(self, seconds: float) -> bytes:
        while data := self._line.read(seconds):
            if arrived := self._through("host", data):
                return arrived
        return b""

    def _through(self, end: str, data: bytes) -> bytes:
        arrived = b"".join(self._faults[end](self._passed[end] + i, byte) for i, byte in enumerate(data))
        self._passed[end] += len(data)
        return arrived
