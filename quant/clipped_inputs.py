"""Inputs beyond the range that calibration has given them. Imports without torch."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ..model.split import Split
from .integer import FrozenNetwork

_BATCH = 1000


@dataclass(frozen=True, kw_only=True)
class ClippedInputs:
    """How many of a split's inputs a network clips.

    Attributes
    ----------
    clipped : inputs whose integers, round(x / input_scale), are beyond the range of the input format
    inputs : all there are: m a step, without steps beyond the ends of sequences
    """

    clipped: int
    inputs: int

    def to_json(self) -> dict[str, Any]:
        """As plain JSON."""
        return asdict(self)


def clipped_inputs(network: FrozenNetwork, split: Split) -> ClippedInputs | None:
    """Count the inputs of ``split`` that ``network`` clips to its input format; None for tokens, which none clips."""
    if network.input_kind != "vector":
        return None
    low, high = network.input_range
    clipped = inputs = 0
    for start in range(0, len(split), _BATCH):
        x, _, lengths = split.batch(np.arange(start, min(start + _BATCH, len(split))))
        integers = np.rint(x.astype(np.float64) / network.input_scale)
        clipped += int(((integers < low) | (integers > high)).sum())  # not of padding, which is 0
        inputs += x.size if lengths is None else int(lengths.sum()) * x.shape[2]
    return ClippedInputs(clipped=clipped, inputs=inputs)
