"""A data set as the core shall stream it, whole and in chunks of sequences."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ...errors import InputError
from ...quant.integer import FrozenNetwork
from .. import reference
from ..interleaving import checked_channels

_MEMORY = 64 << 20  # bytes that the expectation of one chunk may take, about
_MOST_SEQUENCES = 500  # of a chunk: beyond, numpy gains nothing


@dataclass(frozen=True, kw_only=True)
class Chunk:
    """Some sequences of a data set, in a row, or all of them.

    Attributes
    ----------
    first : number of the first sequence
    inputs, lengths, cut_beats, wrong_indices, channels : as of :func:`~hadamrnn.sim.cosimulation.cosimulate`
    """

    first: int
    inputs: np.ndarray
    lengths: np.ndarray
    cut_beats: np.ndarray
    wrong_indices: np.ndarray
    channels: np.ndarray

    @property
    def of_sequence(self) -> dict[str, Sequence[int] | np.ndarray | None]:
        """What goes with each sequence beside its inputs and its channel, as ``expect`` takes it."""
        return {name: getattr(self, name) for name in ("lengths", "cut_beats", "wrong_indices")}

    def split(self, size: int) -> "Iterator[Chunk]":
        """Its sequences, ``size`` at a time, without the steps that none of them has.

        Some more where a malformed one would be the last of its channel: a chunk begins with a reset, and whether the
        core takes the next sequence after a malformed one is seen within a chunk or not at all.
        """
        stop = 0
        while stop < len(self.inputs):
            first, stop = stop, min(stop + size, len(self.inputs))
            while stop < len(self.inputs) and self._ends_malformed(first, stop):
                stop += 1
            part = slice(first, stop)
            longest = int(self.lengths[part].max())
            yield Chunk(
                first=self.first + first,
                inputs=self.inputs[part, :longest],
                lengths=self.lengths[part],
                cut_beats=self.cut_beats[part],
                wrong_indices=self.wrong_indices[part],
                channels=self.channels[part],
            )

    def _ends_malformed(self, first: int, stop: int) -> bool:
        """Whether on some channel the last of these sequences is malformed, with others of the channel to come."""
        malformed = (self.cut_beats != 0) | (self.wrong_indices != 0)
        for channel in np.unique(self.channels[first:stop]):
            own = np.flatnonzero(self.channels[first:stop] == channel)
            if malformed[first + own[-1]] and (self.channels[stop:] == channel).any():
                return True
        return False


def data_set(
    network: FrozenNetwork,
    inputs: np.ndarray,
    lengths: Sequence[int] | np.ndarray | None,
    cut_beats: Sequence[int] | np.ndarray | None,
    wrong_indices: Sequence[int] | np.ndarray | None,
    channels: Sequence[int] | np.ndarray | None = None,
    *,
    available: int = 1,
) -> Chunk:
    """All sequences as one chunk; arguments as of :func:`~hadamrnn.sim.cosimulation.cosimulate`.

    Parameters
    ----------
    available : channels that the core has

    Raises
    ------
    InputError
        Inputs, lengths, positions or channels of a wrong shape or type, or a channel that there is not. The values of
        the positions are checked with the chunks.
    """
    inputs = reference.checked_inputs(network, inputs)
    count, steps = inputs.shape[:2]
    return Chunk(
        first=0,
        inputs=inputs,
        lengths=reference.checked_lengths(lengths, count, steps),
        cut_beats=_per_sequence("cut_beats", cut_beats, count),
        wrong_indices=_per_sequence("wrong_indices", wrong_indices, count),
        channels=checked_channels(channels, count, available),
    )


def chunk_size(network: FrozenNetwork, whole: Chunk, *, states: bool, jobs: int, channels: int = 1) -> int:
    """Sequences of a chunk, such that its expectation fits into memory and there is work for all processes.

    For a core of several channels as many on each of them, where memory allows it.
    """
    count, steps = whole.inputs.shape[:2]
    values = network.hidden_size * states + network.output_size * (network.readout == "every") + network.input_size
    fitting = _MEMORY // (32 * steps * values)
    most = min(fitting, max(_MOST_SEQUENCES, channels))
    return max(1, min(most // channels * channels or most, -(-count // (4 * jobs)) * channels))


def _per_sequence(name: str, values: Sequence[int] | np.ndarray | None, count: int) -> np.ndarray:
    array = np.zeros(count, dtype=np.int64) if values is None else np.asarray(values)
    if array.shape != (count,):
        raise InputError(f"{name} must be {count} integers, not {array.dtype} of shape {array.shape}")
    return array
