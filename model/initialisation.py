"""What a network is told about its task before it is trained: mean and size of the inputs, how frequent classes are."""

import math

import numpy as np
import torch

from .network import HadamardRNN
from .objective import tensors
from .orthogonal_network import OrthogonalRNN
from .task import Task

SEQUENCES = 256  # looked at, the first of the training set; fewer where every state counts
AVERAGED = 1000  # sequences of which the mean input is
LARGEST_GAIN = 100  # log2 of an input's, and of its reciprocal
NUMBERS = 1 << 24  # that all states together may be


def input_mean(task: Task) -> torch.Tensor:
    """The mean of the input vectors, or of the one-hot vectors of the tokens: float32 of shape ``(m,)``.

    Over all steps of the first :data:`AVERAGED` sequences of the training set; padding does not count.
    """
    x, _, lengths = task.train.first(AVERAGED).batch(np.arange(min(len(task.train), AVERAGED)))
    counted = x if lengths is None else x[np.arange(x.shape[1]) < lengths[:, None]]
    if task.input_kind == "index":
        mean = np.bincount(counted.reshape(-1), minlength=task.input_size) / counted.size
    else:
        mean = counted.reshape(-1, task.input_size).mean(0, dtype=np.float64)
    return torch.from_numpy(mean.astype(np.float32))


def input_gain(task: Task) -> float:
    """The power of two that brings the largest input to between 0.7 and 1.4; 1 for tokens, and where all are zero.

    Of the first :data:`AVERAGED` sequences of the training set. It is 1 for pixels between 0 and 1, and at most 2^±100,
    since single precision holds U times more than that no longer.
    """
    if task.input_kind == "index":
        return 1.0
    x, _, _ = task.train.first(AVERAGED).batch(np.arange(min(len(task.train), AVERAGED)))
    largest = float(np.abs(x).max())
    return 2.0 ** -max(-LARGEST_GAIN, min(round(math.log2(largest)), LARGEST_GAIN)) if largest > 0 else 1.0


@torch.no_grad()
def set_output_bias(network: HadamardRNN | OrthogonalRNN, task: Task) -> None:
    """Let c be the logarithm of how frequent the classes are, less its mean; nothing for a regression.

    Where one class is that of nearly all steps, as in the copy task, training would begin with learning that.
    Over all labels of the first :data:`AVERAGED` sequences of the training set, and one more of each class.
    """
    if task.objective != "classification":
        return
    _, y, lengths = task.train.first(AVERAGED).batch(np.arange(min(len(task.train), AVERAGED)))
    if lengths is not None and y.ndim == 2:
        y = y[np.arange(y.shape[1]) < lengths[:, None]]
    logarithms = np.log(1.0 + np.bincount(y.reshape(-1), minlength=task.classes))
    network.output_bias.copy_(torch.from_numpy(logarithms - logarithms.mean()))


@torch.no_grad()
def scale_inputs(network: HadamardRNN | OrthogonalRNN, task: Task) -> float:
    """Scale U so that the states that are read have a mean square of 1 on the first training sequences.

    W keeps the norm of a state, so the states grow with the number of steps and with what the inputs are: the same U
    gives states of 0.3 for a task and 14 for another. A read-out that begins with logits of such a size unlearns them
    first, for most of the time that training takes (docs/training.md).

    Returns
    -------
    The factor by which ``network.input_weight`` was multiplied; 1 where all states are zero.
    """
    size = size_of_read_states(network, task)
    factor = 1 / size if size > 0 else 1.0
    network.input_weight.mul_(factor)
    return factor


@torch.no_grad()
def size_of_read_states(network: HadamardRNN | OrthogonalRNN, task: Task) -> float:
    """The root mean square, real, of the states that are read, over the first training sequences of ``task``.

    Steps beyond a sequence's length do not count. Nothing random is drawn.
    """
    count = min(len(task.train), SEQUENCES)
    if task.readout == "every":
        count = max(1, min(count, NUMBERS // (task.steps * network.hidden_size)))
    x, _, lengths = tensors(task.train, np.arange(count), network.output_weight.device)
    if task.readout == "last":
        states = network.last_state(x, lengths)
    else:
        states = network.states(x)
        if lengths is not None:
            states = states[torch.arange(states.shape[1], device=states.device) < lengths[:, None]]
    return float(states.double().square().mean().sqrt())
