"""What a co-simulation exercised, counted in bins; the empty ones are its holes."""

from collections.abc import Mapping, Sequence

import numpy as np

from ..quant.integer import DenseNetwork, FrozenNetwork, IntegerNetwork
from . import reference
from .coverage import cover
from .description import CoreDescription
from .job import RESETS, STREAM, Record
from .malformed import has_wrong_index
from .plan import PlannedRun, Stimulus

Bins = dict[str, dict[str, int]]
"""Hits by group and bin."""

_RARE_BITS = 8  # with more bits behind the point one half is too rare to ask for


def functional_coverage(
    network: FrozenNetwork,
    description: CoreDescription,
    stimulus: Stimulus,
    runs: Sequence[PlannedRun],
    records: dict[str, Record],
) -> Bins:
    """The bins of a co-simulation by cocotb: lengths, order, malformed sequences, arithmetic, lanes, stalls, resets.

    A bin is there only where the core can fill it: no second beat of a step where a step is one beat, no rounding where
    nothing is rounded.
    """
    inputs = reference.checked_inputs(network, stimulus.inputs)
    lengths = reference.checked_lengths(stimulus.lengths, *inputs.shape[:2])
    bins = {"sequence of steps": _lengths(lengths)}
    bins |= _arithmetic(network, inputs, lengths)
    planned = {run.phase.name: run for run in runs}
    streams = [channel.expectation for channel in planned[STREAM].expected if channel.expectation is not None]
    for stream in streams:
        if stream.states is not None:
            _add(bins, "lane with states of both signs", _lanes(stream.states, description.lanes))
        if not stream.classes:
            signs = {"negative": stream.results < 0, "positive": stream.results > 0}
            _add(bins, "logit", {name: int(np.count_nonzero(found)) for name, found in signs.items()})
    malformed = _malformed(network, description, stimulus, lengths)
    if malformed:
        bins["malformed sequence"] = malformed
    if description.channels > 1:
        bins["channel"] = {str(channel.number): len(channel.sequences) for channel in planned[STREAM].expected}
    for port, (taken, waited) in records[STREAM].waited.items():
        if port in ("m_axis", "m_trace"):
            bins[port] = {"beat taken at once": taken - waited, "beat that waits": waited}
        else:
            bins[port] = {"beat that waits for the core": waited}
    if description.channels == 1:
        _add(bins, "s_axis", _source(description, streams[0].sequences, records[STREAM]))
    moments = planned[RESETS].phase.interruptions if RESETS in planned else ()
    bins["reset"] = _resets(description, moments)
    return bins


def holes(bins: Bins) -> list[str]:
    """The bins that nothing fell into, each with its group."""
    return [f"{group}: {name}" for group, hits in bins.items() for name, count in hits.items() if not count]


def _add(bins: Bins, group: str, hits: Mapping[str, int]) -> None:
    """Add ``hits`` to what the group has."""
    found = bins.setdefault(group, {})
    for name, count in hits.items():
        found[name] = found.get(name, 0) + count


def _lengths(lengths: np.ndarray) -> dict[str, int]:
    limits = {"1": (1, 1), "2": (2, 2), "3 to 9": (3, 9), "10 and more": (10, np.inf)}
    return {name: int(np.count_nonzero((lengths >= low) & (lengths <= high))) for name, (low, high) in limits.items()}


def _arithmetic(network: FrozenNetwork, inputs: np.ndarray, lengths: np.ndarray) -> Bins:
    counted = cover(network, inputs, lengths)
    bins = {"state saturated": {"low": counted.saturated_low, "high": counted.saturated_high}}
    if 0 < _rounded_bits(network) <= _RARE_BITS:
        bins["division that ends in one half"] = {
            "rounded up": counted.division_ties_up,
            "rounded down": counted.division_ties - counted.division_ties_up,
        }
    if isinstance(network, DenseNetwork) and network.activation != "none":
        states = {"negative": counted.negative, "0": counted.zero, "positive": counted.positive}
        if network.activation == "relu":
            del states["negative"]
        bins["state"] = states
    if network.input_shift < 0:
        bins["input product"] = {"that ends in one half": counted.input_ties}
    return bins


def _rounded_bits(network: FrozenNetwork) -> int:
    """Bits behind the point of the recurrent product before it is rounded; but of M those that are always 0."""
    if isinstance(network, DenseNetwork):
        factor = network.recurrent_multiplier
        return network.recurrent_shift - (factor & -factor).bit_length() + 1
    assert isinstance(network, IntegerNetwork)
    return network.sqrt_half_bits if network.block_bits % 2 else network.block_bits // 2


def _lanes(states: np.ndarray, lanes: int) -> dict[str, int]:
    rows = states.reshape(-1, lanes)
    counts = np.minimum((rows < 0).sum(axis=0), (rows > 0).sum(axis=0))
    return {str(lane): int(count) for lane, count in enumerate(counts)}


def _malformed(
    network: FrozenNetwork, description: CoreDescription, stimulus: Stimulus, lengths: np.ndarray
) -> dict[str, int]:
    def of(values: Sequence[int] | np.ndarray | None) -> np.ndarray:
        return np.zeros(len(lengths), dtype=int) if values is None else np.asarray(values)

    bins: dict[str, int] = {}
    if description.beats_per_step > 1:
        cut = of(stimulus.cut_beats)
        bins["cut off in its first step"] = int(np.count_nonzero((cut > 0) & (lengths == 1)))
        bins["cut off later"] = int(np.count_nonzero((cut > 0) & (lengths > 1)))
    if has_wrong_index(network, description):
        wrong = of(stimulus.wrong_indices)
        bins["wrong index in its first step"] = int(np.count_nonzero(wrong == 1))
        bins["wrong index later"] = int(np.count_nonzero(wrong > 1))
    return bins


def _source(description: CoreDescription, sequences: Sequence, record: Record) -> dict[str, int]:
    """Clocks without a beat at ``s_axis``, whoever held it up, by where they are."""
    distance = np.diff(record.inputs.clocks)
    first = np.cumsum([len(sequence.beats) for sequence in sequences])[:-1]
    first = first[first <= len(distance)] - 1
    begins = np.zeros(len(distance), dtype=bool)
    begins[first] = True
    number = np.concatenate([np.arange(len(sequence.beats)) for sequence in sequences])[1 : len(distance) + 1]
    inside = number % description.beats_per_step > 0
    bins = {
        "sequence right after another": int(np.count_nonzero(begins & (distance == 1))),
        "gap between sequences": int(np.count_nonzero(begins & (distance > 1))),
        "gap between steps": int(np.count_nonzero(~begins & ~inside & (distance > 1))),
    }
    if description.beats_per_step > 1:
        bins["gap inside a step"] = int(np.count_nonzero(inside & (distance > 1)))
    return bins


def _resets(description: CoreDescription, moments: Sequence[int]) -> dict[str, int]:
    """Resets by what the core was at."""
    step, result = description.cycles_per_step, description.latency_of_one_step
    return {
        "in the first step": sum(moment <= step for moment in moments),
        "before the first result": sum(step < moment <= result for moment in moments),
        "after the first result": sum(moment > result for moment in moments),
    }
