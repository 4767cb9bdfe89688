"""The step collector with two beats a step, for all beats and all stalls: by induction."""

from pathlib import Path

import pytest
from amaranth.hdl import Assert, Assume, Module, ResetSignal, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In

from hadamrnn.hw.inputs.input_format import InputFormat
from hadamrnn.hw.inputs.step_collector import StepCollector
from hadamrnn.hw.parameters import CoreParameters

from ..hw.networks import random_network
from .prover import Proof

BITS = 3
PROBES = {
    "probe_element": "collector.element_0",
    "probe_position": "collector.position",
    "probe_begins": "collector.begins",
}


class Steps(wiring.Component):
    """Claims that steps are the pairs of beats, marked as first and last, and that a lonely beat is an error."""

    element: In(8)
    last: In(1)
    valid: In(1)
    ready: In(1)
    probe_element: In(BITS)
    probe_position: In(1)
    probe_begins: In(1)

    def __init__(self, collector: type[StepCollector]) -> None:
        super().__init__()
        network = random_network(4, 4, input_size=2, input_bits=BITS)
        self.collector = collector(network, InputFormat.of(network, CoreParameters()))

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.collector = collector = self.collector
        beat, step = collector.beat, collector.step
        first_element, second_beat, begins, malformed = Signal(BITS), Signal(), Signal(init=1), Signal()
        m.d.comb += [
            Assume(~ResetSignal()),
            beat.payload.elements[0].eq(self.element),
            beat.payload.last.eq(self.last),
            beat.valid.eq(self.valid),
            step.ready.eq(self.ready),
            Assert(step.valid == (self.valid & second_beat)),
            Assert(beat.ready == (~second_beat | self.ready)),
            Assert(collector.error == malformed),
            Assert(self.probe_position == second_beat),
            Assert(self.probe_begins == begins),
        ]
        m.d.sync += malformed.eq(0)
        with m.If(beat.valid & beat.ready):
            m.d.sync += [second_beat.eq(~second_beat & ~self.last), malformed.eq(~second_beat & self.last)]
            with m.If(self.last | second_beat):
                m.d.sync += begins.eq(self.last)
            with m.If(~second_beat):
                m.d.sync += first_element.eq(self.element)
        with m.If(second_beat):
            m.d.comb += Assert(self.probe_element == first_element)
        with m.If(step.valid):
            m.d.comb += [
                Assert(step.payload.elements[0] == first_element),
                Assert(step.payload.elements[1] == self.element[:BITS]),
                Assert(step.payload.first == begins),
                Assert(step.payload.last == self.last),
            ]
        return m


class SilentCollector(StepCollector):
    """A malformed step is no error."""

    def elaborate(self, platform: object) -> Module:
        m = super().elaborate(platform)
        m.d.sync += self.error.eq(0)
        return m


class HastyCollector(StepCollector):
    """Every step is the first of its sequence."""

    def elaborate(self, platform: object) -> Module:
        m = super().elaborate(platform)
        m.d.comb += self.step.payload.first.eq(1)
        return m


def test_steps_are_pairs_of_beats(tmp_path: Path) -> None:
    assert Proof(Steps(StepCollector), tmp_path, **PROBES).holds_by_induction(3)


@pytest.mark.parametrize("collector", [SilentCollector, HastyCollector])
def test_a_broken_collector_is_found(tmp_path: Path, collector: type[StepCollector]) -> None:
    assert not Proof(Steps(collector), tmp_path, **PROBES).holds(6)
