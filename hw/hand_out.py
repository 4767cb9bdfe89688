"""The row that a recurrence holds, offered to all that want it: read-out and trace."""

from collections.abc import Sequence

from amaranth.hdl import Cat, Module, Signal, ValueLike
from amaranth.lib import stream


def offer(m: Module, moves: ValueLike, outputs: Sequence[tuple[stream.Interface, ValueLike]]) -> Signal:
    """Make ``valid`` of each output, and return whether all of them have the row or take it now: whether it may go.

    Parameters
    ----------
    moves : high in the clock in which the next row takes the place of this one; only while what is returned is high
    outputs : a stream, and whether it wants that next row
    """
    ready = Signal(name="outputs_ready")
    for output, wanted in outputs:
        with m.If(moves):
            m.d.sync += output.valid.eq(wanted)
        with m.Elif(output.ready):
            m.d.sync += output.valid.eq(0)
    m.d.comb += ready.eq(~Cat(output.valid & ~output.ready for output, _ in outputs).any())
    return ready
