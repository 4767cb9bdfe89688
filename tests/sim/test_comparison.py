from dataclasses import replace

import numpy as np
import pytest

from hadamrnn.sim.comparison import Comparison, Difference, compare
from hadamrnn.sim.expectation import Expectation, expect
from hadamrnn.sim.job import Record

from .cores import small_network, stimulus
from .records import description, perfect_record, spoil, with_results, with_rows

NETWORK = small_network()
CORE = description(NETWORK)
INPUTS, LENGTHS = stimulus(NETWORK)
LANES = 4


@pytest.fixture
def expectation() -> Expectation:
    return expect(NETWORK, CORE, INPUTS, LENGTHS)


@pytest.fixture
def record(expectation: Expectation) -> Record:
    return perfect_record(CORE, expectation)


def first(comparison: Comparison) -> str:
    return str(comparison.first[0])


def test_a_perfect_record_agrees(expectation: Expectation, record: Record) -> None:
    steps = int(LENGTHS.sum())
    assert compare(expectation, record, LANES) == Comparison(16 * steps, 3 * len(LENGTHS), 0, ())
    results_only = expect(NETWORK, CORE, INPUTS, LENGTHS, states=False)
    assert compare(results_only, record, LANES) == Comparison(0, 3 * len(LENGTHS), 0, ())


def test_one_wrong_state_is_named(expectation: Expectation, record: Record) -> None:
    """Sequence 0 has 10 steps, 1 and 2 have one each, 3 has two: row 4 · (12 + 1) + 2 is in step 1 of sequence 3."""
    rows = spoil(record.rows)
    rows.beats[54, 2] ^= 1  # lane 1, bit 0
    comparison = compare(expectation, with_rows(record, rows), LANES)
    assert comparison.differences == 1
    expected = int(expectation.states[13, 9])
    assert first(comparison) == (
        f"sequence 3, step 1, unit 9 (row 2, lane 1), state: expected {expected}, got {expected ^ 1} "
        f"at clock {record.rows.clocks[54]}"
    )
    assert comparison.first[0].to_json() == {
        "what": "state",
        "sequence": 3,
        "step": 1,
        "unit": 9,
        "row": 2,
        "lane": 1,
        "expected": expected,
        "got": expected ^ 1,
        "clock": int(record.rows.clocks[54]),
    }


def test_one_wrong_logit_is_named(expectation: Expectation, record: Record) -> None:
    results = spoil(record.results)
    results.beats[3 * 5 + 2, 0] ^= 0x80
    comparison = compare(expectation, with_results(record, results), LANES)
    assert comparison.differences == 1
    expected = int(expectation.results[5, 2])
    got = (expected ^ 0x80) if -(2**15) <= expected < 2**15 else None
    assert first(comparison) == (
        f"sequence 5, logit 2, value: expected {expected}, got {got} at clock {record.results.clocks[17]}"
    )


def test_one_wrong_class_is_named() -> None:
    core = description(NETWORK, output="class")
    expectation = expect(NETWORK, core, INPUTS, LENGTHS)
    record = perfect_record(core, expectation)
    results = spoil(record.results)
    results.beats[4, 0] += 1
    expected = int(expectation.results[4, 0])
    comparison = compare(expectation, with_results(record, results), LANES)
    assert first(comparison).startswith(f"sequence 4, class: expected {expected}, got {expected + 1} at clock ")


def test_the_first_difference_is_of_the_first_sequence_states_before_results(
    expectation: Expectation, record: Record
) -> None:
    rows, results = spoil(record.rows), spoil(record.results)
    rows.beats[4 * 13, 0] ^= 1  # sequence 3
    results.beats[3 * 3, 0] ^= 1  # sequence 3
    comparison = compare(expectation, replace(record, rows=rows, results=results), LANES)
    assert [difference.what for difference in comparison.first] == ["state", "value"]
    results.beats[3 * 2, 0] ^= 1  # sequence 2
    comparison = compare(expectation, replace(record, rows=rows, results=results), LANES)
    assert [(d.what, d.sequence) for d in comparison.first] == [("value", 2), ("state", 3)]
    assert comparison.differences == 3


def test_what_never_came_is_counted_and_named(expectation: Expectation, record: Record) -> None:
    count = len(record.rows.beats)
    comparison = compare(expectation, with_rows(record, spoil(record.rows, keep=count - 5)), LANES)
    assert comparison.differences == 5 * LANES
    assert comparison.states == (count - 5) * LANES
    step = int(expectation.step_number[-2])
    expected = int(expectation.states[-2, 12])
    assert first(comparison) == (
        f"sequence 7, step {step}, unit 12 (row 3, lane 0), state: expected {expected}, got nothing"
    )
    comparison = compare(expectation, with_results(record, spoil(record.results, keep=4)), LANES)
    assert comparison.differences == 3 * len(LENGTHS) - 4
    expected = int(expectation.results[1, 1])
    assert first(comparison) == f"sequence 1, logit 1, value: expected {expected}, got nothing"


def test_nothing_at_all(expectation: Expectation, record: Record) -> None:
    empty = replace(record, rows=spoil(record.rows, keep=0), results=spoil(record.results, keep=0))
    comparison = compare(expectation, empty, LANES)
    assert (comparison.states, comparison.results) == (0, 0)
    assert comparison.differences == expectation.states.size + expectation.results.size
    assert first(comparison).startswith("sequence 0, step 0, unit 0 (row 0, lane 0), state: expected ")


def test_what_is_too_much_is_counted_and_named(expectation: Expectation, record: Record) -> None:
    comparison = compare(expectation, with_results(record, spoil(record.results, repeat=2)), LANES)
    assert comparison.differences == 2
    assert first(comparison).startswith("2 more beats on m_axis: expected nothing, got ")
    results_only = expect(NETWORK, CORE, INPUTS, LENGTHS, states=False)
    for expected in (expectation, results_only):
        comparison = compare(expected, with_rows(record, spoil(record.rows, repeat=1)), LANES)
        assert first(comparison).startswith("1 more beats on m_trace: expected nothing, got ")


def test_a_wrong_tlast_is_named(expectation: Expectation, record: Record) -> None:
    rows = spoil(record.rows)
    rows.last[3] = False
    comparison = compare(expectation, with_rows(record, rows), LANES)
    assert first(comparison) == "sequence 0, step 0, row 3, m_trace_tlast: expected 1, got 0"
    results = spoil(record.results)
    results.last[3:5] = True
    comparison = compare(expectation, with_results(record, results), LANES)
    assert comparison.differences == 2
    assert first(comparison) == "sequence 1, logit 0, m_axis_tlast: expected 0, got 1"


def test_error_pulses_are_counted(expectation: Expectation, record: Record) -> None:
    comparison = compare(expectation, replace(record, errors=2), LANES)
    assert comparison.differences == 2
    assert first(comparison) == "pulses of error: expected 0, got 2"


def test_a_cut_sequence_brings_its_whole_steps_and_no_result() -> None:
    cut = np.zeros(len(LENGTHS), dtype=int)
    cut[[0, 1]] = 1
    expectation = expect(NETWORK, CORE, INPUTS, LENGTHS, cut)
    assert [len(s.beats) for s in expectation.sequences][:4] == [19, 1, 2, 4]
    assert [s.results for s in expectation.sequences][:3] == [0, 0, 3]
    assert [s.rows for s in expectation.sequences][:4] == [4 * 9, 0, 4, 8]
    assert expectation.errors == 2
    assert expectation.result_sequence.tolist() == [2, 3, 4, 5, 6, 7]
    assert compare(expectation, perfect_record(CORE, expectation), LANES).differences == 0


def test_results_at_every_step() -> None:
    network = small_network(readout="every")
    logits = expect(network, description(network), INPUTS, LENGTHS)
    assert logits.results.shape == (LENGTHS.sum(), 3)
    assert logits.result_last.tolist() == [[False, False, True]] * int(LENGTHS.sum())
    classes = expect(network, description(network, output="class"), INPUTS, LENGTHS)
    assert np.flatnonzero(classes.result_last).tolist() == (np.cumsum(LENGTHS) - 1).tolist()
    assert [s.results for s in classes.sequences] == LENGTHS.tolist()
    assert logits.result_step is not None
    assert logits.result_step.tolist() == [step for length in LENGTHS for step in range(length)]


def test_one_wrong_result_of_a_step_is_named() -> None:
    network = small_network(readout="every")
    core = description(network)
    expectation = expect(network, core, INPUTS, LENGTHS)
    record = perfect_record(core, expectation)
    results = spoil(record.results)
    results.beats[3 * 4 + 1, 0] ^= 1
    comparison = compare(expectation, with_results(record, results), LANES)
    assert comparison.differences == 1
    expected = int(expectation.results[4, 1])
    clock = record.results.clocks[13]
    assert first(comparison) == (
        f"sequence 0, step 4, logit 1, value: expected {expected}, got {expected ^ 1} at clock {clock}"
    )


@pytest.mark.parametrize("readout", ["last", "every"])
def test_a_wrong_index_brings_the_steps_before_it_and_no_more(readout: str) -> None:
    network = small_network(input_kind="index", input_signed=False, input_size=5, readout=readout)
    core = replace(description(network), beats_per_step=1)
    inputs, lengths = stimulus(network)
    wrong = np.zeros(len(lengths), dtype=int)
    wrong[[0, 1, 3]] = 7, 1, 2
    expectation = expect(network, core, inputs, lengths, wrong_indices=wrong)
    assert [len(s.beats) for s in expectation.sequences] == lengths.tolist()
    whole = np.where(wrong > 0, wrong - 1, lengths)
    assert [s.rows for s in expectation.sequences] == (4 * whole).tolist()
    results = whole if readout == "every" else wrong == 0
    assert [s.results for s in expectation.sequences] == (3 * results).tolist()
    assert expectation.errors == 3
    sent = [sequence.beats[:, 0].astype(int) for sequence in expectation.sequences]
    for number, beats in enumerate(sent):
        assert (beats[: whole[number]] == inputs[number, : whole[number]]).all()
    assert min(sent[0][6], sent[1][0], sent[3][1]) >= 5
    assert compare(expectation, perfect_record(core, expectation), LANES).differences == 0


def test_a_difference_without_a_place() -> None:
    assert str(Difference(what="x", expected=1)) == "x: expected 1, got nothing"
