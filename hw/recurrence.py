"""What the recurrences of all families are seen as: rows of drive in, rows of states out to all that want them."""

from collections.abc import Sequence

from amaranth.hdl import Cat, Const, Module, Signal, Value, ValueLike
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from ..quant.integer import FrozenNetwork
from .channel import channel_field, row_layout, words_of
from .parameters import CoreParameters
from .row_layouts import drive_layout, handed_layout, state_layout


class Recurrence(wiring.Component):
    """The recurrence of a network: of each row of drive it makes a row of the state.

    Parameters
    ----------
    network : FrozenNetwork
    parameters : CoreParameters

    Members
    -------
    drive : ``In(stream.Signature(drive_layout(...)))``
    last_state : ``Out(stream.Signature(handed_layout(...)))``
        The rows of the last state of each sequence; for read-out ``every`` those of every state.
    trace : ``Out(stream.Signature(state_layout(...)))``
        The rows of every state, of several channels their ``words`` and the ``channel``; only where
        ``parameters.trace``.

    Raises
    ------
    InputError
        Parameters that do not fit the network.
    """

    def __init__(self, network: FrozenNetwork, parameters: CoreParameters) -> None:
        parameters.check(network)
        self.network = network
        self.parameters = parameters
        lanes, channels = parameters.lanes, parameters.channels
        rows = stream.Signature(row_layout(state_layout(network, lanes), channels))
        super().__init__(
            {
                "drive": In(stream.Signature(drive_layout(network, lanes, channels))),
                "last_state": Out(stream.Signature(handed_layout(network, lanes, channels))),
                **({"trace": Out(rows)} if parameters.trace else {}),
            }
        )

    def hand_out(self, m: Module, moves: Value, state: ValueLike, last: Value, added: Value | None = None) -> Signal:
        """Offer a row of the state to read-out and trace; returns whether all of them have it or take it now.

        Parameters
        ----------
        moves : high in the clock in which the next row takes the place of this one; only while what is returned is high
        state : the row, from the clock after ``moves``
        last, added : with ``moves``, of the next row: whether its step is the last of a sequence; whether it is a row
            of a state at all, as every row is where left out
        """
        every = self.network.readout == "every"
        wanted = Const(1) if added is None else added
        wanted_last = last if added is None else added & last
        outputs = [(self.last_state, wanted if every else wanted_last)]
        if every:
            handed_last = Signal(name="handed_last", reset_less=True)
            m.d.comb += self.last_state.payload.last.eq(handed_last)
            with m.If(moves):
                m.d.sync += handed_last.eq(last)
        if self.parameters.trace:
            outputs.append((self.trace, wanted))
        channel = None
        if channel_field(self.parameters.channels):
            channel = Signal.like(self.drive.payload.channel, name="handed_channel", reset_less=True)
            with m.If(moves):
                m.d.sync += channel.eq(self.drive.payload.channel)
        for output, _ in outputs:
            m.d.comb += words_of(output.payload).eq(state)
            if channel is not None:
                m.d.comb += output.payload.channel.eq(channel)
        return _offer(m, moves, outputs)


def _offer(m: Module, moves: Value, outputs: Sequence[tuple[stream.Interface, Value]]) -> Signal:
    """Make ``valid`` of each output, which comes with whether it wants the next row."""
    ready = Signal(name="outputs_ready")
    for output, wanted in outputs:
        with m.If(moves):
            m.d.sync += output.valid.eq(wanted)
        with m.Elif(output.ready):
            m.d.sync += output.valid.eq(0)
    m.d.comb += ready.eq(~Cat(output.valid & ~output.ready for output, _ in outputs).any())
    return ready
