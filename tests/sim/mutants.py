"""Cores broken on purpose, under the description of the core that they are not.

Arithmetic is broken where the hardware is described, by replacing parts of it while the Verilog is generated; ports are
broken by a module around the generated one. Either way the Verilog must come out different.
"""

import dataclasses
import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from amaranth.hdl import Const, Module, Mux, Value
from amaranth.lib import wiring

from hadamrnn.hw.ring import butterfly, recurrence, transform
from hadamrnn.quant.integer import IntegerNetwork

from .cores import core


def generate_broken(folder: Path, network: IntegerNetwork, broken: IntegerNetwork | None = None) -> Path:
    """Replace the Verilog in ``folder`` with one of now, of ``broken`` instead of ``network`` where that is given."""
    good = folder / "hadamard_core.v"
    parameters = json.loads((folder / "hadamard_core.json").read_text())["parameters"]
    replacement = core(folder / "broken", network if broken is None else broken, **parameters) / "hadamard_core.v"
    assert replacement.read_text() != good.read_text(), "the core was not broken"
    replacement.replace(good)
    return folder


def surround(folder: Path, assignments: str = "", **connections: str) -> Path:
    """Put a module around the core whose ports are connected through, but for those in ``connections``.

    Parameters
    ----------
    assignments : Verilog in the surrounding module
    connections : expression that is connected to a port of the core, instead of the port of the same name; outputs that
        are named here must be assigned in ``assignments``
    """
    description = json.loads((folder / "hadamard_core.json").read_text())
    file = folder / "hadamard_core.v"
    inner, count = re.subn(r"^module hadamard_core \(", "module whole_core (", file.read_text(), flags=re.MULTILINE)
    assert count == 1
    ports = [f"{port['direction']} wire [{port['width'] - 1}:0] {port['name']}" for port in description["ports"]]
    names = [port["name"] for port in description["ports"]]
    assert connections.keys() <= set(names)
    wires = ", ".join(f".{name}({connections.get(name, name)})" for name in names)
    outer = f"module hadamard_core({', '.join(ports)});\n{assignments}\nwhole_core core ({wires});\nendmodule\n"
    file.write_text(inner + outer)
    return folder


def flipped_sign(network: IntegerNetwork, unit: int) -> IntegerNetwork:
    """The network with the sign of one unit flipped."""
    signs = np.array(network.signs)
    signs[unit] *= -1
    return dataclasses.replace(network, signs=signs)


def wrapped(value: Value, bits: int) -> Value:
    """Saturation removed: the low bits."""
    return value[:bits]


def half_up(value: Value, shift: int) -> Value:
    """Half up instead of half to even."""
    return value[shift - 1] if shift else Const(0)


def never(value: Value, shift: int) -> Value:
    """Truncation instead of rounding."""
    return Const(0)


class BackwardTimeButterfly(butterfly.TimeButterfly):
    """(a, b) → (a + b, b − a)."""

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.delay_line = line = self._delay_line
        m.d.comb += [
            line.enable.eq(self.enable),
            line.address.eq(self.address),
            line.next_address.eq(self.next_address),
        ]
        for lane in range(self.lanes):
            first, second = line.output[lane], self.input[lane]
            m.d.comb += [
                self.output[lane].eq(Mux(self.select, first + second, first)),
                line.input[lane].eq(Mux(self.select, second - first, second)),
            ]
        return m


class BackwardLaneButterfly(butterfly.LaneButterfly):
    """(a, b) → (a + b, b − a)."""

    def elaborate(self, platform: object) -> Module:
        m = Module()
        for lane in range(self.lanes):
            own, other = self.input[lane], self.input[lane ^ self.distance]
            m.d.comb += self.output[lane].eq(own + other if lane < lane ^ self.distance else own - other)
        return m


def turn_butterfly(monkeypatch: pytest.MonkeyPatch, distance: int, lanes: int) -> None:
    """Turn the subtraction round in the stage whose butterflies span ``distance`` units, and in no other."""
    name = "LaneButterfly" if distance < lanes else "TimeButterfly"
    good, backward = getattr(transform, name), globals()[f"Backward{name}"]

    def choose(count: int, width: int, span: int, *rest: Any, **inversions: bool) -> wiring.Component:
        chosen = backward if span * (1 if distance < lanes else lanes) == distance else good
        return chosen(count, width, span, *rest, **inversions)

    monkeypatch.setattr(transform, name, choose)


def never_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sequences go on from the state of the one before."""
    totals = recurrence.RingRecurrence._totals

    class Payload:
        first = Const(0, 1)

        def __init__(self, payload: Any) -> None:
            self._payload = payload

        def __getattr__(self, name: str) -> Any:
            return getattr(self._payload, name)

        def __getitem__(self, name: str) -> Any:
            return self._payload[name]

    def without_first(self: recurrence.RingRecurrence, *arguments: Any) -> Any:
        drive = self.drive
        self.drive = SimpleNamespace(payload=Payload(drive.payload))
        try:
            return totals(self, *arguments)
        finally:
            self.drive = drive

    monkeypatch.setattr(recurrence.RingRecurrence, "_totals", without_first)
