"""The rules of AXI4-Stream, checked at every clock on the ports that the core drives (runs inside the simulator)."""

from typing import Any


class StreamViolation(AssertionError):
    """The core broke a rule of AXI4-Stream, or stood still; the message names the port and the clock."""


class StreamWatch:
    """One AXI4-Stream port under watch.

    Checked at each rising clock edge: once ``tvalid`` is high it stays high, with the same ``tdata``, ``tlast`` and,
    where the port has it, ``tid``, until ``tready``; none of them is unknown (X or Z, in a simulator with four states)
    where it matters.

    Parameters
    ----------
    dut : the core, a cocotb handle
    port : ``"s_axis"``, ``"s0_axis"``, …, ``"m_axis"`` or ``"m_trace"``

    Attributes
    ----------
    transfers : beats transferred so far
    waited : those of them that were offered for more than one clock
    """

    def __init__(self, dut: Any, port: str) -> None:
        self.port = port
        self.transfers = 0
        self.waited = 0
        self._valid, self._ready = dut[f"{port}_tvalid"], dut[f"{port}_tready"]
        self._names = ("tdata", "tlast") + ("tid",) * hasattr(dut, f"{port}_tid")
        self._payload = [dut[f"{port}_{name}"] for name in self._names]
        self._waiting: tuple[Any, ...] | None = None  # of a beat offered and not yet taken

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
        beat = tuple(signal.value for signal in self._payload)
        if self._waiting is None:
            self._check_known(beat, clock)
        elif beat != self._waiting:
            pairs = zip(self._names, beat, self._waiting, strict=True)
            changed = next(name for name, now, before in pairs if now != before)
            raise StreamViolation(f"{self.port}_{changed} changed at clock {clock} while its beat waited for tready")
        self.waited += ready and self._waiting is not None
        self._waiting = None if ready else beat
        self.transfers += ready
        return ready

    def forget(self, transfers: int) -> None:
        """Go back to ``transfers`` beats, none waiting: for a reset, which may take a beat back."""
        self.transfers = transfers
        self._waiting = None

    def check_idle(self) -> None:
        """Check that no beat is offered, as after a reset."""
        if str(self._valid.value) != "0":
            raise StreamViolation(f"{self.port}_tvalid is {self._valid.value} after reset, expected 0")

    def _check_known(self, beat: tuple[Any, ...], clock: int) -> None:
        for name, value in zip(self._names, beat, strict=True):
            if not value.is_resolvable:
                raise StreamViolation(f"{self.port}_{name} is unknown (X) at clock {clock}: {value}")
