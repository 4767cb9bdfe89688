"""Initial input weights of the size that a task asks for."""

import numpy as np
import torch

from .network import HadamardRNN
from .recurrence import last_state
from .task import Task

SEQUENCES = 256  # looked at, the first of the training set; fewer where every state counts
NUMBERS = 1 << 24  # that all states together may be


@torch.no_grad()
def scale_inputs(network: HadamardRNN, task: Task) -> float:
    """Scale U so that the states that are read have a mean square of 1 on the first training sequences.

    W keeps the norm of a state, so the states grow with the number of steps and with what the inputs are: the same U
    gives states of 0.5 for a task and 30 for another. A read-out that begins with logits of such a size unlearns them
    first, for most of the time that training takes (docs/learning-signs.md).

    Returns
    -------
    The factor by which ``network.input_weight`` was multiplied; 1 where all states are zero.
    """
    count = min(len(task.train), SEQUENCES)
    if task.readout == "every":
        count = max(1, min(count, NUMBERS // (task.steps * network.hidden_size)))
    x, _, lengths = task.train.batch(np.arange(count))
    inputs, steps = torch.from_numpy(x), None if lengths is None else torch.from_numpy(lengths)
    if task.readout == "every":
        states = network.states(inputs)
        if steps is not None:
            states = states[torch.arange(states.shape[1]) < steps[:, None]]
    else:
        weight = network.input_quantiser(network.effective_input_weight())
        shape = {"block_size": network.block_size, "gain": network.gain}
        states = last_state(network.signs, weight, network.bias, inputs, lengths=steps, **shape)
    size = float(states.double().square().mean().sqrt())
    factor = 1 / size if size > 0 else 1.0
    network.input_weight.mul_(factor)
    return factor
