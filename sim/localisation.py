"""Where a core first goes wrong: its signals beside those of the core that the generator writes, at the same clocks."""

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from .waveform import Waveform

_MODULE = re.compile(r"^module (\w+) \((.*?)\);$(.*?)^endmodule", re.MULTILINE | re.DOTALL)
_INPUT = re.compile(r"^\s*input\s+\w+\s+(?:\[[^\]]*\]\s*)?(\w+)", re.MULTILINE)
_INSTANCE = re.compile(r"^    (\w+) (\w+) \($", re.MULTILINE)
_SHOWN = 6


@dataclass(frozen=True)
class WrongSignal:
    """A signal that is not what it should be; values in binary."""

    name: str
    expected: str
    got: str


@dataclass(frozen=True)
class Location:
    """The component in which a core first goes wrong, and when.

    Attributes
    ----------
    module : path of the instance, joined by dots; empty for the top
    clock : of the first signal that differs, since the reset before the run
    signals : in that module that differ then; the inputs of the module do not
    """

    module: str
    clock: int
    signals: tuple[WrongSignal, ...]

    def __str__(self) -> str:
        place = self.module.replace(".", " / ") or "the top module"
        signals = ", ".join(f"{s.name} is {s.got} instead of {s.expected}" for s in self.signals)
        return f"first wrong in {place} at clock {self.clock}: {signals}"

    def to_json(self) -> dict[str, Any]:
        """The same as plain JSON."""
        return asdict(self)


def locate(good: Waveform, bad: Waveform, verilog: str, top: str) -> Location | None:
    """The innermost component whose inputs are right when something in it is first wrong.

    Parameters
    ----------
    good, bad : of both cores, with the same inputs; signals that only one of them has are left out
    verilog : of the good one, as the generator writes it
    top : its top module

    Returns
    -------
    Location or None
        None where no signal differs, or one does from the first clock on, so that the fault lies before it (but for
        clock 1, before which both cores are the same).
    """
    common = [name for name in good.values if name in bad.values]
    clocks = range(max(good.clocks.start, bad.clocks.start), min(good.clocks.stop, bad.clocks.stop))
    inputs = _inputs_of_instances(verilog, top)
    for clock in clocks:
        index, other = clock - good.first, clock - bad.first
        wrong = [name for name in common if good.values[name][index] != bad.values[name][other]]
        if not wrong:
            continue
        if clock == clocks.start > 1:
            return None
        module = _innermost(set(wrong), inputs)
        inside = sorted(name for name in wrong if name.rpartition(".")[0] == module)
        signals = [
            WrongSignal(name.rpartition(".")[2], good.values[name][index], bad.values[name][other])
            for name in inside[:_SHOWN]
        ]
        return Location(module, clock, tuple(signals))
    return None


def _innermost(wrong: set[str], inputs: dict[str, frozenset[str]]) -> str:
    """From the top into an instance with wrong signals and right inputs, as long as there is one."""
    module = ""
    while True:
        prefix = f"{module}." if module else ""
        for child in _children(module, inputs):
            inside = {name for name in wrong if name.startswith(f"{child}.")}
            if inside and not any(f"{child}.{port}" in wrong for port in inputs[child]):
                module = child
                break
        else:
            if any(name.rpartition(".")[0] == module for name in wrong):
                return module
            # What is wrong has come out of one child into another of the same clock: the first in the text has it.
            return next(name.rpartition(".")[0] for name in sorted(wrong) if name.startswith(prefix))


def _children(module: str, instances: Iterable[str]) -> list[str]:
    return [path for path in instances if path.rpartition(".")[0] == module and path]


def _inputs_of_instances(verilog: str, top: str) -> dict[str, frozenset[str]]:
    """The input ports of each instance by its path."""
    modules = {
        name: (frozenset(_INPUT.findall(ports)) - {"clk"}, body) for name, ports, body in _MODULE.findall(verilog)
    }
    found: dict[str, frozenset[str]] = {}
    waiting = [("", top)]
    while waiting:
        path, name = waiting.pop()
        ports, body = modules[name]
        found[path] = ports
        for module, instance in _INSTANCE.findall(body):
            if module in modules:
                waiting.append((f"{path}.{instance}" if path else instance, module))
    return found
