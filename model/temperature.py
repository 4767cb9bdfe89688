"""The size of the logits, fitted once training is over: temperature scaling."""

from typing import Any

import numpy as np
import torch
from scipy.optimize import minimize_scalar
from torch import Tensor

from .network import HadamardRNN
from .objective import outputs, score
from .task import Task

LIMIT = 3.0  # of the base-2 logarithm of the factor, either way: where all labels are right, no factor is large enough


@torch.no_grad()
def scale_logits(network: HadamardRNN, task: Task) -> float:
    """Multiply V and c by the factor that gives the smallest cross-entropy on the validation split.

    One number, fitted to logits that are otherwise final (temperature scaling: Guo, Pleiss, Sun and Weinberger, ICML
    2017). But for what single precision rounds, no class changes, and no integer of the frozen network: V is quantised
    relative to its largest entry, so all that changes is the real value of a unit of the logits. An entry of V right
    between two integers may go to the other one, since the factor is no power of two. What training with a falling rate
    leaves too cautious, as on the copy task, or too sure of itself, as on a small data set, is put right.

    Returns
    -------
    The factor, 1/8 to 8; 1 for a regression, which is left alone.
    """
    if task.objective != "classification":
        return 1.0
    answers = list(outputs(network, task.validation))

    def loss(exponent: float) -> float:
        return _mean_loss(answers, 2.0**exponent)

    found: Any = minimize_scalar(loss, bounds=(-LIMIT, LIMIT), method="bounded", options={"xatol": 1e-2})
    factor = float(2.0 ** np.round(found.x, 3))
    network.output_weight.mul_(factor)
    network.output_bias.mul_(factor)
    return factor


def _mean_loss(answers: list[tuple[Tensor, Tensor, Tensor | None]], factor: float) -> float:
    scores = [score(factor * logits.double(), y, lengths) for logits, y, lengths in answers]
    counted = sum(found.counted for found in scores)
    return sum(float(found.loss) * found.counted for found in scores) / counted
