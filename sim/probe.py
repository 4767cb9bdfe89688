"""Every signal of a core, sampled over some clocks (runs inside the simulator)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cocotb.handle import HierarchyObject, LogicArrayObject, LogicObject, PackedObject

from .waveform import Waveform


class Probe:
    """Samples the signals of a core at the clock edges from ``first`` to ``last``.

    Parameters
    ----------
    dut : the core, a cocotb handle, compiled such that its signals can be seen
    first, last : numbers of clock edges
    """

    def __init__(self, dut: Any, first: int, last: int) -> None:
        self._first, self._last = max(first, 1), last
        self._dut = dut
        self._signals: dict[str, Any] = {}
        self._values: dict[str, list[str]] = {}

    def sample(self, clock: int) -> None:
        """Sample at the edge ``clock``, if it is among those asked for."""
        if not self._first <= clock <= self._last:
            return
        if not self._signals:
            self._signals = dict(_signals(self._dut, ""))
            self._values = {name: [] for name in self._signals}
        for name, signal in self._signals.items():
            self._values[name].append(str(signal.value).lower())

    def write(self, path: Path) -> None:
        """Write what was sampled as VCD; nothing where the clocks never came."""
        if self._values:
            Waveform(self._first, {name: tuple(values) for name, values in self._values.items()}).write_vcd(path)


def _signals(handle: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    """Wires and registers with their paths; memories are left out."""
    for part in handle:
        if isinstance(part, HierarchyObject):
            yield from _signals(part, f"{prefix}{part._name}.")
        elif isinstance(part, (LogicObject, LogicArrayObject, PackedObject)) and part._name != "clk":
            yield f"{prefix}{part._name}", part
