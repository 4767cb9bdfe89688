"""Clocks counted in simulation, against the formulas of the generator."""

from dataclasses import dataclass

import numpy as np

from .description import CoreDescription
from .expectation import Expectation
from .job import Record, Sequence

TOGETHER_LENGTHS = (2, 6)  # steps that all channels take at once, first the ones, then the others
TIMED_LENGTHS = (1, 2, 4)  # steps: from one length to the next further steps, each in cycles_per_step clocks


@dataclass(frozen=True)
class Timing:
    """Measured clocks.

    Attributes
    ----------
    cycles_per_step : from a step to the next, the same for all of them; None if they differ or never came
    sequence_latency : of the longest sequence, from its first input beat to its last result beat; None if it never came
    problems : one line for each figure that is not the formula's
    """

    cycles_per_step: int | None
    sequence_latency: int | None
    problems: tuple[str, ...]


_UNFINISHED = Timing(None, None, ("the timed run did not come to its end: no clocks to compare",))


def measure(description: CoreDescription, expectation: Expectation, record: Record) -> Timing:
    """Measure sequences of :data:`TIMED_LENGTHS` steps that were streamed one by one with nothing held up.

    A step's time is what the results of two steps of a sequence are apart, where every step has one; else what the
    first rows of two steps are apart at ``m_trace``; without that port, what a further step adds to the latency of a
    sequence.
    """
    complete = len(record.results.clocks) >= expectation.results.size and not record.violation
    steps = len(expectation.step_number)
    complete &= len(record.inputs.clocks) >= sum(len(sequence.beats) for sequence in expectation.sequences)
    if not complete or (description.trace and len(record.rows.clocks) < steps * description.rows):
        return _UNFINISHED
    starts = np.cumsum([0] + [len(sequence.beats) for sequence in expectation.sequences[:-1]])
    ends = np.cumsum([sequence.results for sequence in expectation.sequences]) - 1
    latencies = record.results.clocks[ends] - record.inputs.clocks[starts]
    problems = [
        f"latency of {length} step{'s' * (length > 1)}: measured {latency} clocks, formula {formula}"
        for length, latency in zip(TIMED_LENGTHS, latencies.tolist(), strict=True)
        if latency != (formula := description.sequence_latency(length))
    ]
    within = np.diff(expectation.step_sequence) == 0
    if expectation.result_step is not None:
        clocks = record.results.clocks[: expectation.results.size]  # a broken core may send more
        last_beats = clocks[description.beats_per_result - 1 :: description.beats_per_result]
        distances = set(np.diff(last_beats)[within].tolist())
    elif description.trace:
        first_rows = record.rows.clocks[: steps * description.rows : description.rows]
        distances = set(np.diff(first_rows)[within].tolist())
    else:
        further = np.diff(latencies) / np.diff(TIMED_LENGTHS)
        distances = set(further.tolist())
    if distances != {description.further_step}:
        measured = ", ".join(f"{distance:g}" for distance in sorted(distances))
        problems.insert(0, f"cycles per step: measured {measured}, formula {description.further_step}")
    cycles = int(distances.pop()) if len(distances) == 1 else None
    return Timing(cycles, int(latencies[-1]), tuple(problems))


def timed_channels(channels: int) -> tuple[tuple[int, int], ...]:
    """Channel and steps of each sequence of the timed run, in order."""
    alone = tuple(((number + 1) % channels, length) for number, length in enumerate(TIMED_LENGTHS))
    return alone + tuple(
        (channel, length) for length in TOGETHER_LENGTHS * (channels > 1) for channel in range(channels)
    )


def timed_batches(channels: int) -> tuple[int, ...]:
    """How many of them are sent at a time, the core idle before each time; empty for a core of one channel."""
    return (1,) * len(TIMED_LENGTHS) + (channels,) * len(TOGETHER_LENGTHS) if channels > 1 else ()


def measure_channels(description: CoreDescription, sequences: tuple[Sequence, ...], record: Record) -> Timing:
    """Measure a core of several channels, from the sequences of :func:`timed_channels`.

    Alone a channel has the clocks of ``sequence_latency``. Where all go on at once, one turn for each of the steps that
    the longer sequences have more: it makes the first of their last results come later, which no result holds up.
    """
    beats, results = (sum(counts) for counts in zip(*((len(s.beats), s.results) for s in sequences), strict=True))
    if record.violation or len(record.results.clocks) < results or len(record.inputs.clocks) < beats:
        return _UNFINISHED
    latencies, beats, results = [], 0, 0
    for size in timed_batches(description.channels):
        batch, sequences = sequences[:size], sequences[size:]
        start = record.inputs.clocks[beats]
        beats += sum(sequence.beats.shape[0] for sequence in batch)
        sent = record.results.where(slice(results, results + sum(sequence.results for sequence in batch)))
        results += len(sent.clocks)
        ends = [sent.clocks[sent.channels == sequence.channel].max(initial=-1) for sequence in batch]
        if min(ends) < 0:  # what came was another channel's
            return _UNFINISHED
        latencies.append(int(min(ends) - start))
    alone, together = latencies[: len(TIMED_LENGTHS)], latencies[len(TIMED_LENGTHS) :]
    problems = [
        f"latency of {length} step{'s' * (length > 1)} alone: measured {latency} clocks, formula {formula}"
        for length, latency in zip(TIMED_LENGTHS, alone, strict=True)
        if latency != (formula := description.sequence_latency(length))
    ]
    cycles = (together[1] - together[0]) / (TOGETHER_LENGTHS[1] - TOGETHER_LENGTHS[0])
    if cycles != description.cycles_per_step:
        problems.insert(0, f"cycles per step: measured {cycles:g}, formula {description.cycles_per_step}")
    return Timing(int(cycles) if cycles.is_integer() else None, alone[-1], tuple(problems))
