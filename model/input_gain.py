"""The gain of inputs: what brings data of any unit to the size that training expects."""

import math

import torch
from torch import nn

from ..errors import InputError


def keep_input_gain(network: nn.Module, input_gain: float) -> float:
    """``input_gain``; one that is not 1 is saved with the weights of ``network``, which mean nothing without it.

    Raises
    ------
    InputError
        If it is no power of two.
    """
    if not 0 < input_gain < math.inf or math.frexp(input_gain)[0] != 0.5:
        raise InputError(f"input_gain must be a power of two, not {input_gain!r}")
    if input_gain != 1:
        network.register_buffer("saved_input_gain", torch.tensor(input_gain, dtype=torch.float64))
    return input_gain
