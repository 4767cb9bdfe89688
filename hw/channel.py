"""The names of interleaved sequences: what travels with a step, a row or a result to say whose it is."""

from typing import Any

from amaranth.hdl import Value
from amaranth.lib import data


def channel_bits(channels: int) -> int:
    """Bits of a channel's number."""
    return (channels - 1).bit_length()


def channel_field(channels: int) -> dict[str, int]:
    """The field ``channel`` of a layout; none where there is one channel only."""
    return {"channel": channel_bits(channels)} if channels > 1 else {}


def slot_fields(channels: int) -> dict[str, int]:
    """The fields of a slot of the ring: its ``channel``, and whether it is ``void``; none for one channel only.

    A void slot is that of a channel between two sequences: its rows pass through the ring and are ignored.
    """
    return {"void": 1} | channel_field(channels) if channels > 1 else {}


def row_layout(row: data.Layout, channels: int, **fields: int) -> data.Layout:
    """A ``row`` of a state, or a structure of its ``words`` and what else is said about it: ``fields``, ``channel``."""
    fields |= channel_field(channels)
    return data.StructLayout({"words": row, **fields}) if fields else row


def words_of(payload: data.View) -> data.View:
    """The row in a payload of :func:`row_layout`."""
    return payload["words"] if isinstance(payload.shape(), data.StructLayout) else payload


def copied(target: data.View, source: data.View, names: Any) -> list:
    """Assignments of the fields ``names``."""
    return [Value.cast(target[name]).eq(Value.cast(source[name])) for name in names]
