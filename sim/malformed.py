"""Sequences that break the protocol: cut off within a step, or with an index that is none; a core must drop them."""

import numpy as np

from ..quant.integer import FrozenNetwork
from .description import CoreDescription

SHARE = 1 / 4  # of random sequences


def has_wrong_index(network: FrozenNetwork, description: CoreDescription) -> bool:
    """Whether a beat can hold an index that is none."""
    return network.input_kind == "index" and network.input_size < 1 << 8 * description.element_bytes


def malformed_sequences(
    network: FrozenNetwork, description: CoreDescription, lengths: np.ndarray, seed: int, share: float = SHARE
) -> dict[str, np.ndarray]:
    """A random choice of sequences made malformed, where the core's input has room for it.

    Parameters
    ----------
    lengths : int, shape ``(N,)``
    seed : equal seeds choose equally
    share : of the sequences, from 0 to 1

    Returns
    -------
    dict
        ``cut_beats`` or ``wrong_indices`` of shape ``(N,)``, as :func:`~hadamrnn.sim.cosimulation.cosimulate` takes
        them; empty where a step is one beat and every beat is a step.
    """
    random = np.random.default_rng((seed, 1))
    chosen = random.random(len(lengths)) < share
    if has_wrong_index(network, description):
        return {"wrong_indices": chosen * random.integers(1, lengths, endpoint=True)}
    if description.beats_per_step > 1:
        return {"cut_beats": chosen * random.integers(1, description.beats_per_step, len(lengths))}
    return {}
