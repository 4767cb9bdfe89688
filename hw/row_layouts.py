"""The rows that pass between the input side, the recurrence and the read-out: one of P lanes in every transfer."""

from amaranth.hdl import signed
from amaranth.lib import data

from ..quant.integer import FrozenNetwork, IntegerNetwork
from .channel import row_layout, slot_fields
from .widths import Widths


def drive_layout(network: FrozenNetwork, lanes: int, channels: int = 1) -> data.StructLayout:
    """One row of what a step adds to the state.

    ``values`` = B + shift(U x, f) per lane, of a Hadamard RNN ``negative``, the sign of W per lane (1 for −1), and the
    flags of the step.
    Of several channels the slot too: one row with ``void`` stands for all R rows of a slot without a step.
    """
    values = data.ArrayLayout(signed(Widths.of(network).drive), lanes)
    signs = {"negative": lanes} if has_signs(network) else {}
    return data.StructLayout({"values": values, **signs, "first": 1, "last": 1} | slot_fields(channels))


def has_signs(network: FrozenNetwork) -> bool:
    """Whether the recurrent matrix has a sign for each unit, which is kept beside its bias."""
    return isinstance(network, IntegerNetwork)


def state_layout(network: FrozenNetwork, lanes: int) -> data.ArrayLayout:
    """One row of the state: ``lanes`` words, lane 0 first."""
    return data.ArrayLayout(signed(network.state_bits), lanes)


def handed_layout(network: FrozenNetwork, lanes: int, channels: int = 1) -> data.Layout:
    """What the read-out is handed: rows of last states, or the ``words`` of every row and the ``last`` of its step.

    Of several channels the ``words`` and the ``channel``.
    """
    last = {"last": 1} if network.readout == "every" else {}
    return row_layout(state_layout(network, lanes), channels, **last)
