"""Sequences that break the protocol: cut off within a step, or with an index that is none; a core must drop them."""

from typing import Protocol

import numpy as np

from ..quant.integer import FrozenNetwork

SHARE = 1 / 4  # of random sequences


class InputPort(Protocol):
    """What must be known of ``s_axis``: a core's description has it, and so has its input format."""

    @property
    def element_bytes(self) -> int: ...

    @property
    def beats_per_step(self) -> int: ...


def has_wrong_index(network: FrozenNetwork, port: InputPort) -> bool:
    """Whether a beat can hold an index that is none."""
    return network.input_kind == "index" and network.input_size < 1 << 8 * port.element_bytes


def malformed_sequences(
    network: FrozenNetwork, port: InputPort, lengths: np.ndarray, seed: int, share: float = SHARE, channels: int = 1
) -> dict[str, np.ndarray]:
    """A random choice of sequences made malformed, where the core's input has room for it; the last one of a channel
    never, so that something is compared behind each.

    Parameters
    ----------
    lengths : int, shape ``(N,)``
    seed : equal seeds choose equally
    share : of the sequences, from 0 to 1
    channels : of the core, to which sequences go in turn

    Returns
    -------
    dict
        ``cut_beats`` or ``wrong_indices`` of shape ``(N,)``, as :func:`~hadamrnn.sim.cosimulation.cosimulate` takes
        them; empty where a step is one beat and every beat is a step.
    """
    random = np.random.default_rng((seed, 1))
    chosen = random.random(len(lengths)) < share
    chosen[-channels:] = False
    if has_wrong_index(network, port):
        return {"wrong_indices": chosen * random.integers(1, lengths, endpoint=True)}
    if port.beats_per_step > 1:
        return {"cut_beats": chosen * random.integers(1, port.beats_per_step, len(lengths))}
    return {}
