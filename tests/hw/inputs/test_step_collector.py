"""Beats become steps; a malformed sequence is dropped, reported once, and forgotten."""

import pytest

from hadamrnn.hw.inputs.input_format import InputFormat
from hadamrnn.hw.inputs.step_collector import StepCollector
from hadamrnn.hw.parameters import CoreParameters
from hadamrnn.quant.integer import IntegerNetwork

from ..input_beats import Beat, Step, beat, expected_steps, random_beats
from ..networks import random_network
from ..streams import StreamBench, payloads_of


def collector_of(
    input_size: int, *, input_beat: int = 1, input_bits: int = 8, input_signed: bool = False
) -> tuple[IntegerNetwork, InputFormat]:
    network = random_network(2, 2, input_size=input_size, input_bits=input_bits, input_signed=input_signed)
    return network, InputFormat.of(network, CoreParameters(input_beat=input_beat, input_multipliers=input_size))


def collect(
    network: IntegerNetwork, form: InputFormat, beats: list[Beat], *, stall: float = 0.0, patient: bool = False
) -> list[Step]:
    """The steps that the component makes of the beats; the pulses of ``error`` are checked."""
    collector = StepCollector(network, form)
    steps, errors = expected_steps(network, form, beats)
    bench = StreamBench(collector, stall=stall, patient=patient)
    bench.send(collector.beat, beats)
    received = bench.receive(collector.step, len(steps))
    pulses = bench.count_high(collector.error)
    bench.run()
    assert len(pulses) == errors
    return payloads_of(received)


@pytest.mark.quick(18)
@pytest.mark.parametrize("stall, patient", [(0.0, False), (0.5, False), (0.2, True)])
@pytest.mark.parametrize("input_size, input_beat", [(1, 1), (2, 1), (3, 1), (4, 1), (3, 2), (5, 2), (5, 3), (4, 4)])
@pytest.mark.parametrize("last_chance", [0.0, 0.2, 0.7])
def test_any_beats(input_size: int, input_beat: int, stall: float, patient: bool, last_chance: float) -> None:
    network, form = collector_of(input_size, input_beat=input_beat)
    beats = random_beats(network, form, 80, last_chance, seed=input_size)
    assert collect(network, form, beats, stall=stall, patient=patient) == expected_steps(network, form, beats)[0]


@pytest.mark.parametrize(
    "input_bits, input_signed", [(1, False), (1, True), (5, True), (8, True), (9, False), (12, True)]
)
@pytest.mark.parametrize("input_beat", [1, 2])
def test_formats(input_bits: int, input_signed: bool, input_beat: int) -> None:
    network, form = collector_of(3, input_beat=input_beat, input_bits=input_bits, input_signed=input_signed)
    beats = random_beats(network, form, 40, 0.3, seed=input_bits)
    assert collect(network, form, beats) == expected_steps(network, form, beats)[0]


@pytest.mark.parametrize("position", [0, 1, 2])
def test_error_is_high_for_one_clock_after_the_beat(position: int) -> None:
    network, form = collector_of(4)
    collector = StepCollector(network, form)
    bench = StreamBench(collector)
    malformed = [beat([9], form, index == position) for index in range(position + 1)]
    good = [beat([index], form, index == 3) for index in range(4)]
    sent = bench.send(collector.beat, malformed + good)
    received = bench.receive(collector.step, 1)
    pulses = bench.count_high(collector.error)
    bench.run()
    assert pulses == [sent[position].clock + 1]
    assert payloads_of(received) == [{"elements": [0, 1, 2, 3], "first": 1, "last": 1}]


def test_malformed_in_the_second_step_keeps_the_first() -> None:
    network, form = collector_of(2)
    values = [(1, 0), (2, 0), (3, 1), (4, 0), (5, 0), (6, 0), (7, 1)]
    steps = collect(network, form, [beat([value], form, bool(last)) for value, last in values])
    assert steps == [
        {"elements": [1, 2], "first": 1, "last": 0},
        {"elements": [4, 5], "first": 1, "last": 0},
        {"elements": [6, 7], "first": 0, "last": 1},
    ]


def test_step_is_offered_with_its_last_beat_and_one_beat_is_taken_per_clock() -> None:
    network, form = collector_of(5, input_beat=2)
    collector = StepCollector(network, form)
    bench = StreamBench(collector)
    sent = bench.send(collector.beat, [beat([index, index], form, False) for index in range(12)])
    received = bench.receive(collector.step, 4)
    bench.run()
    assert [transfer.clock for transfer in sent] == list(range(1, 13))
    assert [transfer.clock for transfer in received] == [3, 6, 9, 12]
