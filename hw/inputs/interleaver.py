"""Whose turn it is: the steps of several channels, in the order of their slots in the ring."""

from amaranth.hdl import Array, Cat, Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ..channel import slot_fields


def slot_layout(step: data.StructLayout, channels: int) -> data.StructLayout:
    """A ``step`` with its ``channel``, or a ``void`` slot in place of one."""
    return data.StructLayout({name: field.shape for name, field in step} | slot_fields(channels))


class Interleaver(wiring.Component):
    """Gives each channel in turn its slot of the ring.

    A channel has a state in the ring from its first step until its last one is given out. While any has, slots are
    given out in the order 0, 1, …, C − 1, 0, …, so that each state is met again by its own channel's next step:

    - a channel with a step gets its slot;
    - one with a state and no step yet makes all others wait, since the transform cannot be held for one of them;
    - one with neither gets a ``void`` slot and holds nobody up.

    While no channel has a state nothing is given out until a step comes, and then the slot is that channel's at once,
    whichever it is: of several the first one in turn.

    Latency: none. Throughput: one slot per clock. What is offered may change until it is taken.

    Parameters
    ----------
    step : data.StructLayout
        Of a step, with the flag ``first`` of a sequence.
    channels : int
        C, at least 2.

    Members
    -------
    steps : ``In(stream.Signature(step)).array(C)``
        One step of each channel ahead.
    in_sequence : ``In(C)``
        Whether more steps of the channel's sequence are to come, beside that at ``steps``.
    slot : ``Out(stream.Signature(slot_layout(step, channels)))``
    """

    def __init__(self, step: data.StructLayout, channels: int) -> None:
        if channels < 2:
            raise ValueError(f"channels must be at least 2, not {channels!r}")
        self.channels = channels
        self.names = [name for name, _ in step]
        super().__init__(
            {
                "steps": In(stream.Signature(step)).array(channels),
                "in_sequence": In(channels),
                "slot": Out(stream.Signature(slot_layout(step, channels))),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        count, slot = self.channels, self.slot
        turn = Signal(range(count))
        chosen = Signal(range(count))
        waiting = Signal(count)  # has a step
        alive = Signal(count)  # has a state in the ring
        waits, lives = Array(waiting), Array(alive)
        for channel, step in enumerate(self.steps):
            m.d.comb += [
                waiting[channel].eq(step.valid),
                alive[channel].eq(Mux(step.valid, ~step.payload.first, self.in_sequence[channel])),
                step.ready.eq(slot.ready & slot.valid & ~slot.payload.void & (chosen == channel)),
            ]
        with m.If(alive.any()):
            m.d.comb += [
                chosen.eq(turn),
                slot.valid.eq(waits[turn] | ~lives[turn]),
                slot.payload.void.eq(~waits[turn]),
            ]
        with m.Else():
            m.d.comb += [chosen.eq(self._first_waiting(m, turn, waiting)), slot.valid.eq(waiting.any())]
        steps = Array(Cat(step.payload[name] for name in self.names) for step in self.steps)
        m.d.comb += [
            slot.payload.channel.eq(chosen),
            Cat(slot.payload[name] for name in self.names).eq(steps[chosen]),
        ]
        with m.If(slot.valid & slot.ready):
            m.d.sync += turn.eq(Mux(chosen == count - 1, 0, chosen + 1))
        return m

    def _first_waiting(self, m: Module, turn: Signal, waiting: Signal) -> Signal:
        """The channel that waits: of several the first one from ``turn`` on, or before it where none is."""
        found = Signal(range(self.channels), name="first_waiting")
        for channel in reversed(range(self.channels)):
            with m.If(waiting[channel]):
                m.d.comb += found.eq(channel)
        for channel in reversed(range(self.channels)):
            reached = turn <= channel if channel < self.channels - 1 else 1
            with m.If(waiting[channel] & reached):
                m.d.comb += found.eq(channel)
        return found
