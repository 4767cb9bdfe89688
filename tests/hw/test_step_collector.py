"""Beats become steps; a malformed sequence is dropped, reported once, and forgotten."""

import random
from typing import Any

import pytest

from hadamrnn.hw.step_collector import StepCollector, bytes_for
from hadamrnn.quant.integer import IntegerNetwork

from .networks import random_network
from .streams import StreamBench, payloads_of

Beat = dict[str, int]
Step = dict[str, Any]


def network_of(input_size: int, input_bits: int = 8, input_signed: bool = False) -> IntegerNetwork:
    return random_network(2, 2, input_size=input_size, input_bits=input_bits, input_signed=input_signed)


def expected_steps(network: IntegerNetwork, beats: list[Beat]) -> tuple[list[Step], int]:
    """The steps in well-formed parts of the beats, and how many sequences are malformed."""
    steps: list[Step] = []
    collected: list[int] = []
    first, errors = True, 0
    for beat in beats:
        value = beat["element"] & ((1 << network.input_bits) - 1)
        if network.input_signed and value >> (network.input_bits - 1):
            value -= 1 << network.input_bits
        collected.append(value)
        if len(collected) == network.input_size:
            steps.append({"elements": collected, "first": int(first), "last": beat["last"]})
        elif not beat["last"]:
            continue
        errors += len(collected) < network.input_size
        collected, first = [], bool(beat["last"])
    return steps, errors


def beat(value: int, network: IntegerNetwork, last: bool) -> Beat:
    """A beat with its element extended to whole bytes."""
    return {"element": value % (1 << 8 * bytes_for(network.input_bits)), "last": int(last)}


def random_beats(network: IntegerNetwork, count: int, last_chance: float, seed: int) -> list[Beat]:
    """Beats with ``last`` anywhere, and at the end of a step at last."""
    generator = random.Random(seed)
    low, high = network.input_range
    values = [generator.choice([low, high, 0, generator.randint(low, high)]) for _ in range(count)]
    beats = [beat(value, network, generator.random() < last_chance) for value in values]
    return beats + [beat(value, network, False) for value in range(network.input_size)]


def collect(network: IntegerNetwork, beats: list[Beat], *, stall: float = 0.0, patient: bool = False) -> list[Step]:
    """The steps that the component makes of the beats; the pulses of ``error`` are checked."""
    collector = StepCollector(network)
    steps, errors = expected_steps(network, beats)
    bench = StreamBench(collector, stall=stall, patient=patient)
    bench.send(collector.beat, beats)
    received = bench.receive(collector.step, len(steps))
    pulses = bench.count_high(collector.error)
    bench.run()
    assert len(pulses) == errors
    return payloads_of(received)


@pytest.mark.parametrize("stall, patient", [(0.0, False), (0.5, False), (0.2, True)])
@pytest.mark.parametrize("input_size", [1, 2, 3, 4])
@pytest.mark.parametrize("last_chance", [0.0, 0.2, 0.7])
def test_any_beats(input_size: int, stall: float, patient: bool, last_chance: float) -> None:
    network = network_of(input_size)
    beats = random_beats(network, 80, last_chance, seed=input_size)
    assert collect(network, beats, stall=stall, patient=patient) == expected_steps(network, beats)[0]


@pytest.mark.parametrize(
    "input_bits, input_signed", [(1, False), (1, True), (5, True), (8, True), (9, False), (12, True)]
)
def test_formats(input_bits: int, input_signed: bool) -> None:
    network = network_of(2, input_bits, input_signed)
    beats = random_beats(network, 40, 0.3, seed=input_bits)
    assert collect(network, beats) == expected_steps(network, beats)[0]


@pytest.mark.parametrize("position", [0, 1, 2])
def test_error_is_high_for_one_clock_after_the_beat(position: int) -> None:
    network = network_of(4)
    collector = StepCollector(network)
    bench = StreamBench(collector)
    malformed = [beat(9, network, index == position) for index in range(position + 1)]
    good = [beat(index, network, index == 3) for index in range(4)]
    sent = bench.send(collector.beat, malformed + good)
    received = bench.receive(collector.step, 1)
    pulses = bench.count_high(collector.error)
    bench.run()
    assert pulses == [sent[position].clock + 1]
    assert payloads_of(received) == [{"elements": [0, 1, 2, 3], "first": 1, "last": 1}]


def test_malformed_in_the_second_step_keeps_the_first() -> None:
    network = network_of(2)
    values = [(1, 0), (2, 0), (3, 1), (4, 0), (5, 0), (6, 0), (7, 1)]
    steps = collect(network, [beat(value, network, bool(last)) for value, last in values])
    assert steps == [
        {"elements": [1, 2], "first": 1, "last": 0},
        {"elements": [4, 5], "first": 1, "last": 0},
        {"elements": [6, 7], "first": 0, "last": 1},
    ]


def test_step_is_offered_with_its_last_beat_and_one_beat_is_taken_per_clock() -> None:
    network = network_of(3)
    collector = StepCollector(network)
    bench = StreamBench(collector)
    sent = bench.send(collector.beat, [beat(index, network, False) for index in range(12)])
    received = bench.receive(collector.step, 4)
    bench.run()
    assert [transfer.clock for transfer in sent] == list(range(1, 13))
    assert [transfer.clock for transfer in received] == [3, 6, 9, 12]


@pytest.mark.parametrize("bits, expected", [(1, 1), (8, 1), (9, 2), (16, 2), (17, 3), (32, 4)])
def test_bytes_for(bits: int, expected: int) -> None:
    assert bytes_for(bits) == expected
