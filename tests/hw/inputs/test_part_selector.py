"""The part selector hands on all parts of a channel for each of its slots, one for a void slot, and nothing else."""

import random
from typing import Any

import pytest

from hadamrnn.hw.inputs.input_format import InputFormat
from hadamrnn.hw.inputs.part_selector import PartSelector
from hadamrnn.hw.parameters import CoreParameters

from ..networks import random_network
from ..streams import StreamBench, payloads_of

ROWS = 3


def selector_of(channels: int) -> PartSelector:
    network = random_network(6, 2, input_size=5)
    form = InputFormat.of(network, CoreParameters(input_multipliers=2))
    return PartSelector(network, form, ROWS, channels)


def slots_of(channels: int, count: int, voids: float) -> list[dict[str, int]]:
    chance = random.Random(channels)
    return [{"first": 0, "void": int(chance.random() < voids), "channel": number % channels} for number in range(count)]


def parts_of(channel: int, steps: int, count: int) -> list[dict[str, Any]]:
    """Parts that say where they come from: step and part in the elements, the channel in the flags."""
    flags = {"first": channel & 1, "last": channel >> 1 & 1}
    return [{"elements": [step, part], **flags} for step in range(steps) for part in range(count)]


@pytest.mark.parametrize("stall, patient", [(0.0, False), (0.4, False), (0.3, True)])
@pytest.mark.parametrize("channels, voids", [(2, 0.0), (3, 0.4), (4, 0.8)])
def test_every_part_of_whose_slot_it_is(channels: int, voids: float, stall: float, patient: bool) -> None:
    component = selector_of(channels)
    slots = slots_of(channels, 24, voids)
    steps = [sum(not slot["void"] for slot in slots if slot["channel"] == channel) for channel in range(channels)]
    sources = [iter(parts_of(channel, steps[channel], component.count)) for channel in range(channels)]
    expected = [
        None if slot["void"] else next(sources[slot["channel"]]) | {"void": 0, "channel": slot["channel"]}
        for slot in slots
        for _ in range(1 if slot["void"] else component.count)
    ]
    void_channels = [slot["channel"] for slot in slots if slot["void"]]
    bench = StreamBench(component, stall=stall, seed=channels, patient=patient)
    bench.send(component.slot, slots)
    for channel in range(channels):
        bench.send(component.parts[channel], parts_of(channel, steps[channel], component.count))
    received = bench.receive(component.part, len(expected))
    bench.run()
    assert [None if part["void"] else part for part in payloads_of(received)] == expected
    assert [part["channel"] for part in payloads_of(received) if part["void"]] == void_channels
    if not stall:
        assert [part.clock for part in received] == list(range(received[0].clock, received[0].clock + len(expected)))


def test_no_part_before_its_slot() -> None:
    component = selector_of(2)
    bench = StreamBench(component)
    slots = bench.send(component.slot, [{"first": 1, "void": 0, "channel": 1}], start=9)
    bench.send(component.parts[0], parts_of(0, 1, component.count), until=60)
    taken = bench.send(component.parts[1], parts_of(1, 1, component.count))
    received = bench.receive(component.part, component.count)
    bench.run()
    assert received[0].clock == taken[0].clock == slots[0].clock - component.count + 1 >= 9
    assert {part["channel"] for part in payloads_of(received)} == {1}
