"""Hypothesis strategies of networks and cores over the whole space of the file format; everything shrinks.

A point shrinks towards one unit without inputs, weights and biases, one step, one lane, no register and no stall.
"""

from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import assume, strategies

from hadamrnn.errors import InputError
from hadamrnn.hw.data_sheet import DataSheet
from hadamrnn.hw.parameters import CoreParameters
from hadamrnn.quant.integer import DenseNetwork, FrozenNetwork, IntegerNetwork

from .choices import ShrinkingChoices
from .dense_points import draw_dense_parameters
from .point import Point
from .points import Fields, Space, draw_formats, draw_parameters, draw_stalls, draw_structure

TINY = Space(
    sizes=(1, 2, 4, 3, 8, 6, 12, 16),
    vector_sizes=(1, 2, 3, 5),
    index_sizes=(1, 2, 3, 5, 17),
    output_sizes=(1, 2, 3),
    state_bits=(2, 32),
    input_bits=tuple(range(1, 33)),
    input_shift=(0, None, None, None, *(sign * shift for shift in range(1, 33) for sign in (1, -1))),
    weight_bits=tuple(range(1, 9)),
    sqrt_half_bits=(15, *range(1, 31)),
)
SMALL = replace(
    TINY,
    sizes=(*TINY.sizes, 8, 16, 20, 24, 32, 32),
    vector_sizes=(*TINY.vector_sizes, 8, 9, 11),
    index_sizes=(*TINY.index_sizes, 256, 257),
    output_sizes=(*TINY.output_sizes, 5, 10),
)
DENSE_SIZES = (1, 2, 3, 5, 8)
_BENCHES = (None, None, None, None, None, "verilator", "native")


@strategies.composite
def points(draw: Any, space: Space) -> Point:
    """A network of family hadamard, a core for it, and how it is streamed; Icarus always, now and then one more."""
    choices = ShrinkingChoices(draw)
    fields, inputs = draw_formats(choices, space)
    network = _hadamard(choices, fields)
    parameters = draw_parameters(choices, fields) | inputs
    parameters |= draw_structure(choices, network)
    if parameters["arrangement"] == "commutator" and fields["hidden_size"] % 2 == 0:
        # Commutators take several lanes, rows and blocks: there are few such cores.
        parameters["lanes"] = choices.choose(parameters["lanes"], 2)
    parameters["channels"] = choices.choose(1, 1, 1, 2, 3)
    try:
        DataSheet(network, CoreParameters(**parameters))
    except InputError as error:
        if "channels must be 1" not in str(error):
            raise  # nothing else may be wrong
        parameters["channels"] = 1
    return _streamed(choices, network, parameters)


@strategies.composite
def dense_points(draw: Any, space: Space) -> Point:
    """The same of family dense."""
    choices = ShrinkingChoices(draw)
    fields, inputs = draw_formats(choices, replace(space, sizes=DENSE_SIZES))
    network = _dense(choices, fields)
    parameters = draw_dense_parameters(choices, fields["hidden_size"], fields["output_size"]) | inputs
    return _streamed(choices, network, parameters)


@strategies.composite
def points_of_all_families(draw: Any, space: Space) -> Point:
    """One point in four of family dense."""
    family = ShrinkingChoices(draw).choose(points, points, points, dense_points)
    return draw(family(space))


def _streamed(choices: ShrinkingChoices, network: FrozenNetwork, parameters: Fields) -> Point:
    return Point(
        network=network,
        parameters=parameters,
        stalls=draw_stalls(choices),
        seed=choices.integer(0, 1000),
        sequences=choices.integer(1, 4),
        steps=choices.integer(1, 6),
        bench=choices.choose(*_BENCHES),
    )


def _hadamard(choices: ShrinkingChoices, fields: Fields) -> IntegerNetwork:
    d = fields["hidden_size"]
    formats = {name: value for name, value in fields.items() if not name.endswith("_size")}
    signs = choices.array((d,), 1, -1)
    return _valid(IntegerNetwork, signs=signs, block_size=fields["block_size"], **_common(choices, fields, formats))


@strategies.composite
def dense_networks(draw: Any, space: Space) -> DenseNetwork:
    """A network of family dense."""
    choices = ShrinkingChoices(draw)
    fields, _ = draw_formats(choices, replace(space, sizes=DENSE_SIZES))
    return _dense(choices, fields)


def _dense(choices: ShrinkingChoices, fields: Fields) -> DenseNetwork:
    d, bits = fields["hidden_size"], choices.integer(1, 8)
    activation = choices.choose("none", "relu", "modrelu")
    limit = 1 << choices.choose(4, 20, 31)
    formats = {n: v for n, v in fields.items() if not n.endswith("_size") and n != "sqrt_half_bits"}
    return _valid(
        DenseNetwork,
        recurrent_weight=choices.array((d, d), _range(bits)),
        recurrent_bits=bits,
        recurrent_multiplier=choices.choose(1, 1 << 14, choices.integer(1, (1 << 15) - 1)),
        recurrent_shift=choices.choose(0, choices.integer(0, 24), choices.integer(0, 62)),
        activation=activation,
        threshold=choices.array((d,), range(-limit, limit)) if activation == "modrelu" else None,
        **_common(choices, fields, formats),
    )


def _common(choices: ShrinkingChoices, fields: Fields, formats: Fields) -> Fields:
    """What both families have, the input shift chosen where it is None."""
    d, m, o = (fields[name] for name in ("hidden_size", "input_size", "output_size"))
    bits, state_bits = formats["weight_bits"], formats["state_bits"]
    weight = choices.array((d, m), _range(bits))
    output_limit = 1 << choices.choose(8, state_bits, 40, 60)
    if formats["input_shift"] is None:
        formats = formats | {"input_shift": _fitting_shift(weight, formats)}
    return formats | {
        "input_weight": weight,
        "bias": choices.array((d,), _range(state_bits)),
        "output_weight": choices.array((o, d), _range(bits)),
        "output_bias": choices.array((o,), range(-output_limit, output_limit)),
    }


def _fitting_shift(weight: np.ndarray, formats: Fields) -> int:
    """With which the largest input products are one to two times full scale."""
    vector, bits = formats["input_kind"] == "vector", formats["input_bits"]
    largest = (1 << (bits - formats["input_signed"])) if vector else 1
    products = int((np.abs(weight).sum(axis=1) if vector else np.abs(weight)).max()) * largest
    return max(-32, min(formats["state_bits"] - products.bit_length(), 32))


def _range(bits: int) -> range:
    return range(-(1 << (bits - 1)), 1 << (bits - 1))


def _valid(kind: Any, **fields: Any) -> Any:
    """The network, if its products fit the reference: formats are drawn one by one."""
    try:
        network: FrozenNetwork = kind(**fields)
    except InputError as error:
        if "2^62" not in str(error) and "expected at most 62" not in str(error):
            raise  # nothing else may be wrong
        assume(False)
        raise
    return network
