"""Ctrl-C that waits for the end of the step."""

import signal
import threading
from types import FrameType
from typing import Self


class Interruption:
    """While entered, the first SIGINT sets :attr:`requested` instead of raising; a second one raises at once.

    An optimiser step is thus never cut in half. Outside the main thread, where Python has no signals, it does nothing.
    """

    def __init__(self) -> None:
        self.requested = False
        self._previous = None

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._previous = signal.signal(signal.SIGINT, self._handle)
        return self

    def __exit__(self, *_: object) -> None:
        if self._previous is not None:
            signal.signal(signal.SIGINT, self._previous)

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        if self.requested:
            raise KeyboardInterrupt
        self.requested = True
