"""Sequences that drive the sums of a core to their limits: the widest words of the recurrence and the read-out.

Random sequences hardly ever bring many units to their limits at once, with the signs of a row of weights; a word that
is a bit too narrow shows just there. A beam search over the integer reference goes there: by the linear part of the
recurrence it is known in which direction a state must lie so many steps before, and of all states that a step leads to
those farthest in that direction are kept.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np

from ..quant.integer import DenseNetwork, FrozenNetwork, IntegerNetwork, walsh_hadamard
from .reference import step, total

MOST_SUMS = 64  # of which the extremes are sought; drawn where a network has more
MOST_INPUTS = 64  # tried at each step of a search; corners, drawn, where a step has more


@dataclass(frozen=True)
class _Extreme:
    """A sum to be made large: ``weights`` · (states of the last step, their positive parts, or totals)."""

    weights: np.ndarray
    kind: str


def extreme_inputs(network: FrozenNetwork, seed: int, *, steps: int, width: int = 32) -> tuple[np.ndarray, np.ndarray]:
    """Sequences that end where a total before saturation, or a logit as its units add up, is the largest or smallest.

    Parameters
    ----------
    seed : of the draws
    steps : of the longest sequence, at least 1
    width : states that the search keeps at each step

    Returns
    -------
    (ndarray, ndarray)
        Inputs, shape ``(N, steps, m)`` (``(N, steps)`` for ``input_kind`` ``index``), 0 behind the end of a sequence or
        what is nearest to it, and lengths. The largest that the search finds; larger ones may exist.
    """
    random = np.random.default_rng((seed, 4))
    inputs = _inputs(network, random)
    extremes = _extremes(network, random)
    matrix = _matrix(network)
    found = [_search(network, extreme, inputs, matrix, steps, width) for extreme in extremes]
    low, high = network.input_range
    padded = np.full((len(found), steps, *inputs.shape[1:]), min(max(0, low), high))
    for place, sequence in enumerate(found):
        padded[place, : len(sequence)] = sequence
    return padded, np.array([len(sequence) for sequence in found])


def _matrix(network: FrozenNetwork) -> np.ndarray:
    """The recurrent matrix, float64, shape ``(d, d)``: the recurrence but for rounding, activation and saturation."""
    if isinstance(network, DenseNetwork):
        return network.recurrent_weight * network.recurrent_scale
    assert isinstance(network, IntegerNetwork)
    rows = walsh_hadamard(np.eye(network.hidden_size, dtype=np.int64), network.block_size).T
    return network.signs[:, None] * rows / np.sqrt(network.block_size)


def _inputs(network: FrozenNetwork, random: np.random.Generator) -> np.ndarray:
    """What one step can bring, or a draw of its corners: shape ``(K, m)``, of indices ``(K,)``."""
    low, high = network.input_range
    if network.input_kind == "index":
        tokens = np.arange(low, high + 1)
        return tokens if len(tokens) <= MOST_INPUTS else random.choice(tokens, MOST_INPUTS, replace=False)
    if (high - low + 1) ** network.input_size <= MOST_INPUTS:
        return np.array(list(product(range(low, high + 1), repeat=network.input_size)))
    return random.choice([low, high], (MOST_INPUTS, network.input_size))


def _extremes(network: FrozenNetwork, random: np.random.Generator) -> list[_Extreme]:
    d, kind = network.hidden_size, "positive" if network.readout_activation == "relu" else "state"
    units = np.arange(d)
    sums = [_Extreme(sign * (units == unit), "total") for unit in range(d) for sign in (1, -1)]
    for row in network.output_weight.astype(np.int64):
        sums += [_Extreme(sign * np.where(units <= unit, row, 0), kind) for unit in range(d) for sign in (1, -1)]
    if len(sums) <= MOST_SUMS:
        return sums
    return [sums[place] for place in random.choice(len(sums), MOST_SUMS, replace=False)]


def _search(
    network: FrozenNetwork, extreme: _Extreme, inputs: np.ndarray, matrix: np.ndarray, steps: int, width: int
) -> np.ndarray:
    """The sequence, of any length up to ``steps``, whose last step makes the sum largest."""
    directions = [extreme.weights @ matrix if extreme.kind == "total" else extreme.weights.astype(float)]
    for _ in range(steps):
        directions.append(directions[-1] @ matrix)
    states, paths = np.zeros((1, network.hidden_size), dtype=np.int64), np.zeros((1, 0), dtype=np.int64)
    best, found = -np.inf, paths[0]
    for t in range(1, steps + 1):
        before, chosen = np.repeat(np.arange(len(states)), len(inputs)), np.tile(np.arange(len(inputs)), len(states))
        following, _ = step(network, states[before], inputs[chosen])
        reached = _reached(network, extreme, states[before], following, inputs[chosen])
        place = int(np.argmax(reached))
        if reached[place] > best:
            best, found = reached[place], np.append(paths[before[place]], chosen[place])
        order = np.argsort(-(following @ directions[steps - t]), kind="stable")[: 4 * width]
        _, fresh = np.unique(following[order], axis=0, return_index=True)
        kept = order[np.sort(fresh)[:width]]
        states, paths = following[kept], np.column_stack([paths[before[kept]], chosen[kept]])
    return inputs[found]


def _reached(
    network: FrozenNetwork, extreme: _Extreme, states: np.ndarray, following: np.ndarray, inputs: np.ndarray
) -> np.ndarray:
    if extreme.kind == "positive":
        return np.maximum(following, 0) @ extreme.weights
    if extreme.kind == "state":
        return following @ extreme.weights
    return total(network, states, inputs) @ extreme.weights
