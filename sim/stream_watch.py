"""The rules of AXI4-Stream, checked at every clock on the ports that the core drives (runs inside the simulator)."""

from typing import Any


class StreamViolation(AssertionError):
    """The core broke a rule of AXI4-Stream, or stood still; the message names the port and the clock."""


class StreamWatch:
    """One AXI4-Stream port under watch.

    Checked at each rising clock edge: once ``tvalid`` is high it stays high, with the same ``tdata`` and ``tlast``,
    until ``tready``; none of the four is unknown (X or Z, in a simulator with four states) where it matters.

    Parameters
    ----------
    dut : the core, a cocotb handle
    port : ``"s_axis"``, ``"m_axis"`` or ``"m_trace"``

    Attributes
    ----------
    transfers : beats transferred so far
    """

    def __init__(self, dut: Any, port: str) -> None:
        self.port = port
        self.transfers = 0
        self._valid, self._ready, self._data, self._last = (
            dut[f"{port}_{signal}"] for signal in ("tvalid", "tready", "tdata", "tlast")
        )
        self._waiting: tuple[Any, Any] | None = None  # data and last of a beat offered and not yet taken

    def is_offered(self) -> bool:
        """Whether ``tvalid`` is high now."""
        return self._valid.value == 1

    def sample(self, clock: int) -> bool:
        """Check the port at the edge ``clock``, and return whether a beat was transferred there."""
        try:
            valid, ready = bool(self._valid.value), bool(self._ready.value)
        except ValueError:
            name = "tready" if self._valid.value.is_resolvable else "tvalid"
            raise StreamViolation(f"{self.port}_{name} is unknown (X) at clock {clock}") from None
        if self._waiting is not None and not valid:
            raise StreamViolation(f"{self.port}_tvalid fell at clock {clock} before its beat was taken")
        if not valid:
            return False
        beat = self._data.value, self._last.value
        if self._waiting is None:
            self._check_known(beat, clock)
        elif beat != self._waiting:
            changed = "tdata" if beat[0] != self._waiting[0] else "tlast"
            raise StreamViolation(f"{self.port}_{changed} changed at clock {clock} while its beat waited for tready")
        self._waiting = None if ready else beat
        self.transfers += ready
        return ready

    def check_idle(self) -> None:
        """Check that no beat is offered, as after a reset."""
        if str(self._valid.value) != "0":
            raise StreamViolation(f"{self.port}_tvalid is {self._valid.value} after reset, expected 0")

    def _check_known(self, beat: tuple[Any, Any], clock: int) -> None:
        for name, value in zip(("tdata", "tlast"), beat, strict=True):
            if not value.is_resolvable:
                raise StreamViolation(f"{self.port}_{name} is unknown (X) at clock {clock}: {value}")
