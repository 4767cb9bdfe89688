"""Clocks counted in simulation, against the formulas of the generator."""

from dataclasses import dataclass

import numpy as np

from .description import CoreDescription
from .expectation import Expectation
from .job import Record

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


def measure(description: CoreDescription, expectation: Expectation, record: Record) -> Timing:
    """Measure sequences of :data:`TIMED_LENGTHS` steps that were streamed one by one with nothing held up.

    A step's time is what the first rows of two steps of a sequence are apart at ``m_trace``; without that port, what a
    further step adds to the latency of a sequence.
    """
    complete = len(record.results.clocks) >= expectation.results.size and not record.violation
    steps = len(expectation.step_number)
    if not complete or (description.trace and len(record.rows.clocks) < steps * description.rows):
        return Timing(None, None, ("the timed run did not come to its end: no clocks to compare",))
    starts = np.cumsum([0] + [len(sequence.beats) for sequence in expectation.sequences[:-1]])
    ends = np.cumsum([sequence.results for sequence in expectation.sequences]) - 1
    latencies = record.results.clocks[ends] - record.inputs.clocks[starts]
    problems = [
        f"latency of {length} step{'s' * (length > 1)}: measured {latency} clocks, formula {formula}"
        for length, latency in zip(TIMED_LENGTHS, latencies.tolist(), strict=True)
        if latency != (formula := description.sequence_latency(length))
    ]
    if description.trace:
        first_rows = record.rows.clocks[: steps * description.rows : description.rows]
        within = np.diff(expectation.step_sequence) == 0
        distances = set(np.diff(first_rows)[within].tolist())
    else:
        further = np.diff(latencies) / np.diff(TIMED_LENGTHS)
        distances = set(further.tolist())
    if distances != {description.cycles_per_step}:
        measured = ", ".join(f"{distance:g}" for distance in sorted(distances))
        problems.insert(0, f"cycles per step: measured {measured}, formula {description.cycles_per_step}")
    cycles = int(distances.pop()) if len(distances) == 1 else None
    return Timing(cycles, int(latencies[-1]), tuple(problems))
