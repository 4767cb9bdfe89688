"""Networks and cores drawn from all that can be chosen about them: the one place where tests draw both.

:func:`draw` takes them from a seed, for tests that name points by number; :mod:`.strategies` has them from Hypothesis.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from hadamrnn.hw.ring.ring_registers import register_names
from hadamrnn.quant.integer import FrozenNetwork, IntegerNetwork
from hadamrnn.sim.stimulus import random_network

from .choices import Choices, SeededChoices

Fields = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Space:
    """What sizes and formats are drawn from; the simplest first. ``state_bits`` are the least and the most.

    An ``input_shift`` of None is one with which the largest input products are about full scale: they saturate.
    """

    sizes: tuple[int, ...]
    vector_sizes: tuple[int, ...]
    index_sizes: tuple[int, ...]
    output_sizes: tuple[int, ...]
    state_bits: tuple[int, int]
    input_bits: tuple[int, ...]
    input_shift: tuple[int | None, ...]
    weight_bits: tuple[int, ...]
    sqrt_half_bits: tuple[int, ...]


SEEDED = Space(
    sizes=(1, 2, 8, 12, 16, 16, 24, 32, 48, 64),
    vector_sizes=(1, 1, 2, 3, 5, 8, 9, 17, 40),
    index_sizes=(1, 2, 3, 7, 60, 256, 300),
    output_sizes=(1, 2, 3, 5, 10),
    state_bits=(6, 16),
    input_bits=(1, 4, 8, 8, 9, 16),
    input_shift=(None, None, None, -1, -3, 0, 2),
    weight_bits=(1, 2, 4, 4, 8),
    sqrt_half_bits=(15, 5, 6),
)


@dataclass(frozen=True)
class RandomPoint:
    """One network, the parameters of its core, and how it is streamed.

    Attributes
    ----------
    network : FrozenNetwork
    parameters : fields of :class:`~hadamrnn.hw.parameters.CoreParameters`
    stalls : pattern of stalls
    """

    number: int
    network: FrozenNetwork
    parameters: Fields
    stalls: str

    def malformed(self, lengths: np.ndarray) -> dict[str, np.ndarray]:
        """Arguments that make a third of the sequences malformed, where the inputs have room for it."""
        random = np.random.default_rng(self.number)
        chosen = random.random(len(lengths)) < 1 / 3
        beats = -(-self.network.input_size // self.parameters["input_beat"])
        if self.network.input_kind == "vector":
            return {"cut_beats": chosen * random.integers(1, beats, len(lengths))} if beats > 1 else {}
        if self.network.input_size in (1 << 8, 1 << 16):
            return {}
        return {"wrong_indices": chosen * random.integers(1, lengths, endpoint=True)}


def draw(number: int) -> RandomPoint:
    """The point of that number; equal numbers give equal points."""
    choices = SeededChoices(number, 20)
    fields, inputs = draw_formats(choices, SEEDED)
    network = random_network(number, **fields)
    parameters, stalls = draw_parameters(choices, fields) | inputs, draw_stalls(choices)
    return RandomPoint(number, network, parameters | draw_structure(choices, network), stalls)


def draw_formats(choices: Choices, space: Space) -> tuple[Fields, Fields]:
    """Sizes and formats of a network, and how a core takes its inputs: fields of the network and of the parameters."""
    d = choices.choose(*space.sizes)
    kind, readout = choices.choose("vector", "vector", "index"), choices.choose("last", "every")
    output_size = choices.choose(*space.output_sizes)
    if kind == "vector":
        size = choices.choose(*space.vector_sizes)
        beat = choices.choose(1, 1, min(2, size), choices.integer(1, size), size)
        fitting = [count for count in range(1, size + 1) if count == size or count % beat == 0 or beat % count == 0]
        multipliers = choices.choose(None, 1, *fitting)
    else:
        size, beat, multipliers = choices.choose(*space.index_sizes), 1, None
    state_bits = choices.integer(*space.state_bits)
    fields = {
        "hidden_size": d,
        "block_size": choices.choose(*_powers(d)),
        "input_size": size,
        "output_size": output_size,
        "state_bits": state_bits,
        "input_kind": kind,
        "input_bits": choices.choose(*space.input_bits),
        "input_signed": kind == "vector" and choices.choose(True, False),
        "input_shift": choices.choose(*space.input_shift),
        "weight_bits": choices.choose(*space.weight_bits),
        "sqrt_half_bits": choices.choose(*space.sqrt_half_bits),
        "readout": readout,
        "readout_activation": choices.choose("relu", "none"),
    }
    return fields, {"input_beat": beat, "input_multipliers": multipliers}


def draw_parameters(choices: Choices, fields: Fields) -> Fields:
    """The other parameters of a core for a network of ``fields``."""
    d, outputs = fields["hidden_size"], fields["output_size"]
    powers = _powers(d)
    return {
        "lanes": choices.choose(*powers, powers[0]) if d < 64 else choices.choose(1, 2, 4),
        "stages_per_register": choices.choose(0, 1, 1, 2, 3),
        "readout_multipliers": choices.choose(1, outputs, choices.integer(1, outputs)),
        "output": choices.choose("logits", "class"),
        "trace": choices.choose(True, True, False),
        "memory_depth": choices.choose(2, 8, 64),
    }


def draw_structure(choices: Choices, network: IntegerNetwork) -> Fields:
    """How the butterflies are built, and the registers between them, by name where they are not by number."""
    named = register_names(network)
    return {
        "arrangement": choices.choose("feedback", "commutator"),
        "lane_difference": choices.choose("direct", "from-sum"),
        "registers": tuple(name for name in named if choices.choose(False, True))
        if choices.choose(False, False, True)
        else None,
    }


def draw_stalls(choices: Choices) -> str:
    """A pattern of stalls."""
    return choices.choose("none", "random", "random", "worst")


def _powers(d: int) -> list[int]:
    """Powers of two that divide d, up to 64."""
    return [1 << k for k in range(7) if d % (1 << k) == 0]
