"""Indices become steps; a wrong one ends its sequence for the recurrence, and the rest of it is dropped."""

import random

import pytest

from hadamrnn.hw.inputs.index_collector import IndexCollector
from hadamrnn.hw.inputs.input_format import InputFormat
from hadamrnn.hw.parameters import CoreParameters

from ..networks import random_network
from ..streams import StreamBench, payloads_of


def collect(
    size: int, rows: int, beats: list[tuple[int, int]], *, stall: float = 0.0
) -> tuple[list[dict[str, int]], int]:
    """The steps made of beats (index, last), and the pulses of ``error``."""
    network = random_network(rows, 1, input_size=size, input_kind="index")
    component = IndexCollector(network, InputFormat.of(network, CoreParameters()), rows)
    bench = StreamBench(component, stall=stall)
    bench.send(component.beat, [{"elements": [index], "last": last} for index, last in beats])
    received = bench.receive(component.step, len(expected_steps(size, rows, beats)[0]))
    pulses = bench.count_high(component.error)
    bench.run()
    return payloads_of(received), len(pulses)


def expected_steps(size: int, rows: int, beats: list[tuple[int, int]]) -> tuple[list[dict[str, int]], int]:
    steps, first, dropping, errors = [], True, False, 0
    for index, last in beats:
        if index >= size and not dropping:
            dropping, errors = True, errors + 1
        if not dropping:
            steps.append({"base": index * rows, "first": int(first), "last": last})
        first, dropping = bool(last), dropping and not last
    return steps, errors


@pytest.mark.quick(16)
@pytest.mark.parametrize("stall", [0.0, 0.5])
@pytest.mark.parametrize("size", [1, 2, 5, 255, 256, 300])
@pytest.mark.parametrize("rows", [1, 2, 12])
def test_any_indices(size: int, rows: int, stall: float) -> None:
    generator = random.Random(size)
    high = 255 if size <= 256 else 65535
    values = [0, size - 1, min(size, high), high]
    beats = [
        (generator.choice(values) if generator.random() < 0.3 else generator.randrange(size), generator.random() < 0.3)
        for _ in range(80)
    ]
    plain = [(index, int(last)) for index, last in beats] + [(0, 1), (0, 1)]  # the last one is well-formed
    assert collect(size, rows, plain, stall=stall) == expected_steps(size, rows, plain)


@pytest.mark.parametrize("last", [0, 1])
def test_what_follows_a_wrong_index_is_dropped_up_to_last(last: int) -> None:
    rest = [] if last else [(1, 0), (7, 0), (2, 1)]
    steps, errors = collect(3, 4, [(2, 0), (3, last), *rest, (1, 0), (0, 1)])
    assert errors == 1
    assert steps == [
        {"base": 8, "first": 1, "last": 0},
        {"base": 4, "first": 1, "last": 0},
        {"base": 0, "first": 0, "last": 1},
    ]


def test_where_every_byte_is_an_index_none_is_wrong() -> None:
    assert collect(256, 1, [(255, 1)]) == ([{"base": 255, "first": 1, "last": 1}], 0)
