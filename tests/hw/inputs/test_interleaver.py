"""Slots are given out in turn while a channel has a state; nobody is held up by a channel between two sequences."""

import random
from itertools import pairwise
from typing import Any

import pytest
from amaranth.lib import data

from hadamrnn.hw.inputs.interleaver import Interleaver

from ..simulation import simulator_of

STEP = data.StructLayout({"value": 8, "first": 1})


class Model:
    """The channels' ends: for each a list of sequences, of steps that come at chosen clocks."""

    def __init__(self, sequences: list[list[list[int]]]) -> None:
        """``sequences[c][i]``: the values of the steps of one sequence of channel c."""
        self.steps = [
            [(value, int(i == 0), int(i < len(one) - 1)) for one in own for i, value in enumerate(one)]
            for own in sequences
        ]


async def drive(
    ctx: Any, interleaver: Interleaver, steps: list[list[tuple[int, int, int]]], clocks: int, **chance: Any
) -> tuple[list, list[int]]:
    """Offer the steps for so many clocks; returns the slots taken as ``(clock, channel, value or None)``."""
    generator = random.Random(chance.get("seed", 0))
    waits, stall = chance.get("waits", 0.0), chance.get("stall", 0.0)
    ahead: list[tuple[int, int, int] | None] = [None] * len(steps)
    in_sequence = [0] * len(steps)
    left = [list(own) for own in steps]
    slots = []
    for clock in range(clocks):
        for channel, own in enumerate(left):
            if ahead[channel] is None and own and generator.random() >= waits:
                ahead[channel] = own.pop(0)
                in_sequence[channel] = ahead[channel][2]
            step = ahead[channel]
            ctx.set(interleaver.steps[channel].valid, step is not None)
            if step is not None:
                ctx.set(interleaver.steps[channel].payload, {"value": step[0], "first": step[1]})
        ctx.set(interleaver.in_sequence, sum(flag << channel for channel, flag in enumerate(in_sequence)))
        ready = generator.random() >= stall
        ctx.set(interleaver.slot.ready, ready)
        taken = [ctx.get(step.ready) for step in interleaver.steps]
        if ready and ctx.get(interleaver.slot.valid):
            slot = interleaver.slot.payload
            channel, void = ctx.get(slot.channel), ctx.get(slot.void)
            assert taken == [int(not void and c == channel) for c in range(len(steps))]
            slots.append((clock, channel, None if void else ctx.get(slot.value)))
        else:
            assert not any(taken)
        for channel, flag in enumerate(taken):
            if flag:
                ahead[channel] = None
        await ctx.tick()
    return slots, [len(own) + (step is not None) for own, step in zip(left, ahead, strict=True)]


def run(sequences: list[list[list[int]]], clocks: int = 60, **chance: Any) -> tuple[list, list[int]]:
    interleaver = Interleaver(STEP, len(sequences))
    simulator, _ = simulator_of(interleaver)
    outcome: list[Any] = []

    async def testbench(ctx: Any) -> None:
        outcome.extend(await drive(ctx, interleaver, Model(sequences).steps, clocks, **chance))

    simulator.add_testbench(testbench)
    simulator.run()
    return outcome[0], outcome[1]


def test_all_in_turn() -> None:
    slots, left = run([[[10, 11, 12]], [[20, 21, 22]], [[30, 31, 32]]])
    assert [slot[1:] for slot in slots] == [(c, 10 * (c + 1) + step) for step in range(3) for c in range(3)]
    assert [slot[0] for slot in slots] == list(range(9))
    assert left == [0, 0, 0]


def test_a_channel_between_sequences_has_void_slots() -> None:
    slots, left = run([[[10, 11, 12, 13]], [], [[30, 31]]])
    assert [slot[1:] for slot in slots] == [
        *((0, 10), (1, None), (2, 30)),
        *((0, 11), (1, None), (2, 31)),
        *((0, 12), (1, None), (2, None)),
        (0, 13),
    ]
    assert left == [0, 0, 0]


def test_the_first_slot_after_a_pause_is_that_of_the_channel_that_comes_first() -> None:
    """Whichever: single steps of channel 2, none of the others."""
    slots, _ = run([[], [], [[30], [31], [32]], []])
    assert [slot[1:] for slot in slots] == [(2, 30), (2, 31), (2, 32)]


def test_a_channel_within_a_sequence_makes_the_others_wait() -> None:
    """A step of channel 0 never comes."""
    interleaver = Interleaver(STEP, 2)
    simulator, _ = simulator_of(interleaver)
    outcome: list[Any] = []

    async def testbench(ctx: Any) -> None:
        steps = Model([[[10, 11]], [[20, 21, 22]]]).steps
        outcome.extend(await drive(ctx, interleaver, [steps[0][:1], steps[1]], 40))

    simulator.add_testbench(testbench)
    simulator.run()
    slots, left = outcome
    assert [slot[1:] for slot in slots] == [(0, 10), (1, 20)]
    assert left == [0, 2]


@pytest.mark.quick(6)
@pytest.mark.parametrize("channels", [2, 3, 4, 5])
@pytest.mark.parametrize("seed", range(4))
def test_every_step_meets_its_own_state(channels: int, seed: int) -> None:
    """Between two steps of a sequence there is exactly one slot of each other channel, whatever comes when."""
    generator = random.Random(seed)
    sequences = [
        [[generator.randrange(256) for _ in range(generator.choice((1, 1, 2, 5)))] for _ in range(8)]
        for _ in range(channels)
    ]
    slots, left = run(sequences, 900, seed=seed, waits=generator.choice((0.0, 0.5, 0.8)), stall=0.3)
    assert left == [0] * channels
    for channel, own in enumerate(sequences):
        places = [place for place, slot in enumerate(slots) if slot[1] == channel and slot[2] is not None]
        assert [slots[place][2] for place in places] == [value for one in own for value in one]
        for one in own:
            turn, places = places[: len(one)], places[len(one) :]
            assert {later - earlier for earlier, later in pairwise(turn)} <= {channels}
            if len(one) > 1:
                between = slots[turn[0] : turn[-1]]
                assert [slot[1] for slot in between] == [(channel + i) % channels for i in range(len(between))]


@pytest.mark.parametrize("channels", [1, 0])
def test_one_channel_is_refused(channels: int) -> None:
    with pytest.raises(ValueError, match=f"channels must be at least 2, not {channels}"):
        Interleaver(STEP, channels)
