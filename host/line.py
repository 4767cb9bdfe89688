"""A line to a board, and what goes wrong on it."""

from typing import Protocol


class LineError(Exception):
    """The board does not answer, or its answers are of no use: one line that says what was tried."""


class Line(Protocol):
    """Bytes both ways: a serial port, or a simulation of what is behind one."""

    def write(self, data: bytes) -> None:
        """Send all of ``data``."""

    def read(self, seconds: float) -> bytes:
        """What has come, as soon as anything has; nothing if nothing comes within ``seconds``."""
        ...
