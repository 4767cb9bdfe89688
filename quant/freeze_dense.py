"""Freezing of a network with a dense recurrent matrix: the integers of family ``dense``."""

import copy
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import InputError
from ..model.orthogonal_network import OrthogonalRNN
from ..model.task import Task
from .calibration import input_format, largest_state
from .calibration import input_shift as finest_shift
from .freeze import (
    CalibrationReport,
    Formats,
    calibration_fields,
    check_bits,
    input_integers,
    numbers,
    quantised_integers,
)
from .integer import DenseNetwork
from .integer.dense import MULTIPLIER_BITS
from .orthogonality import Orthogonality, orthogonality
from .recurrent_quantisers import RecurrentQuantiser

_THRESHOLD_LIMIT = (1 << 31) - 1


@dataclass(frozen=True, kw_only=True)
class DenseFreezeReport(CalibrationReport):
    """What calibration found and freezing chose.

    Attributes
    ----------
    orthogonality : of the recurrent matrix, measured and bounded

    and those of :class:`~.freeze.CalibrationReport`. There is no certificate: it would take
    the response of a matrix that is not orthogonal, and with an activation there is no linear response at all.
    """

    orthogonality: Orthogonality

    def to_json(self) -> dict[str, Any]:
        """The report as plain JSON."""
        return super().to_json() | {"orthogonality": self.orthogonality.to_json()}


def freeze_dense(
    network: OrthogonalRNN,
    task: Task,
    *,
    state_bits: int = 12,
    input_bits: int = 8,
    trained: dict[str, Any] | None = None,
) -> tuple[DenseNetwork, DenseFreezeReport]:
    """Turn a trained network into integers; one that was trained in floating point is quantised first.

    The state unit is s_h = s_U · s_x · 2^(−f), with the largest f for which no state of the calibration set and no bias
    saturates. B = round(b / s_h), θ = round(θ / s_h), C = round(c / (s_V · s_h)), half to even; M / 2^S is the step of
    the recurrent quantiser, exactly.

    Parameters
    ----------
    network : with :class:`~hadamrnn.quant.quantisers.Quantiser` for W, as :mod:`.recurrent_quantisers` has them, U and
        V; left as it is
    task, state_bits, input_bits, trained : as for :func:`~.freeze.freeze`

    Raises
    ------
    InputError
        For a network without quantisers, bits that cannot be used, or states that are not finite.
    """
    check_bits(state_bits, input_bits)
    network = copy.deepcopy(network)
    network.quantised = True
    form = input_format(task, input_bits)
    largest = largest_state(network, task, form)
    shift = _input_shift(network, form.scale, largest, state_bits)
    formats = Formats(inputs=form, state_bits=state_bits, input_shift=shift, largest_state=largest)
    frozen = _to_integers(network, task, formats, trained or {})
    latent, quantiser = network.recurrent.weight.detach(), network.recurrent_quantiser
    grid = quantiser.grid(latent) if isinstance(quantiser, RecurrentQuantiser) else frozen.recurrent_scale
    near = orthogonality(numbers(latent), frozen.recurrent_weight, frozen.recurrent_scale, grid)
    return frozen, DenseFreezeReport(**calibration_fields(frozen, task, formats), orthogonality=near)


def _input_shift(network: OrthogonalRNN, input_scale: float, largest: float, state_bits: int) -> int:
    """f of the finest unit in which neither ``largest``, a state, nor a bias saturates."""
    _, weight_scale, _ = input_integers(network)
    largest_bias = float(np.abs(numbers(network.effective_bias())).max())
    return finest_shift(largest, largest_bias, weight_scale * input_scale, state_bits)


def _to_integers(network: OrthogonalRNN, task: Task, formats: Formats, trained: dict[str, Any]) -> DenseNetwork:
    """The integers of ``network`` in ``formats``."""
    latent = network.recurrent.weight.detach()
    recurrent, step, recurrent_bits = quantised_integers(network.recurrent_quantiser, latent, "recurrent")
    multiplier, recurrent_shift = multiplier_and_shift(step)
    weight, weight_scale, weight_bits = input_integers(network)
    output, output_scale, output_bits = quantised_integers(network.output_quantiser, network.output_weight, "output")
    state_scale = weight_scale * formats.inputs.scale * 2.0**-formats.input_shift
    logit_scale = output_scale * state_scale
    return DenseNetwork(
        recurrent_weight=recurrent,
        recurrent_bits=recurrent_bits,
        recurrent_multiplier=multiplier,
        recurrent_shift=recurrent_shift,
        activation=network.activation,
        threshold=_integer_threshold(network, state_scale),
        input_weight=weight,
        bias=np.rint(numbers(network.effective_bias()) / state_scale).astype(np.int64),
        output_weight=output,
        output_bias=np.rint(numbers(network.output_bias) / logit_scale).astype(np.int64),
        input_kind=network.input_kind,
        input_bits=formats.inputs.bits,
        input_signed=formats.inputs.signed,
        state_bits=formats.state_bits,
        input_shift=formats.input_shift,
        weight_bits=max(weight_bits, output_bits),
        readout=network.readout,
        readout_activation=network.readout_activation,
        input_scale=formats.inputs.scale,
        state_scale=state_scale,
        logit_scale=logit_scale,
        labels=task.labels or None,
        trained=trained,
    )


def _integer_threshold(network: OrthogonalRNN, state_scale: float) -> np.ndarray | None:
    """θ in units of s_h, within int32; None without modReLU."""
    if network.threshold is None:
        return None
    threshold = np.rint(numbers(network.threshold) / state_scale)
    return np.clip(threshold, -_THRESHOLD_LIMIT - 1, _THRESHOLD_LIMIT).astype(np.int64)


def multiplier_and_shift(step: float) -> tuple[int, int]:
    """M of 15 bits and S with M / 2^S = ``step``.

    Raises
    ------
    InputError
        If no M and S of the file format give exactly that.
    """
    mantissa, exponent = math.frexp(step)
    multiplier, shift = mantissa * (1 << MULTIPLIER_BITS), MULTIPLIER_BITS - exponent
    if not step > 0 or multiplier != int(multiplier) or not 0 <= shift <= DenseNetwork.ranges["recurrent_shift"][1]:
        raise InputError(f"step of the recurrent matrix must be M / 2^S with M of {MULTIPLIER_BITS} bits, not {step!r}")
    return int(multiplier), shift
