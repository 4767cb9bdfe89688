"""Freezing: a trained network as integers, all that the hardware will know of it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor

from ..errors import InputError
from ..model.network import HadamardRNN
from ..model.orthogonal_network import OrthogonalRNN
from ..model.task import Task
from .bias_rounding import BiasRounding
from .calibration import SEQUENCES, InputFormat, input_extremes, input_format, largest_state, read_steps
from .calibration import input_shift as finest_shift
from .certificate import Certificate, certify
from .integer import FrozenNetwork, IntegerNetwork
from .integer.size import kilobytes, stored_bits
from .quantisers import Quantiser

STATE_BITS = range(4, 25)


@dataclass(frozen=True, kw_only=True)
class Formats:
    """The integer formats of inputs and states, and what they were chosen on.

    Attributes
    ----------
    inputs : format of one input element
    state_bits : w
    input_shift : f
    largest_state : largest |state| in calibration, real
    """

    inputs: InputFormat
    state_bits: int
    input_shift: int
    largest_state: float

    @property
    def state_limit(self) -> int:
        """Largest state that the format holds, in LSB."""
        return (1 << (self.state_bits - 1)) - 1


@dataclass(frozen=True, kw_only=True)
class CalibrationReport:
    """What calibration found and freezing chose, whatever the recurrent matrix is.

    Attributes
    ----------
    calibration_sequences : training sequences that the states were seen on
    largest_state : largest |state| among them, in LSB of the frozen state
    state_limit : largest state that the format holds
    headroom_bits : log2(state_limit / largest_state); at least 0 unless ``input_shift`` was given
    input_shift : f
    input_scale, state_scale, logit_scale : real value of one unit of input, state and logit
    largest_bias : largest |B|
    stored_bits : of the recurrent matrix, weights and biases, see :mod:`.integer.size`
    kilobytes : the same in kB of 1000 bytes
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
    stored_bits: int
    kilobytes: float

    def to_json(self) -> dict[str, Any]:
        """The report as plain JSON."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


@dataclass(frozen=True, kw_only=True)
class FreezeReport(CalibrationReport):
    """The same of a Hadamard RNN.

    Attributes
    ----------
    certificate : the proven worst case of the states, over all inputs of the format and the task's T steps
    data_certificate : the same over the inputs between the smallest and the largest of training data; None where these
        fill the format
    """

    certificate: Certificate
    data_certificate: Certificate | None

    def to_json(self) -> dict[str, Any]:
        """The report as plain JSON."""
        data = self.data_certificate and self.data_certificate.to_json()
        return super().to_json() | {"certificate": self.certificate.to_json(), "data_certificate": data}


def freeze(
    network: HadamardRNN,
    task: Task,
    *,
    state_bits: int = 12,
    input_bits: int = 8,
    input_shift: int | None = None,
    trained: dict[str, Any] | None = None,
) -> tuple[IntegerNetwork, FreezeReport]:
    """Turn a trained network with quantised signs and weights into integers.

    The state unit is s_h = s_U · s_x · 2^(−f), with the largest f for which no state of the calibration set and no bias
    saturates. The biases B are b / s_h rounded for their effect on the states that are read
    (:class:`~hadamrnn.quant.bias_rounding.BiasRounding`), and C = round(c / s_y), s_y = s_V · s_h, half to even.

    Parameters
    ----------
    network : with :class:`~hadamrnn.quant.quantisers.Quantiser` for signs, U and V
    task : calibrates inputs and states, and names the classes
    state_bits : w, 4 to 24
    input_bits : of a calibrated input format; unused where the task's data are integers by nature, or tokens
    input_shift : f, where calibration is not to choose it; states and biases that are too large are then clipped
    trained : what the file shall say of its origin, plain JSON

    Raises
    ------
    InputError
        For a network without quantisers, or bits that cannot be used.
    """
    formats = calibrate(network, task, state_bits=state_bits, input_bits=input_bits, input_shift=input_shift)
    frozen = to_integers(network, task, formats, bias_rounding(network, task), trained=trained)
    seen = input_extremes(task, formats.inputs)
    narrower = frozen.input_kind == "vector" and seen != frozen.input_range
    report = FreezeReport(
        **calibration_fields(frozen, task, formats),
        certificate=certify(frozen, task.steps),
        data_certificate=certify(frozen, task.steps, input_range=seen) if narrower else None,
    )
    return frozen, report


def calibration_fields(frozen: FrozenNetwork, task: Task, formats: Formats) -> dict[str, Any]:
    """The fields of a :class:`CalibrationReport` on ``frozen``."""
    largest = formats.largest_state / frozen.state_scale
    return {
        "calibration_sequences": min(SEQUENCES, len(task.train)),
        "largest_state": largest,
        "state_limit": formats.state_limit,
        "headroom_bits": float(np.log2(formats.state_limit / max(largest, 0.5))),
        "input_shift": frozen.input_shift,
        "input_scale": frozen.input_scale,
        "state_scale": frozen.state_scale,
        "logit_scale": frozen.logit_scale,
        "largest_bias": int(np.abs(frozen.bias).max()),
        "stored_bits": stored_bits(frozen),
        "kilobytes": kilobytes(frozen),
    }


def calibrate(
    network: HadamardRNN, task: Task, *, state_bits: int, input_bits: int = 8, input_shift: int | None = None
) -> Formats:
    """The formats that :func:`freeze` uses; parameters and errors as there."""
    check_bits(state_bits, input_bits)
    if not isinstance(network, HadamardRNN):
        raise InputError(f"network must be a HadamardRNN to be frozen, not {type(network).__name__}")
    quantised_integers(network.sign_quantiser, network.sign_latents, "sign")
    _, weight_scale, _ = input_integers(network)
    form = input_format(task, input_bits)
    largest = largest_state(network, task, form)
    if input_shift is None:
        largest_bias = float(np.abs(numbers(network.effective_bias())).max())
        input_shift = finest_shift(largest, largest_bias, weight_scale * form.scale, state_bits)
    return Formats(inputs=form, state_bits=state_bits, input_shift=input_shift, largest_state=largest)


def check_bits(state_bits: int, input_bits: int) -> None:
    """Refuse bits that cannot be used.

    Raises
    ------
    InputError
    """
    if state_bits not in STATE_BITS:
        raise InputError(f"state_bits must be {STATE_BITS[0]} to {STATE_BITS[-1]}, not {state_bits!r}")
    if input_bits not in range(1, 17):
        raise InputError(f"input_bits must be 1 to 16, not {input_bits!r}")


def bias_rounding(network: HadamardRNN, task: Task) -> BiasRounding:
    """How the biases of ``network`` are rounded, for the states that ``task`` has it read."""
    signs, _, _ = quantised_integers(network.sign_quantiser, network.sign_latents, "sign")
    return BiasRounding(signs, network.block_size, network.gain, read_steps(task, network.readout))


def to_integers(
    network: HadamardRNN,
    task: Task,
    formats: Formats,
    rounding: BiasRounding,
    *,
    trained: dict[str, Any] | None = None,
) -> IntegerNetwork:
    """The integers of ``network`` as it is, in ``formats``."""
    signs, _, _ = quantised_integers(network.sign_quantiser, network.sign_latents, "sign")
    weight, weight_scale, weight_bits = input_integers(network)
    output, output_scale, output_bits = quantised_integers(network.output_quantiser, network.output_weight, "output")
    state_scale = weight_scale * formats.inputs.scale * 2.0**-formats.input_shift
    logit_scale = output_scale * state_scale
    limit = formats.state_limit
    return IntegerNetwork(
        signs=signs,
        input_weight=weight,
        bias=np.clip(rounding(numbers(network.effective_bias()) / state_scale), -limit - 1, limit),
        output_weight=output,
        output_bias=np.rint(numbers(network.output_bias) / logit_scale).astype(np.int64),
        block_size=network.block_size,
        input_kind=network.input_kind,
        input_bits=formats.inputs.bits,
        input_signed=formats.inputs.signed,
        state_bits=formats.state_bits,
        input_shift=formats.input_shift,
        weight_bits=max(weight_bits, output_bits),
        sqrt_half_bits=network.sqrt_half_bits,
        readout=network.readout,
        readout_activation=network.readout_activation,
        input_scale=formats.inputs.scale,
        state_scale=state_scale,
        logit_scale=logit_scale,
        labels=task.labels or None,
        trained=trained or {},
    )


def input_integers(network: HadamardRNN | OrthogonalRNN) -> tuple[np.ndarray, float, int]:
    """U of ``network`` as integers, the real value of one unit, and bits."""
    integers, scale, bits = quantised_integers(network.input_quantiser, network.effective_input_weight(), "input")
    return integers, scale * network.input_gain, bits


def quantised_integers(quantiser: object, latent: Tensor, name: str) -> tuple[np.ndarray, float, int]:
    """Integers, the real value of one unit, and bits."""
    if not isinstance(quantiser, Quantiser):
        found = type(quantiser).__name__
        raise InputError(f"{name}_quantiser must be a Quantiser for a network to be frozen, not {found}")
    integers, scale = quantiser.integers(latent)
    return integers.cpu().numpy(), scale, quantiser.bits


def numbers(parameter: Tensor) -> np.ndarray:
    """As float64."""
    return parameter.detach().double().cpu().numpy()
