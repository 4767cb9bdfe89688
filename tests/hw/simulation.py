"""What every simulation of a component needs: a clock with a reset, and sampled values as plain Python values."""

from typing import Any

from amaranth.hdl import ClockDomain, Elaboratable, Module
from amaranth.lib import data
from amaranth.sim import Simulator


def simulator_of(component: Elaboratable) -> tuple[Simulator, ClockDomain]:
    """A simulator of ``component`` with a running clock, and the domain of the clock, for its reset."""
    top = Module()
    top.domains.sync = domain = ClockDomain("sync")
    top.submodules.component = component
    simulator = Simulator(top)
    simulator.add_clock(1e-6)
    return simulator, domain


def plain(value: Any) -> Any:
    """A sampled value as Python integers, lists and dictionaries."""
    if not isinstance(value, data.Const):
        return value
    shape = value.shape()
    if isinstance(shape, data.ArrayLayout):
        return [plain(value[index]) for index in range(shape.length)]
    return {name: plain(value[name]) for name, _ in shape}


def sign_extended(word: int, bits: int) -> int:
    """The low ``bits`` of ``word`` as a two's complement number."""
    word &= (1 << bits) - 1
    return word - (1 << bits) if word >> (bits - 1) else word
