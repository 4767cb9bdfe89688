"""How much of the arithmetic a stimulus exercises: saturations and ties, counted in the reference."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..quant.integer import FrozenNetwork
from . import reference


@dataclass(frozen=True)
class Coverage:
    """Events over all units of all steps.

    Attributes
    ----------
    steps : of all sequences
    saturated_low, saturated_high : states clipped to the smallest and to the largest value
    division_ties : divisions of the recurrent product (by √n, or by 2^S) that left exactly one half
    division_ties_up : those that half-to-even rounds up
    negative, zero, positive : states
    input_ties : input products that a right shift left at exactly one half
    """

    steps: int
    saturated_low: int
    saturated_high: int
    division_ties: int
    division_ties_up: int
    negative: int
    zero: int
    positive: int
    input_ties: int


def cover(network: FrozenNetwork, inputs: np.ndarray, lengths: Sequence[int] | np.ndarray | None = None) -> Coverage:
    """Count what ``inputs`` exercise in ``network``; parameters as of :func:`~hadamrnn.sim.reference.run`."""
    inputs = reference.checked_inputs(network, inputs)
    count, longest = inputs.shape[:2]
    running = np.arange(longest) < reference.checked_lengths(lengths, count, longest)[:, None]
    states = reference.run(network, inputs, lengths=lengths, return_states=True).states
    assert states is not None
    before = np.concatenate([np.zeros_like(states[:, :1]), states[:, :-1]], axis=1)[running].astype(np.int64)
    after, clipped = reference.step(network, before, inputs[running])
    product, shift = reference.recurrent_product(network, before)
    weight = network.input_weight.astype(np.int64)
    x = inputs[running]
    driven = weight[:, x].T if network.input_kind == "index" else x @ weight.T
    ties = _ties(product, shift)
    return Coverage(
        steps=len(before),
        saturated_low=int(np.count_nonzero(clipped & (after < 0))),
        saturated_high=int(np.count_nonzero(clipped & (after > 0))),
        division_ties=int(np.count_nonzero(ties)),
        division_ties_up=int(np.count_nonzero(ties & (product >> shift & 1 == 1))),
        negative=int(np.count_nonzero(after < 0)),
        zero=int(np.count_nonzero(after == 0)),
        positive=int(np.count_nonzero(after > 0)),
        input_ties=int(np.count_nonzero(_ties(driven, -network.input_shift))),
    )


def _ties(values: np.ndarray, shift: int) -> np.ndarray:
    """Where ``values / 2**shift`` is an odd multiple of one half."""
    if shift <= 0:
        return np.zeros(values.shape, dtype=bool)
    return (values & ((1 << shift) - 1)) == 1 << (shift - 1)
