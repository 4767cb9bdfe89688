"""What rounding at every step of the integer loop adds to its last state, as noise to train with."""

import math

import numpy as np
import torch

from ..errors import InputError
from ..model.initialisation import size_of_read_states
from ..model.network import HadamardRNN
from ..model.objective import tensors
from ..model.task import Task
from .calibration import InputFormat, quantised
from .freeze import calibrate, check_bits, input_integers, quantised_integers

SATURATING = 0.65
"""The unit of states that is trained for, of the finest in which none saturates (and not as a power of two, so that the
noise does not jump from epoch to epoch). With few bits a finer unit pays, in which one state in ten thousand saturates:
fine-tuning chooses such a one (:func:`~.fine_tuning.fine_tune`)."""

_SEQUENCES = 20  # that the rounding of input products is looked at, in all their steps


def check_noise(network: object, state_bits: int) -> None:
    """Refuse to train for states of ``state_bits`` bits what has none, or reads them at every step.

    Raises
    ------
    InputError
    """
    if not isinstance(network, HadamardRNN) or network.readout != "last" or network.input_quantiser is None:
        raise InputError(
            "[training] state_bits goes with networks of kind 'hadamard' that are read after the last step, "
            f"not {state_bits} here"
        )
    quantised_integers(network.input_quantiser, network.input_weight, "input")
    check_bits(state_bits, 8)


@torch.no_grad()
def rounding_noise(network: HadamardRNN, task: Task, state_bits: int, *, finest: float = SATURATING) -> float:
    """:func:`rounding_error` as a share of the root mean square of the states that are read.

    Larger states have a coarser unit, so the share is what stays where all of U and b is scaled.

    Parameters
    ----------
    network, task, state_bits, finest : as there

    Returns
    -------
    float
        Of one step; T steps add √T times that. 0 where all states are zero.

    Raises
    ------
    InputError
        As there.
    """
    size = size_of_read_states(network, task)
    return rounding_error(network, task, state_bits, finest=finest) / size if size else 0.0


@torch.no_grad()
def rounding_error(network: HadamardRNN, task: Task, state_bits: int, *, finest: float = SATURATING) -> float:
    """Standard deviation of what one step of the integer loop rounds away, real.

    Both roundings of a step are to the nearest and taken to be without a mean. That of s · H h / √n is that of
    :func:`state_rounding`; that of U x in units is measured, since many inputs are zero. W is orthogonal, so later
    steps turn the error and neither enlarge nor correlate it: the covariance of the last state's is that of one step, T
    times.

    Parameters
    ----------
    network : with quantisers
    task : calibrates states, as :func:`~hadamrnn.quant.freeze.freeze` does
    state_bits : w
    finest : the unit of states, as a multiple of the finest in which no state of the calibration set saturates

    Raises
    ------
    InputError
        As freezing.
    """
    formats = calibrate(network, task, state_bits=state_bits)
    weight, weight_scale, _ = input_integers(network)
    unit = finest * formats.largest_state / formats.state_limit
    variance = state_rounding(network.gain)
    product_unit = weight_scale * formats.inputs.scale
    if unit > product_unit:  # finer units hold the products exactly
        products = _products(weight, task, formats.inputs) * (product_unit / unit)
        variance += float(np.square(products - np.rint(products)).mean())
    return unit * math.sqrt(variance)


def state_rounding(gain: float) -> float:
    """Mean square of what rounding an integer times ``gain`` to the nearest integer changes, ties to the even one.

    Products are multiples of 1/N, N a power of two, all fractions as frequent, which gives (1 + 2/N²) / 12 for N > 1. N
    is √n for even log2(n); for odd, with the bits of C_half, so large that this is nearly 1/12. For n = 1 nothing is
    rounded.

    Parameters
    ----------
    gain : 1/√n as the hardware has it, see :func:`~hadamrnn.model.walsh_hadamard.recurrent_gain`
    """
    finest = gain.as_integer_ratio()[1]
    return (1 + 2 / finest**2) / 12 if finest > 1 else 0.0


def _products(weight: np.ndarray, task: Task, form: InputFormat) -> np.ndarray:
    """U x of integers, of shape ``(steps, d)``: of every step of some training sequences."""
    seen = task.train.first(_SEQUENCES)
    x, _, lengths = tensors(seen, np.arange(len(seen)), torch.device("cpu"))
    steps = x.flatten(0, 1) if lengths is None else x[torch.arange(x.shape[1]) < lengths[:, None]]
    if task.input_kind == "index":
        return weight.T[steps.numpy()].astype(np.float64)
    return np.rint(quantised(steps.numpy(), form).astype(np.float64) / form.scale) @ weight.T.astype(np.float64)
