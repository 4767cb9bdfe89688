"""Freezing: a trained network as integers, all that the hardware will know of it."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..errors import InputError
from ..model.network import HadamardRNN
from ..model.task import Task
from .bias_rounding import round_biases
from .calibration import SEQUENCES, input_format, input_shift, largest_state
from .integer import IntegerNetwork
from .quantisers import Quantiser

STATE_BITS = range(4, 25)


@dataclass(frozen=True, kw_only=True)
class FreezeReport:
    """What calibration found and freezing chose.

    Attributes
    ----------
    calibration_sequences : training sequences that the states were seen on
    largest_state : largest |state| among them, in LSB of the frozen state
    state_limit : largest state that the format holds
    headroom_bits : log2(state_limit / largest_state); at least 0
    input_shift : f
    input_scale, state_scale, logit_scale : real value of one unit of input, state and logit
    largest_bias : largest |B|
    """

    calibration_sequences: int
    largest_state: float
    state_limit: int
    headroom_bits: float
    input_shift: int
    input_scale: float
    state_scale: float
    logit_scale: float
    largest_bias: int

    def to_json(self) -> dict[str, Any]:
        """The report as plain JSON."""
        return asdict(self)


def freeze(
    network: HadamardRNN,
    task: Task,
    *,
    state_bits: int = 12,
    input_bits: int = 8,
    trained: dict[str, Any] | None = None,
) -> tuple[IntegerNetwork, FreezeReport]:
    """Turn a trained network with quantised signs and weights into integers.

    The state unit is s_h = s_U · s_x · 2^(−f), with the largest f for which no state of the calibration set and no bias
    saturates. The biases B are b / s_h rounded for their effect after the task's T steps
    (:func:`~hadamrnn.quant.bias_rounding.round_biases`), and C = round(c / s_y), s_y = s_V · s_h, half to even.

    Parameters
    ----------
    network : with :class:`~hadamrnn.quant.quantisers.Quantiser` for signs, U and V
    task : calibrates inputs and states, and names the classes
    state_bits : w, 4 to 24
    input_bits : of a calibrated input format; unused where the task's data are integers by nature
    trained : what the file shall say of its origin, plain JSON

    Raises
    ------
    InputError
        For a network without quantisers, or bits that cannot be used.
    """
    if state_bits not in STATE_BITS:
        raise InputError(f"state_bits must be {STATE_BITS[0]} to {STATE_BITS[-1]}, not {state_bits!r}")
    if input_bits not in range(1, 17):
        raise InputError(f"input_bits must be 1 to 16, not {input_bits!r}")
    signs, _, _ = _integers(network.sign_quantiser, network.sign_latents, "sign")
    weight, weight_scale, weight_bits = _integers(network.input_quantiser, network.input_weight, "input")
    output, output_scale, output_bits = _integers(network.output_quantiser, network.output_weight, "output")
    form = input_format(task, input_bits)
    largest = largest_state(network, task, form)
    bias = _numbers(network.bias)
    shift = input_shift(largest, float(np.abs(bias).max()), weight_scale * form.scale, state_bits)
    state_scale = weight_scale * form.scale * 2.0**-shift
    logit_scale = output_scale * state_scale
    limit = (1 << (state_bits - 1)) - 1
    frozen = IntegerNetwork(
        signs=signs,
        input_weight=weight,
        bias=np.clip(
            round_biases(bias / state_scale, signs, network.block_size, network.gain, task.steps), -limit - 1, limit
        ),
        output_weight=output,
        output_bias=np.rint(_numbers(network.output_bias) / logit_scale).astype(np.int64),
        block_size=network.block_size,
        input_bits=form.bits,
        input_signed=form.signed,
        state_bits=state_bits,
        input_shift=shift,
        weight_bits=max(weight_bits, output_bits),
        sqrt_half_bits=network.sqrt_half_bits,
        readout=network.readout,
        readout_activation=network.readout_activation,
        input_scale=form.scale,
        state_scale=state_scale,
        logit_scale=logit_scale,
        labels=task.labels,
        trained=trained or {},
    )
    report = FreezeReport(
        calibration_sequences=min(SEQUENCES, len(task.train)),
        largest_state=largest / state_scale,
        state_limit=limit,
        headroom_bits=float(np.log2(limit / max(largest / state_scale, 0.5))),
        input_shift=shift,
        input_scale=form.scale,
        state_scale=state_scale,
        logit_scale=logit_scale,
        largest_bias=int(np.abs(frozen.bias).max()),
    )
    return frozen, report


def _integers(quantiser: object, latent: Tensor, name: str) -> tuple[np.ndarray, float, int]:
    """Integers, the real value of one unit, and bits."""
    if not isinstance(quantiser, Quantiser):
        found = type(quantiser).__name__
        raise InputError(f"{name}_quantiser must be a Quantiser for a network to be frozen, not {found}")
    integers, scale = quantiser.integers(latent)
    return integers.numpy(), scale, quantiser.bits


def _numbers(parameter: Tensor) -> np.ndarray:
    return parameter.detach().to(torch.float64).numpy()
