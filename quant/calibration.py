"""Calibration: the integer formats of inputs and states, chosen on training data."""

import math
from dataclasses import dataclass

import numpy as np
import torch

from ..errors import InputError
from ..model.network import HadamardRNN
from ..model.objective import tensors
from ..model.orthogonal_network import OrthogonalRNN
from ..model.task import GeneratedSplit, Task
from ..model.threads import suited_threads

SEQUENCES = 1000  # that states are calibrated on, the first of the training set
_BATCH = 100
SHIFTS = range(-32, 33)  # what the file format allows
_SMALLEST = 1e-30  # stands for states that are always zero


@dataclass(frozen=True, kw_only=True)
class InputFormat:
    """Integers of ``bits`` bits, the real value of one unit being ``scale``."""

    bits: int
    signed: bool
    scale: float

    @property
    def limits(self) -> tuple[int, int]:
        """Smallest and largest integer."""
        low = -(1 << (self.bits - 1)) if self.signed else 0
        return low, low + (1 << self.bits) - 1


def input_format(task: Task, bits: int = 8) -> InputFormat:
    """The format in which the task's data are integers by nature, or one of ``bits`` bits that holds its training data.

    A calibrated format is signed if there are negative values, and its largest integer is the largest magnitude; of
    generated data, :data:`SEQUENCES` sequences are looked at. Tokens are integers as they are, of unit 1.
    """
    if task.input_kind == "index":
        return InputFormat(bits=max(1, (task.input_size - 1).bit_length()), signed=False, scale=1.0)
    if task.input_scale is not None:
        return InputFormat(bits=task.input_bits, signed=task.input_signed, scale=task.input_scale)
    x = _inputs(task)
    signed = bool((x < 0).any())
    if bits <= signed:
        raise InputError(f"input_bits must be at least 2 for data with negative values, not {bits}")
    largest = float(np.abs(x).max()) or 1.0
    return InputFormat(bits=bits, signed=signed, scale=largest / ((1 << (bits - signed)) - 1))


def input_extremes(task: Task, form: InputFormat) -> tuple[int, int]:
    """Smallest and largest integer among the inputs of the training data; of generated data, as for formats."""
    x = _inputs(task)
    edges = np.array([x.min(), x.max()]).astype(np.float64)
    low, high = np.clip(np.rint(edges / form.scale), *form.limits)
    return int(low), int(high)


def quantised(x: np.ndarray, form: InputFormat) -> np.ndarray:
    """``x`` as float32, rounded (half to even) and clipped to what the format can hold."""
    integers = np.clip(np.rint(x.astype(np.float64) / form.scale), *form.limits)
    return (integers * form.scale).astype(np.float32)


@torch.no_grad()
def largest_state(network: HadamardRNN | OrthogonalRNN, task: Task, form: InputFormat) -> float:
    """The largest |state| of any unit after any step, over the first :data:`SEQUENCES` training sequences.

    Steps beyond a sequence's length do not count.
    """
    largest, seen, device = 0.0, task.train.first(SEQUENCES), network.output_weight.device
    with suited_threads(network, sequences=_BATCH, steps=task.steps, every_state=True):
        for start in range(0, len(seen), _BATCH):
            x, _, lengths = tensors(seen, np.arange(start, min(start + _BATCH, len(seen))), device)
            if x.is_floating_point():
                x = torch.from_numpy(quantised(x.cpu().numpy(), form)).to(device)
            states = network.states(x)
            if lengths is not None:
                states = states[torch.arange(x.shape[1], device=device) < lengths[:, None]]
            largest = float(np.maximum(largest, states.abs().max().item()))  # not max: it would lose a NaN
    return largest


def read_steps(task: Task, readout: str) -> int | np.ndarray:
    """After how many steps states are read in the training data of ``task``, by read-out ``last`` or ``every``.

    Returns
    -------
    int or ndarray
        T, where that is always so; otherwise how often it is after 1, 2, … T steps, float64 of shape ``(T,)``, in the
        first :data:`SEQUENCES` sequences.
    """
    lengths = task.train.first(SEQUENCES).lengths
    if lengths is None:
        return task.steps if readout == "last" else np.ones(task.steps)
    ends = np.bincount(lengths, minlength=task.steps + 1)[1:].astype(np.float64)
    return ends if readout == "last" else np.cumsum(ends[::-1])[::-1].copy()


def input_shift(largest: float, largest_bias: float, product_scale: float, state_bits: int) -> int:
    """f of the finest state unit s_h = ``product_scale`` · 2^(−f) in which neither states nor biases saturate.

    Parameters
    ----------
    largest, largest_bias : largest |state| and |b|, real
    product_scale : s_U · s_x, the real value of one unit of U x
    state_bits : w

    Raises
    ------
    InputError
        If no shift of the file format serves.
    """
    limit = (1 << (state_bits - 1)) - 1
    needed = max(float(np.maximum(largest, largest_bias)), _SMALLEST)
    if not math.isfinite(needed):
        raise InputError(f"states must be finite to be calibrated, not up to {needed}")
    shift = min(math.floor(math.log2(limit * product_scale / needed)), SHIFTS[-1])
    while shift >= SHIFTS[0]:
        unit = product_scale * 2.0**-shift
        if round(largest / unit) <= limit and round(largest_bias / unit) <= limit:
            return shift
        shift -= 1
    raise InputError(
        f"state_bits {state_bits} are too few for states up to {needed:g}: they need input_shift below {SHIFTS[0]}"
    )


def _inputs(task: Task) -> np.ndarray:
    return (task.train.first(SEQUENCES) if isinstance(task.train, GeneratedSplit) else task.train).x
