"""A data set as the core shall stream it, whole and in chunks of sequences."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ...errors import InputError
from ...quant.integer import FrozenNetwork
from .. import reference

_MEMORY = 64 << 20  # bytes that the expectation of one chunk may take, about
_MOST_SEQUENCES = 500  # of a chunk: beyond, numpy gains nothing


@dataclass(frozen=True, kw_only=True)
class Chunk:
    """Some sequences of a data set, in a row, or all of them.

    Attributes
    ----------
    first : number of the first sequence
    inputs, lengths, cut_beats, wrong_indices : as of :func:`~hadamrnn.sim.cosimulation.cosimulate`
    """

    first: int
    inputs: np.ndarray
    lengths: np.ndarray
    cut_beats: np.ndarray
    wrong_indices: np.ndarray

    def split(self, size: int) -> "Iterator[Chunk]":
        """Its sequences, ``size`` at a time, without the steps that none of them has."""
        for first in range(0, len(self.inputs), size):
            part = slice(first, first + size)
            longest = int(self.lengths[part].max())
            yield Chunk(
                first=self.first + first,
                inputs=self.inputs[part, :longest],
                lengths=self.lengths[part],
                cut_beats=self.cut_beats[part],
                wrong_indices=self.wrong_indices[part],
            )


def data_set(
    network: FrozenNetwork,
    inputs: np.ndarray,
    lengths: Sequence[int] | np.ndarray | None,
    cut_beats: Sequence[int] | np.ndarray | None,
    wrong_indices: Sequence[int] | np.ndarray | None,
) -> Chunk:
    """All sequences as one chunk; arguments as of :func:`~hadamrnn.sim.cosimulation.cosimulate`.

    Raises
    ------
    InputError
        Inputs, lengths or positions of a wrong shape or type. The values of the positions are checked with the chunks.
    """
    inputs = reference.checked_inputs(network, inputs)
    count, steps = inputs.shape[:2]
    return Chunk(
        first=0,
        inputs=inputs,
        lengths=reference.checked_lengths(lengths, count, steps),
        cut_beats=_per_sequence("cut_beats", cut_beats, count),
        wrong_indices=_per_sequence("wrong_indices", wrong_indices, count),
    )


def chunk_size(network: FrozenNetwork, whole: Chunk, *, states: bool, jobs: int) -> int:
    """Sequences of a chunk, such that its expectation fits into memory and there is work for all processes."""
    count, steps = whole.inputs.shape[:2]
    values = network.hidden_size * states + network.output_size * (network.readout == "every") + network.input_size
    fitting = _MEMORY // (32 * steps * values)
    return max(1, min(fitting, _MOST_SEQUENCES, -(-count // (4 * jobs))))


def _per_sequence(name: str, values: Sequence[int] | np.ndarray | None, count: int) -> np.ndarray:
    array = np.zeros(count, dtype=np.int64) if values is None else np.asarray(values)
    if array.shape != (count,):
        raise InputError(f"{name} must be {count} integers, not {array.dtype} of shape {array.shape}")
    return array
