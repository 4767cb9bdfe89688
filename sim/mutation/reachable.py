"""All states that a small network ever reaches, one by one."""

from itertools import product

import numpy as np

from ...quant.integer import FrozenNetwork
from ..reference import step

MOST_STATES = 30_000
MOST_INPUTS = 64  # of a step


def possible_inputs(network: FrozenNetwork) -> np.ndarray | None:
    """Everything that a step can bring, shape ``(K, m)``, indices ``(K,)``; None where K > :data:`MOST_INPUTS`."""
    low, high = network.input_range
    if network.input_kind == "index":
        return np.arange(low, high + 1) if high < MOST_INPUTS else None
    if (high - low + 1) ** network.input_size > MOST_INPUTS:
        return None
    return np.array(list(product(range(low, high + 1), repeat=network.input_size)))


def reachable_states(network: FrozenNetwork, most: int = MOST_STATES) -> np.ndarray | None:
    """Every state after any step of any sequence, and 0: int64, shape ``(S, d)``; None where they are too many."""
    inputs = possible_inputs(network)
    if inputs is None:
        return None
    fresh = np.zeros((1, network.hidden_size), dtype=np.int64)
    known = {fresh.tobytes()}
    states = [fresh]
    while len(fresh):
        if len(fresh) * len(inputs) > 8 * most:  # so many at once will not come back to few
            return None
        following, _ = step(network, np.repeat(fresh, len(inputs), axis=0), np.tile(inputs.T, len(fresh)).T)
        following = np.unique(following, axis=0)
        fresh = following[[row.tobytes() not in known for row in following]]
        known.update(row.tobytes() for row in fresh)
        states.append(fresh)
        if len(known) > most:
            return None
    return np.concatenate(states)
