"""Results of a board and of the integer reference, value by value."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..hw.boards.protocol import Identity
from ..quant.integer import FrozenNetwork
from ..sim import reference


@dataclass(frozen=True)
class Comparison:
    """How results compare with the reference.

    Attributes
    ----------
    values : how many were compared
    differences : how many of them differ
    first : which differs first, in words; empty where none does
    """

    values: int
    differences: int
    first: str


def expected_results(
    network: FrozenNetwork, identity: Identity, inputs: np.ndarray, lengths: np.ndarray
) -> list[np.ndarray]:
    """What a board must answer: for each sequence int64 of shape ``(results, values)``."""
    result = reference.run(network, inputs, lengths=lengths)
    values = result.logits if identity.logits else result.classes[..., None]
    if identity.every_step:
        return [values[index, :length] for index, length in enumerate(lengths)]
    return list(values[:, None])


def compare(expected: Sequence[np.ndarray], results: Sequence[np.ndarray]) -> Comparison:
    """Compare results with what was expected, both as :func:`expected_results` gives them."""
    count, differences, first = 0, 0, ""
    for index, (want, got) in enumerate(zip(expected, results, strict=True)):
        differs = want != got
        count += want.size
        differences += int(np.count_nonzero(differs))
        if not first and differs.any():
            result, value = (int(place) for place in np.argwhere(differs)[0])
            first = (
                f"sequence {index}, result {result}, value {value}: "
                f"expected {want[result, value]}, got {got[result, value]}"
            )
    return Comparison(count, differences, first)
