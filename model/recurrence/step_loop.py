"""The definition: one step after the other."""

import torch
from torch import Tensor

from ..walsh_hadamard import walsh_hadamard
from .drive import driven


def step_loop(signs: Tensor, weight: Tensor, bias: Tensor, x: Tensor, *, block_size: int, gain: float) -> Tensor:
    """All states h_1 … h_T, one step after the other; arguments as for :func:`~.choice.last_state`.

    Returns
    -------
    Tensor of shape ``(batch, time, d)``.
    """
    drive = driven(weight, bias, x)
    signed_gain = signs * gain
    state = drive[:, 0]
    states = [state]
    for step in drive.unbind(1)[1:]:
        state = signed_gain * walsh_hadamard(state, block_size) + step
        states.append(state)
    return torch.stack(states, 1)
