"""The turns of several channels, collectors and all, for all beats and all stalls: by induction."""

from pathlib import Path

import pytest
from amaranth.hdl import Assert, Assume, Cat, Module, Mux, ResetSignal, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In

from hadamrnn.hw.inputs.input_format import InputFormat
from hadamrnn.hw.inputs.input_product import step_layout
from hadamrnn.hw.inputs.interleaver import Interleaver
from hadamrnn.hw.inputs.step_collector import StepCollector
from hadamrnn.hw.inputs.step_register import StepRegister
from hadamrnn.hw.parameters import CoreParameters

from ..hw.networks import random_network
from .prover import Proof

BITS = 2


class Turns(wiring.Component):
    """Claims that every step meets its own state in the ring, and that nobody waits for a channel without one.

    The state of a channel is in the ring from its first step to its last one. While any is there, slots follow each
    other in turn; a slot has the next step of its channel, which is a first one just where the channel has no state,
    or it is void, and then the channel has none.
    """

    def __init__(self, channels: int, interleaver: type[Interleaver] = Interleaver) -> None:
        network = random_network(4, 4, input_size=1, input_bits=BITS)
        form = InputFormat.of(network, CoreParameters())
        self.channels = channels
        self.interleaver = interleaver(step_layout(network), channels)
        self.collectors = [StepCollector(network, form) for _ in range(channels)]
        self.registers = [StepRegister(step_layout(network)) for _ in range(channels)]
        members = {"ready": In(1), "probe_turn": In(range(channels))}
        for channel in range(channels):
            members |= {f"element_{channel}": In(8), f"last_{channel}": In(1), f"valid_{channel}": In(1)}
        super().__init__(members)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.interleaver = self.interleaver
        slot, count = self.interleaver.slot, self.channels
        turn = Signal(range(count))
        states = Signal(count)  # whether a channel has one
        taken = slot.valid & slot.ready
        m.d.comb += [Assume(~ResetSignal()), slot.ready.eq(self.ready), Assert(self.probe_turn == turn)]
        with m.If(taken):
            m.d.sync += turn.eq(Mux(slot.payload.channel == count - 1, 0, slot.payload.channel + 1))
            m.d.comb += [
                Assert(slot.payload.channel < count),
                Assert((slot.payload.channel == turn) | ~states.any()),
                Assert(~slot.payload.void | states.any()),
            ]
        for channel in range(count):
            self._channel(m, channel, states[channel], taken & (slot.payload.channel == channel))
        stepless = [~states[channel] | self.registers[channel].output.valid for channel in range(count)]
        waiting = Cat(register.output.valid for register in self.registers)
        m.d.comb += Assert(slot.valid == (waiting.any() & ~states.any() | states.any() & _chosen(m, turn, stepless)))
        return m

    def _channel(self, m: Module, channel: int, state: Signal, taken: Signal) -> None:
        """One channel from its port to its slots; the beats on their way to it, at most one, in a model."""
        collector, register, slot = self.collectors[channel], self.registers[channel], self.interleaver.slot
        m.submodules[f"collector_{channel}"] = collector
        m.submodules[f"register_{channel}"] = register
        wiring.connect(m, collector.step, register.input)
        wiring.connect(m, register.output, self.interleaver.steps[channel])
        held, element = Signal(name=f"held_{channel}"), Signal(BITS, name=f"element_{channel}_held")
        last, within = Signal(name=f"last_{channel}_held"), Signal(name=f"within_{channel}")  # a sequence, at the port
        beat = collector.beat
        m.d.comb += [
            beat.payload.elements[0].eq(getattr(self, f"element_{channel}")),
            beat.payload.last.eq(getattr(self, f"last_{channel}")),
            beat.valid.eq(getattr(self, f"valid_{channel}")),
            self.interleaver.in_sequence[channel].eq(collector.in_sequence),
            Assert(register.output.valid == held),
            Assert(collector.in_sequence == within),
        ]
        with m.If(beat.valid & beat.ready):
            m.d.comb += Assert(~held)
            m.d.sync += [held.eq(1), element.eq(beat.payload.elements[0]), last.eq(beat.payload.last)]
            m.d.sync += within.eq(~beat.payload.last)
        with m.If(held):
            step = register.output.payload
            m.d.comb += [
                Assert(step.elements[0] == element),
                Assert(step.last == last),
                Assert(step.first == ~state),
                Assert(within == ~last),
            ]
        with m.Else():
            m.d.comb += Assert(within == state)
        with m.If(taken):
            m.d.comb += Assert(slot.payload.void == ~held)
            with m.If(slot.payload.void):
                m.d.comb += Assert(~state)
            with m.Else():
                m.d.comb += [Assert(slot.payload.elements[0] == element), Assert(slot.payload.first == ~state)]
                m.d.comb += Assert(slot.payload.last == last)
                m.d.sync += [state.eq(~last), held.eq(0)]


def _chosen(m: Module, turn: Signal, values: list) -> Signal:
    chosen = Signal(name="chosen_value")
    with m.Switch(turn):
        for number, value in enumerate(values):
            with m.Case(number):
                m.d.comb += chosen.eq(value)
    return chosen


class Impatient(Interleaver):
    """A channel whose next step is late loses its turn."""

    def elaborate(self, platform: object) -> Module:
        m = super().elaborate(platform)
        m.d.comb += self.slot.valid.eq(1)
        return m


class Confused(Interleaver):
    """The slot says that it is the first channel's."""

    def elaborate(self, platform: object) -> Module:
        m = super().elaborate(platform)
        m.d.comb += self.slot.payload.channel.eq(0)
        return m


@pytest.mark.parametrize("channels", [2, 3])
def test_every_step_meets_its_own_state(tmp_path: Path, channels: int) -> None:
    assert Proof(Turns(channels), tmp_path, probe_turn="interleaver.turn").holds_by_induction(2)


@pytest.mark.parametrize("broken", [Impatient, Confused])
def test_a_broken_interleaver_is_found(tmp_path: Path, broken: type[Interleaver]) -> None:
    assert not Proof(Turns(2, broken), tmp_path, probe_turn="interleaver.turn").holds(6)
