"""What a core sent against what it should have sent, with the first difference by name."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from .beats import from_bytes
from .expectation import Expectation
from .job import Record, Transfers


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One place where a core and the reference differ.

    Attributes
    ----------
    what : ``"state"``, ``"logit"``, ``"class"``, or a signal
    sequence : number of the sequence, 0 first; None for something beyond the last one
    step, unit, row, lane : of a state; unit i is row i div P, lane i mod P
    logit : number of the logit
    expected, got : values; ``got`` is None for what never came, ``expected`` for what should not have
    clock : edge of the transfer, where there was one
    channel : whose it is, where there are several
    """

    what: str
    sequence: int | None = None
    step: int | None = None
    unit: int | None = None
    row: int | None = None
    lane: int | None = None
    logit: int | None = None
    expected: int | None = None
    got: int | None = None
    clock: int | None = None
    channel: int | None = None

    def __str__(self) -> str:
        names = ("channel", "sequence", "step", "unit")
        place = [f"{name} {getattr(self, name)}" for name in names if getattr(self, name) is not None]
        text = ", ".join(place)
        if self.row is not None:
            text += f" (row {self.row}, lane {self.lane})" if self.lane is not None else f", row {self.row}"
        if self.logit is not None:
            text += f", logit {self.logit}"
        expected = "nothing" if self.expected is None else self.expected
        got = "nothing" if self.got is None else self.got
        clock = "" if self.clock is None else f" at clock {self.clock}"
        return f"{text}{', ' * bool(text)}{self.what}: expected {expected}, got {got}{clock}"

    def to_json(self) -> dict[str, Any]:
        """The fields that apply, as plain JSON."""
        return {name: value for name, value in vars(self).items() if value is not None}


@dataclass(frozen=True)
class Comparison:
    """The outcome: how much was compared, how much differs, and the first of each kind, in order of sequences."""

    states: int
    results: int
    differences: int
    first: tuple[Difference, ...]


def compare(expectation: Expectation, record: Record, lanes: int) -> Comparison:
    """Compare all that was recorded with all that was expected; states where the expectation has any."""
    found = _compare_results(expectation, record.results)
    states = 0
    if expectation.states is not None:
        states = min(len(record.rows.beats) * lanes, expectation.states.size)
        found += _compare_states(expectation, expectation.states, record.rows, lanes)
    else:  # the port may send rows all the same, but no more than there are
        found += _extra("m_trace", record.rows, sum(sequence.rows for sequence in expectation.sequences))
    counts = [count for count, _ in found]
    first = sorted((difference for _, difference in found), key=_order)
    if record.errors != expectation.errors:
        counts.append(abs(record.errors - expectation.errors))
        first.append(Difference(what="pulses of error", expected=expectation.errors, got=record.errors))
    return Comparison(states, min(len(record.results.beats), expectation.results.size), sum(counts), tuple(first))


def _order(difference: Difference) -> tuple[bool, int, bool]:
    return difference.sequence is None, difference.sequence or 0, difference.step is None


def _compare_states(
    expectation: Expectation, states: np.ndarray, rows: Transfers, lanes: int
) -> list[tuple[int, Difference]]:
    expected = states.reshape(-1, lanes)
    count = min(len(rows.beats), len(expected))
    rows_per_step = states.shape[1] // lanes
    numbers = np.arange(len(expected))
    step, row = numbers // rows_per_step, numbers % rows_per_step

    def place(number: int) -> dict[str, int]:
        index = step[number]
        return {
            "sequence": int(expectation.step_sequence[index]),
            "step": int(expectation.step_number[index]),
            "row": int(row[number]),
        }

    got = from_bytes(rows.beats[:count].reshape(count, lanes, -1), signed=True) if count else expected[:0]
    found = []
    wrong = np.argwhere(got != expected[:count])
    if len(wrong):
        number, lane = wrong[0]
        values = {"expected": int(expected[number, lane]), "got": int(got[number, lane])}
        where = place(number) | {"unit": int(row[number] * lanes + lane), "lane": int(lane)}
        found.append((len(wrong), Difference(what="state", **where, **values, clock=int(rows.clocks[number]))))
    last = row == rows_per_step - 1
    for number in np.flatnonzero(rows.last[:count] != last[:count])[:1]:
        values = {"expected": int(last[number]), "got": int(rows.last[number])}
        wrong_count = int(np.count_nonzero(rows.last[:count] != last[:count]))
        found.append((wrong_count, Difference(what="m_trace_tlast", **place(number), **values)))
    if count < len(expected):
        where = place(count) | {"unit": int(row[count] * lanes), "lane": 0}
        values = {"expected": int(expected[count, 0])}
        found.append(((len(expected) - count) * lanes, Difference(what="state", **where, **values)))
    return found + _extra("m_trace", rows, len(expected))


def _compare_results(expectation: Expectation, results: Transfers) -> list[tuple[int, Difference]]:
    expected, last = expectation.results.ravel(), expectation.result_last.ravel()
    beats = expectation.results.shape[1]
    count = min(len(results.beats), len(expected))
    logits = not expectation.classes

    def place(number: int) -> dict[str, int]:
        where = {"sequence": int(expectation.result_sequence[number // beats])}
        if expectation.result_step is not None:
            where["step"] = int(expectation.result_step[number // beats])
        return where | {"logit": int(number % beats)} if logits else where

    got = from_bytes(results.beats[:count], signed=logits) if count else expected[:0]
    found = []
    wrong = np.flatnonzero(got != expected[:count])
    if len(wrong):
        values = {"expected": int(expected[wrong[0]]), "got": int(got[wrong[0]])}
        clock = int(results.clocks[wrong[0]])
        what = "value" if logits else "class"
        found.append((len(wrong), Difference(what=what, **place(wrong[0]), **values, clock=clock)))
    wrong = np.flatnonzero(results.last[:count] != last[:count])
    if len(wrong):
        values = {"expected": int(last[wrong[0]]), "got": int(results.last[wrong[0]])}
        found.append((len(wrong), Difference(what="m_axis_tlast", **place(wrong[0]), **values)))
    if count < len(expected):
        values = {"expected": int(expected[count])}
        found.append((len(expected) - count, Difference(what="value" if logits else "class", **place(count), **values)))
    return found + _extra("m_axis", results, len(expected))


def _extra(port: str, transfers: Transfers, expected: int) -> list[tuple[int, Difference]]:
    extra = len(transfers.beats) - expected
    if extra <= 0:
        return []
    got = int(from_bytes(transfers.beats[expected : expected + 1, :8], signed=False)[0])
    clock = int(transfers.clocks[expected])
    return [(extra, Difference(what=f"{extra} more beats on {port}", got=got, clock=clock))]
