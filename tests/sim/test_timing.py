from dataclasses import replace

import numpy as np
import pytest

from hadamrnn.sim.expectation import Expectation, expect
from hadamrnn.sim.job import Record
from hadamrnn.sim.timing import TIMED_LENGTHS, Timing, measure

from .cores import small_network
from .records import LATENCY, description, perfect_record, spoil, with_results, with_rows

NETWORK = small_network()


def timed(trace: bool) -> tuple[Expectation, Record]:
    inputs = np.zeros((3, 4, 2), dtype=int)
    core = description(NETWORK, trace=trace)
    expectation = expect(NETWORK, core, inputs, TIMED_LENGTHS)
    return expectation, perfect_record(core, expectation)


@pytest.mark.parametrize("trace", [True, False])
def test_formulas_that_hold(trace: bool) -> None:
    expectation, record = timed(trace)
    assert measure(description(NETWORK, trace=trace), expectation, record) == Timing(5, LATENCY + 3 * 5, ())


@pytest.mark.parametrize("trace", [True, False])
def test_formulas_that_do_not_hold(trace: bool) -> None:
    expectation, record = timed(trace)
    core = replace(description(NETWORK, trace=trace), cycles_per_step=4)
    timing = measure(core, expectation, record)
    assert timing.cycles_per_step == 5
    assert timing.problems == (
        "cycles per step: measured 5, formula 4",
        "latency of 2 steps: measured 45 clocks, formula 44",
        "latency of 4 steps: measured 55 clocks, formula 52",
    )
    core = replace(description(NETWORK, trace=trace), latency_of_one_step=LATENCY - 1)
    assert measure(core, expectation, record).problems[0] == "latency of 1 step: measured 40 clocks, formula 39"


def test_steps_of_unequal_length_are_seen_at_the_trace() -> None:
    """One row of the second last step a clock late, all results in time."""
    expectation, record = timed(True)
    rows = spoil(record.rows)
    rows.clocks[4 * 5] += 1
    timing = measure(description(NETWORK), expectation, with_rows(record, rows))
    assert timing.cycles_per_step is None
    assert timing.problems == ("cycles per step: measured 4, 5, 6, formula 5",)


@pytest.mark.parametrize("trace", [True, False])
def test_where_every_step_has_a_result_they_are_the_measure(trace: bool) -> None:
    network = small_network(readout="every")
    core = description(network, trace=trace)
    expectation = expect(network, core, np.zeros((3, 4, 2), dtype=int), TIMED_LENGTHS)
    record = perfect_record(core, expectation)
    assert measure(core, expectation, record) == Timing(5, LATENCY + 3 * 5, ())
    results = spoil(record.results)
    results.clocks[-4] += 1  # the last beat of the last step but one
    timing = measure(core, expectation, with_results(record, results))
    assert timing.cycles_per_step is None
    assert timing.problems == ("cycles per step: measured 4, 5, 6, formula 5",)


def test_steps_of_unequal_length_are_seen_in_the_latencies() -> None:
    expectation, record = timed(False)
    results = spoil(record.results)
    results.clocks[-3:] += 1
    timing = measure(description(NETWORK, trace=False), expectation, with_results(record, results))
    assert timing.cycles_per_step is None
    assert timing.problems == (
        "cycles per step: measured 5, 5.5, formula 5",
        "latency of 4 steps: measured 56 clocks, formula 55",
    )


@pytest.mark.parametrize("spoiled", ["results", "rows", "violation"])
def test_a_run_that_did_not_end_has_no_figures(spoiled: str) -> None:
    expectation, record = timed(True)
    part = "stuck" if spoiled == "violation" else spoil(getattr(record, spoiled), keep=8)
    timing = measure(description(NETWORK), expectation, replace(record, **{spoiled: part}))
    assert timing == Timing(None, None, ("the timed run did not come to its end: no clocks to compare",))
