"""The beats that have been transferred at a port, in a few bytes each."""

from array import array

import numpy as np

from .job import Transfers


class Collected:
    """The beats transferred at one port so far: data, ``tlast``, and simulator times."""

    def __init__(self) -> None:
        self.beats = bytearray()
        self.last = bytearray()
        self.times = array("q")
        self.channels = array("q")  # where there are several

    def cut(self, count: int) -> None:
        """Keep the first ``count`` of them only."""
        if self.last:
            del self.beats[count * (len(self.beats) // len(self.last)) :]
        del self.last[count:], self.times[count:], self.channels[count:]

    def transfers(self, origin: int, period: int, channel: int = 0) -> Transfers:
        """The same with clocks of ``period`` counted from the time ``origin``.

        They are of ``channel`` where each did not say whose it is.
        """
        count = len(self.last)
        return Transfers(
            beats=np.frombuffer(bytes(self.beats), dtype=np.uint8).reshape(count, -1 if count else 0),
            last=np.frombuffer(bytes(self.last), dtype=bool),
            clocks=(np.array(self.times, dtype=np.int64) - origin) // period,
            channels=np.array(self.channels, dtype=np.int64) if self.channels else np.full(count, channel),
        )


def joined(ports: list[Transfers]) -> Transfers:
    """The transfers of several ports in the order of their clocks."""
    used = [port for port in ports if len(port.clocks)] or ports[:1]
    arrays = {name: np.concatenate([getattr(port, name) for port in used]) for name in vars(used[0])}
    return Transfers(**arrays).where(np.argsort(arrays["clocks"], kind="stable"))
