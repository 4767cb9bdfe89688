"""Steps in memory: every part of every row in order, a page filled while the other is read, malformed ones dropped."""

from typing import Any

import numpy as np
import pytest

from hadamrnn.hw.inputs.input_format import InputFormat
from hadamrnn.hw.inputs.step_memory import StepMemory
from hadamrnn.hw.parameters import CoreParameters
from hadamrnn.quant.integer import IntegerNetwork

from ..input_beats import beat, expected_steps, random_beats
from ..networks import random_network
from ..streams import StreamBench, payloads_of

# m, E, M: a bank, several, several parts in a word, with and without a rest.
SHAPES = [(2, 1, 1), (5, 1, 1), (5, 1, 3), (5, 2, 4), (7, 3, 3), (5, 4, 2), (9, 4, 2), (11, 3, 6), (8, 8, 2), (7, 7, 1)]


def memory_of(input_size: int, input_beat: int, multipliers: int, **formats: Any) -> tuple[IntegerNetwork, InputFormat]:
    network = random_network(2, 2, input_size=input_size, **formats)
    return network, InputFormat.of(network, CoreParameters(input_beat=input_beat, input_multipliers=multipliers))


def parts_of(form: InputFormat, steps: list[dict[str, Any]], rows: int) -> list[dict[str, Any]]:
    """Each step ``rows`` times in F parts, what is beyond its elements 0."""
    parts = []
    for step in steps:
        elements = step["elements"] + [0] * (form.fold * form.multipliers - len(step["elements"]))
        places = list(range(0, len(elements), form.multipliers)) * rows
        parts += [step | {"elements": elements[place : place + form.multipliers]} for place in places]
    return parts


@pytest.mark.quick(14)
@pytest.mark.parametrize("stall, patient", [(0.0, False), (0.5, False), (0.2, True)])
@pytest.mark.parametrize("last_chance", [0.0, 0.3])
@pytest.mark.parametrize("input_size, input_beat, multipliers", SHAPES)
def test_any_beats(
    input_size: int, input_beat: int, multipliers: int, last_chance: float, stall: float, patient: bool
) -> None:
    network, form = memory_of(input_size, input_beat, multipliers, input_signed=input_size % 2 == 1)
    rows = 1 + input_size % 3
    component = StepMemory(network, form, rows)
    beats = random_beats(network, form, 12 * form.beats_per_step, last_chance, seed=input_size)
    steps, errors = expected_steps(network, form, beats)
    expected = parts_of(form, steps, rows)
    bench = StreamBench(component, stall=stall, patient=patient, seed=input_beat)
    bench.send(component.beat, beats)
    received = bench.receive(component.part, len(expected))
    pulses = bench.count_high(component.error)
    bench.run()
    assert payloads_of(received) == expected
    assert len(pulses) == errors


@pytest.mark.parametrize("rows", [1, 2, 5])
@pytest.mark.parametrize("input_size, input_beat, multipliers", SHAPES)
def test_clocks(input_size: int, input_beat: int, multipliers: int, rows: int) -> None:
    """The first part is offered in the second clock after the last beat; a step takes its beats or its parts."""
    network, form = memory_of(input_size, input_beat, multipliers)
    component = StepMemory(network, form, rows)
    bench = StreamBench(component)
    sent = bench.send(component.beat, random_beats(network, form, 5 * form.beats_per_step, 0.0, seed=1))
    received = bench.receive(component.part, 6 * rows * form.fold)
    bench.run()
    first = [transfer.clock for transfer in received[:: rows * form.fold]]
    assert first[0] == sent[form.beats_per_step - 1].clock + 2
    assert set(np.diff(first)) == {max(form.beats_per_step, rows * form.fold)}


def test_what_was_left_by_a_malformed_step_is_not_seen() -> None:
    network, form = memory_of(5, 2, 4)
    component = StepMemory(network, form, 1)
    beats = [beat([9, 9], form, False), beat([9, 9], form, True)]
    beats += [beat([index, index + 1], form, index == 4) for index in (0, 2, 4)]
    bench = StreamBench(component)
    bench.send(component.beat, beats)
    received = bench.receive(component.part, 2)
    bench.run()
    assert payloads_of(received) == [
        {"elements": [0, 1, 2, 3], "first": 1, "last": 1},
        {"elements": [4, 0, 0, 0], "first": 1, "last": 1},
    ]


@pytest.mark.parametrize("stall, patient", [(0.0, False), (0.5, False), (0.2, True)])
@pytest.mark.parametrize("last_chance", [0.0, 0.5])
def test_steps_are_offered_once(last_chance: float, stall: float, patient: bool) -> None:
    network, form = memory_of(5, 2, 4)
    component = StepMemory(network, form, 2)
    beats = random_beats(network, form, 12 * form.beats_per_step, last_chance, seed=7)
    steps, _ = expected_steps(network, form, beats)
    bench = StreamBench(component, stall=stall, patient=patient, seed=3)
    bench.send(component.beat, beats)
    bench.receive(component.part, len(steps) * 2 * form.fold)
    offered = bench.receive(component.step, len(steps))
    bench.run()
    assert payloads_of(offered) == [{"first": step["first"]} for step in steps]


def test_a_step_is_offered_one_clock_after_its_last_beat() -> None:
    network, form = memory_of(5, 2, 4)
    component = StepMemory(network, form, 2)
    bench = StreamBench(component)
    sent = bench.send(component.beat, random_beats(network, form, 3 * form.beats_per_step, 0.0, seed=1))
    parts = bench.receive(component.part, 4 * 2 * form.fold)
    offered = bench.receive(component.step, 4)
    bench.run()
    last_beats = [transfer.clock for transfer in sent[form.beats_per_step - 1 :: form.beats_per_step]]
    assert [transfer.clock for transfer in offered] == [clock + 1 for clock in last_beats]
    assert offered[0].clock < parts[0].clock


def test_whether_more_of_a_sequence_is_to_come() -> None:
    """So it is from its first step on, until its last or a malformed one has come."""
    network, form = memory_of(3, 2, 1)
    for end, errors in ([beat([1, 2], form, False), beat([3, 0], form, True)], 0), ([beat([1, 2], form, True)], 1):
        component = StepMemory(network, form, 1)
        begun = [beat([1, 2], form, False), beat([3, 0], form, False)]
        bench = StreamBench(component)
        sent = bench.send(component.beat, begun + end)
        bench.receive(component.part, (2 - errors) * form.fold)
        clocks = bench.count_high(component.in_sequence)
        bench.run()
        assert clocks == list(range(sent[1].clock + 1, sent[-1].clock + 1))
