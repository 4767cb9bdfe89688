"""The configurations that estimates are fitted to and tested on: drawn at random with a fixed seed, one after another.

Every point is a network shape with random weights, and the parameters of its core. There are two draws, and a longer
list of either begins with the same points. Of the first, :func:`points`, the even ones are held out: nothing is ever
fitted to them. Of the second, :func:`small_points`, four in five are. It is there because the tools take many minutes
for a large core: its cores are small, and lanes, blocks, hidden sizes and state bits are dealt from shuffled decks, so
that few points cover the space.
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

SMALL = 1000
"""The number of the first point of the second draw."""

_SEEN = {1036}
"""Drawn to be held out, but a rule of the estimates came of them: tables of zeros are no memories."""

_SMALL_LIMITS = {1: 560, 2: 900, 4: 1500, 8: 2400}
"""The same for the second draw: a minute or less of Yosys and nextpnr for most."""

_SMALL_TABLE = 32768
"""Bits of the columns that an index chooses from, in the second draw."""

_DECKS: dict[str, tuple[int, ...]] = {
    "lanes": (1, 1, 1, 1, 1, 2, 2, 4, 4, 8),
    "block": (8, 16, 16, 32, 32, 64, 64, 128, 128, 256),
    "blocks": (1, 1, 2, 4, 3),
    "bits": (8, 10, 12, 12, 14, 16),
}


@dataclass(frozen=True)
class Point:
    """One configuration.

    Attributes
    ----------
    number : place in the list, from 0, or from :data:`SMALL` in the second draw; also the seed of the weights
    shape : of the network, as arguments of :func:`random_network`
    parameters : of the core
    """

    number: int
    shape: dict[str, Any]
    parameters: dict[str, Any]

    @property
    def held_out(self) -> bool:
        """Whether nothing is fitted to this point."""
        if self.number in _SEEN:
            return False
        return self.number % 2 == 0 if self.number < SMALL else self.number % 5 != 4

    def network(self) -> IntegerNetwork:
        """The network, with weights drawn from the point's number."""
        return random_network(seed=self.number, **self.shape)

    def core(self) -> CoreParameters:
        """The parameters of the core."""
        return CoreParameters(**self.parameters)

    def size(self) -> int:
        """About how many look-up tables the core takes."""
        return _size(DataSheet(self.network(), self.core()))


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


def small_points(count: int) -> list[Point]:
    """The first ``count`` points of the second draw."""
    generator = np.random.default_rng(20260202)
    decks: dict[str, list[int]] = {name: [] for name in _DECKS}
    found: list[Point] = []
    while len(found) < count:
        for name, deck in decks.items():
            if not deck:
                deck.extend(int(value) for value in generator.permutation(_DECKS[name]))
        lanes, block, blocks, bits = (deck.pop() for deck in decks.values())
        for _ in range(40):  # then the next ones: wide words go with few lanes only
            point = _drawn(generator, SMALL + len(found))
            point.shape.update(hidden_size=block * blocks, block_size=block, state_bits=bits)
            point.parameters.update(lanes=lanes, trace=False)
            if _is_small(point):
                found.append(point)
                break
    return found


def _is_small(point: Point) -> bool:
    shape, lanes = point.shape, point.core().lanes
    if shape["output_size"] == 1 and point.parameters["output"] == "class":
        shape["output_size"] = 2
    columns = shape["hidden_size"] * shape["input_size"] * shape["weight_bits"]
    if shape["input_kind"] == "index" and columns > _SMALL_TABLE:
        return False
    try:
        sheet = DataSheet(point.network(), point.core())
    except InputError:  # a choice that does not go with another
        return False
    return sheet.schedule.rows >= 2 and _size(sheet) <= _SMALL_LIMITS[lanes]


def find_points(numbers: set[int]) -> dict[int, Point]:
    """The points of these numbers, of either draw."""
    first = [number for number in numbers if number < SMALL]
    second = [number - SMALL for number in numbers if number >= SMALL]
    every = points(max(first) + 1 if first else 0) + small_points(max(second) + 1 if second else 0)
    return {point.number: point for point in every if point.number in numbers}


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
