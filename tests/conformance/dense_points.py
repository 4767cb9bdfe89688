"""Networks of family dense and cores for them, drawn by number from all that can be chosen about both."""

from dataclasses import replace

from hadamrnn.sim.stimulus import random_dense_network

from .choices import Choices, SeededChoices
from .points import SEEDED, Fields, RandomPoint, draw_formats, draw_stalls

SIZES = (1, 2, 5, 6, 8, 9, 12, 15, 16, 20, 24)


def draw_dense(number: int) -> RandomPoint:
    """The point of that number; equal numbers give equal points. One in four has weights +1 and −1 alone."""
    choices = SeededChoices(number, 21)
    fields, inputs = draw_formats(choices, replace(SEEDED, sizes=SIZES, state_bits=(4, 16)))
    del fields["block_size"], fields["sqrt_half_bits"]
    d, outputs = fields["hidden_size"], fields["output_size"]
    network = random_dense_network(
        number,
        **fields,
        recurrent_bits=choices.integer(2, 8),
        recurrent_multiplier=choices.choose(None, None, 1, 1 << choices.integer(1, 14), 3 << choices.integer(0, 12)),
        activation=choices.choose("none", "relu", "modrelu"),
        binary=number % 4 == 3,
    )
    parameters = draw_dense_parameters(choices, d, outputs)
    return RandomPoint(number, network, parameters | inputs, draw_stalls(choices))


def draw_dense_parameters(choices: Choices, d: int, outputs: int) -> Fields:
    """The parameters of a core, but for its inputs, for a network of ``d`` units and so many logits."""
    lanes = choices.choose(*(count for count in range(1, min(d, 8) + 1) if d % count == 0))
    fitting = [count for count in range(1, d + 1) if count % lanes == 0 or lanes % count == 0]
    return {
        "lanes": lanes,
        "recurrent_multipliers": choices.choose(1, *(count for count in fitting if count * lanes <= 32)),
        "readout_multipliers": choices.choose(1, outputs, choices.integer(1, outputs)),
        "output": choices.choose("logits", "class"),
        "trace": choices.choose(True, True, False),
    }
