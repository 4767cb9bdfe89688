"""The configurations that estimates are fitted to and tested on: drawn at random with a fixed seed, one after another.

Every point is a network shape with random weights, and the parameters of its core. The even ones are held out: nothing
is ever fitted to them. A longer list begins with the same points.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from hadamrnn.errors import InputError
from hadamrnn.hw.data_sheet import DataSheet
from hadamrnn.hw.parameters import CoreParameters
from hadamrnn.quant.integer import IntegerNetwork

_LANES = (1, 1, 2, 2, 1, 1, 1, 1, 4, 4, 1, 1, 1, 1, 2, 2, 1, 1, 8, 8)
"""Lanes of the points, in turn: in pairs, so that what is held out is like what is fitted to."""

_LIMITS = {1: (450, 450, 700, 700), 2: (900, 900, 1400, 1400), 4: (1800,), 8: (3500,)}
"""Look-up tables, about, that points with so many lanes may take, in turn: most are small, so there can be many."""


@dataclass(frozen=True)
class Point:
    """One configuration.

    Attributes
    ----------
    number : place in the list, from 0; also the seed of the weights
    shape : of the network, as arguments of :func:`random_network`
    parameters : of the core
    """

    number: int
    shape: dict[str, Any]
    parameters: dict[str, Any]

    @property
    def held_out(self) -> bool:
        """Whether nothing is fitted to this point."""
        return self.number % 2 == 0

    def network(self) -> IntegerNetwork:
        """The network, with weights drawn from the point's number."""
        return random_network(seed=self.number, **self.shape)

    def core(self) -> CoreParameters:
        """The parameters of the core."""
        return CoreParameters(**self.parameters)


def random_network(
    *,
    hidden_size: int,
    block_size: int,
    input_size: int,
    output_size: int,
    state_bits: int,
    weight_bits: int,
    seed: int,
    **formats: Any,
) -> IntegerNetwork:
    """A network with weights over their whole range and biases over a quarter of that of a state."""
    generator = np.random.default_rng(seed)

    def draw(bits: int, *size: int) -> np.ndarray:
        return generator.integers(-(1 << (bits - 1)), (1 << (bits - 1)) - 1, size, endpoint=True)

    return IntegerNetwork(
        signs=generator.choice([-1, 1], hidden_size),
        input_weight=draw(weight_bits, hidden_size, input_size),
        bias=draw(state_bits - 2, hidden_size),
        output_weight=draw(weight_bits, output_size, hidden_size),
        output_bias=draw(state_bits + 2, output_size),
        block_size=block_size,
        state_bits=state_bits,
        weight_bits=weight_bits,
        **formats,
    )


def points(count: int) -> list[Point]:
    """The first ``count`` points of the list."""
    generator = np.random.default_rng(20260101)
    found: list[Point] = []
    while len(found) < count:
        point = _drawn(generator, len(found))
        try:
            sheet = DataSheet(point.network(), point.core())
        except InputError:  # a choice that does not go with another: draw again
            continue
        if sheet.schedule.rows >= 2 and _size(sheet) <= _limit(len(found), point.core().lanes):
            if point.shape["output_size"] == 1 and point.parameters["output"] == "class":
                point.shape["output_size"] = 2  # one class is no choice, and nothing is left of the core
            found.append(point)
    return found


def _limit(number: int, lanes: int) -> int:
    limits = _LIMITS[lanes]
    return limits[number % len(limits)]


def _size(sheet: DataSheet) -> int:
    """About how many look-up tables a core takes: most points are small, so that many can be synthesised."""
    network, lanes = sheet.network, sheet.parameters.lanes
    odd = network.block_bits % 2
    ring = 2 * network.block_bits + 5 * odd + 5
    products = network.input_bits * sheet.input_format.multipliers * network.weight_bits
    read_out = (network.weight_bits + 2) * sheet.parameters.readout_multipliers + 2 * network.output_size // lanes
    return lanes * ((ring + read_out) * network.state_bits + products)


def _drawn(generator: np.random.Generator, number: int) -> Point:
    """One random choice of everything; not all of them fit together."""

    def choose(*values: Any, weights: list[float] | None = None) -> Any:
        return values[int(generator.choice(len(values), p=weights))]

    block = choose(8, 16, 32, 64, 128, 256, weights=[0.1, 0.2, 0.25, 0.25, 0.1, 0.1])
    hidden = block * choose(1, 2, 4, 3, weights=[0.5, 0.25, 0.15, 0.1])
    kind = choose("vector", "index", weights=[0.8, 0.2])
    size = choose(1, 2, 3, 6, 9, 16, weights=[0.45, 0.15, 0.1, 0.1, 0.1, 0.1])
    size = choose(12, 40, 100, 200) if kind == "index" else size
    output = choose(1, 2, 4, 6, 10, 16)
    shape = {
        "hidden_size": hidden,
        "block_size": block,
        "input_kind": kind,
        "input_size": size,
        "output_size": output,
        "readout": choose("last", "every", weights=[0.75, 0.25]),
        "input_bits": choose(4, 8, 12, weights=[0.2, 0.6, 0.2]),
        "input_signed": bool(choose(False, True)),
        "input_shift": choose(0, 2, -3, weights=[0.6, 0.2, 0.2]),
        "state_bits": choose(8, 10, 12, 14, 16),
        "weight_bits": choose(2, 3, 4, 6, 8, weights=[0.1, 0.1, 0.5, 0.2, 0.1]),
        "readout_activation": choose("relu", "none", weights=[0.8, 0.2]),
    }
    parameters = {
        "lanes": _LANES[number % len(_LANES)],
        "stages_per_register": choose(1, 2, 0, 3, weights=[0.6, 0.2, 0.1, 0.1]),
        "input_beat": choose(1, 2, 3, weights=[0.7, 0.2, 0.1]),
        "input_multipliers": choose(None, 1, 2, weights=[0.7, 0.2, 0.1]),
        "readout_multipliers": choose(1, 2, output, weights=[0.7, 0.2, 0.1]),
        "output": choose("class", "logits", weights=[0.7, 0.3]),
        "memory_depth": choose(8, 4, 16, 32, weights=[0.6, 0.1, 0.2, 0.1]),
        "arrangement": choose("feedback", "commutator", weights=[0.85, 0.15]),
    }
    if number % 20 == 19:
        parameters["trace"] = True
    return Point(number, shape, parameters)
