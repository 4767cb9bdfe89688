"""Beats of input at random, and the steps that a collector must make of them."""

import random
from typing import Any

from hadamrnn.hw.inputs.input_format import InputFormat
from hadamrnn.quant.integer import IntegerNetwork

Beat = dict[str, Any]
Step = dict[str, Any]


def beat(values: list[int], form: InputFormat, last: bool) -> Beat:
    """A beat with its elements extended to whole bytes."""
    return {"elements": [value % (1 << 8 * form.element_bytes) for value in values], "last": int(last)}


def expected_steps(network: IntegerNetwork, form: InputFormat, beats: list[Beat]) -> tuple[list[Step], int]:
    """The steps in well-formed parts of the beats, and how many sequences are malformed."""
    steps: list[Step] = []
    collected: list[int] = []
    first, errors, position = True, 0, 0
    for one in beats:
        for element in one["elements"]:
            value = element & ((1 << network.input_bits) - 1)
            if network.input_signed and value >> (network.input_bits - 1):
                value -= 1 << network.input_bits
            collected.append(value)
        position += 1
        if position == form.beats_per_step:
            elements = collected[: network.input_size]
            steps.append({"elements": elements, "first": int(first), "last": one["last"]})
        elif not one["last"]:
            continue
        errors += position < form.beats_per_step
        collected, position, first = [], 0, bool(one["last"])
    return steps, errors


def random_beats(network: IntegerNetwork, form: InputFormat, count: int, last_chance: float, seed: int) -> list[Beat]:
    """Beats with ``last`` anywhere, then those of one step."""
    generator = random.Random(seed)
    low, high = network.input_range

    def values() -> list[int]:
        return [generator.choice([low, high, 0, generator.randint(low, high)]) for _ in range(form.beat_elements)]

    beats = [beat(values(), form, generator.random() < last_chance) for _ in range(count)]
    return beats + [beat(values(), form, False) for _ in range(form.beats_per_step)]
