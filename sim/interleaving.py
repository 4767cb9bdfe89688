"""Several channels of one core: which sequence goes to which, and what each of them must and did send."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..errors import InputError
from ..quant.integer import FrozenNetwork
from . import reference
from .comparison import Comparison, Difference, compare
from .description import CoreDescription
from .expectation import Expectation, expect
from .job import Record
from .job import Sequence as StreamedSequence


@dataclass(frozen=True)
class Channel:
    """What one channel gets and must send.

    Attributes
    ----------
    number : of the channel
    sequences : int64, the numbers of its sequences among all that are streamed, ascending
    expectation : of these alone; None for a silent channel
    """

    number: int
    sequences: np.ndarray
    expectation: Expectation | None


def checked_channels(channels: Sequence[int] | np.ndarray | None, count: int, available: int) -> np.ndarray:
    """The channel of each of ``count`` sequences, 0, 1, … in turn unless told otherwise."""
    if channels is None:
        return np.arange(count) % available
    array = np.asarray(channels)
    if array.shape != (count,) or not np.issubdtype(array.dtype, np.integer):
        raise InputError(f"channels must be {count} integers, not {array.dtype} of shape {array.shape}")
    wrong = array[(array < 0) | (array >= available)]
    if wrong.size:
        raise InputError(f"channels must be from 0 to {available - 1}, not {int(wrong[0])}")
    return array.astype(np.int64)


def expect_channels(
    network: FrozenNetwork,
    description: CoreDescription,
    inputs: np.ndarray,
    channels: Sequence[int] | np.ndarray | None,
    of_sequence: dict[str, Sequence[int] | np.ndarray | None],
    *,
    states: bool,
) -> list[Channel]:
    """What each channel of the core must send; ``of_sequence`` are further arguments of ``expect``, one a sequence."""
    inputs = reference.checked_inputs(network, inputs)
    of_channel = checked_channels(channels, len(inputs), description.channels)
    try:
        return _expect_each(network, description, inputs, of_channel, of_sequence, states=states)
    except InputError:
        # The whole once, for its refusals: they give numbers among all sequences.
        expect(network, description, inputs, **of_sequence, states=False)
        raise


def _expect_each(
    network: FrozenNetwork,
    description: CoreDescription,
    inputs: np.ndarray,
    of_channel: np.ndarray,
    of_sequence: dict[str, Sequence[int] | np.ndarray | None],
    *,
    states: bool,
) -> list[Channel]:
    if description.channels == 1:
        whole = expect(network, description, inputs, **of_sequence, states=states)
        return [Channel(0, np.arange(len(whole.sequences)), whole)]
    found = []
    for number in range(description.channels):
        chosen = np.flatnonzero(of_channel == number)
        own = {name: None if values is None else np.asarray(values)[chosen] for name, values in of_sequence.items()}
        expectation = expect(network, description, inputs[chosen], **own, states=states) if len(chosen) else None
        found.append(Channel(number, chosen, expectation))
    return found


def streamed(channels: Sequence[Channel]) -> tuple[StreamedSequence, ...]:
    """The sequences of all channels in the order of their numbers, each with its channel."""
    found = {}
    for channel in channels:
        if channel.expectation is not None:
            for number, sequence in zip(channel.sequences.tolist(), channel.expectation.sequences, strict=True):
                found[number] = replace(sequence, channel=channel.number)
    return tuple(found[number] for number in sorted(found))


def compare_channels(channels: Sequence[Channel], record: Record, lanes: int) -> Comparison:
    """Compare what each channel sent with what it should have; differences name the channel."""
    if len(channels) == 1 and channels[0].expectation is not None:
        return compare(channels[0].expectation, record, lanes)
    compared = [_compare_channel(channel, record.of_channel(channel.number), lanes) for channel in channels]
    first = [difference for comparison in compared for difference in comparison.first]
    first.sort(key=lambda difference: (difference.sequence is None, difference.sequence or 0))
    return Comparison(
        states=sum(comparison.states for comparison in compared),
        results=sum(comparison.results for comparison in compared),
        differences=sum(comparison.differences for comparison in compared),
        first=tuple(first + _unknown_channels(len(channels), record)),
    )


def _compare_channel(channel: Channel, record: Record, lanes: int) -> Comparison:
    if channel.expectation is None:
        return _silence(channel, record)
    comparison = compare(channel.expectation, record, lanes)
    named = []
    for difference in comparison.first:
        number = None if difference.sequence is None else int(channel.sequences[difference.sequence])
        named.append(replace(difference, channel=channel.number, sequence=number))
    return replace(comparison, first=tuple(named))


def _silence(channel: Channel, record: Record) -> Comparison:
    """Nothing may come of a channel that got nothing."""
    counts = {"m_axis": len(record.results.beats), "m_trace": len(record.rows.beats), "error": record.errors}
    first = tuple(
        Difference(what=f"beats on {port}" if port != "error" else "pulses of error", channel=channel.number, got=count)
        for port, count in counts.items()
        if count
    )
    return Comparison(0, 0, sum(counts.values()), first)


def _unknown_channels(count: int, record: Record) -> list[Difference]:
    """The first beat of each port that says it is of a channel that there is not."""
    found = []
    for port, transfers in (("m_axis", record.results), ("m_trace", record.rows)):
        wrong = np.flatnonzero(transfers.channels >= count)
        if wrong.size:
            got, clock = int(transfers.channels[wrong[0]]), int(transfers.clocks[wrong[0]])
            found.append(Difference(what=f"{port}_tid", expected=count - 1, got=got, clock=clock))
    return found
