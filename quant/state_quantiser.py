"""States as integers in training: the Brevitas quantiser of a state, and the loop of the hardware made of it."""

from typing import Any

import torch
from brevitas.inject import ExtendedInjector
from brevitas.proxy.parameter_quant import WeightQuantProxyFromInjector
from torch import Tensor, nn

from ..errors import InputError
from ..model.walsh_hadamard import walsh_hadamard
from .quantisers import Quantiser, StrictInjectorType, straight_through

_BITS = range(2, 54)


class StateUniform(nn.Module):
    """``bit_width`` bits of a given step: round(x / step), half to even, clamped to [−2^(w−1), 2^(w−1) − 1].

    The gradient passes unchanged, also where a state saturates.
    """

    def __init__(self, bit_width: int, step: float) -> None:
        super().__init__()
        if isinstance(bit_width, bool) or bit_width not in _BITS:
            raise InputError(f"bit_width must be {_BITS[0]} to {_BITS[-1]}, not {bit_width!r}")
        self.bit_width, self.step = bit_width, step

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        limit = 2.0 ** (self.bit_width - 1)
        value = torch.clamp(torch.round(x.detach() / self.step), -limit, limit - 1) * self.step
        step, zero = x.new_full((), self.step), x.new_zeros(())
        return straight_through(x, value), step, zero, x.new_full((), self.bit_width)


class States(ExtendedInjector, metaclass=StrictInjectorType, declare=True):
    """Injector of :class:`StateUniform`; options ``bit_width``, 8 unless set, and ``step``, 1 unless set."""

    proxy_class = WeightQuantProxyFromInjector
    tensor_quant = StateUniform
    signed = True
    bit_width = 8
    step = 1.0


def state_quantiser(bit_width: int, step: float = 1.0) -> Quantiser:
    """States of ``bit_width`` bits, one unit being ``step``."""
    injector: Any = States
    return Quantiser(injector.let(bit_width=bit_width, step=step))


def quantised_states(signs: Tensor, drive: Tensor, *, block_size: int, gain: float, state_bits: int) -> Tensor:
    """Every state of the integer network, in LSB, step by step, with straight-through gradients: the definition.

    :func:`~hadamrnn.quant.fine_tuning.trained_logits` has the same values and gradients, and is faster.

    Parameters
    ----------
    signs : ±1, shape ``(d,)``
    drive : integers B + shift(U x, f), shape ``(batch, time, d)``
    gain : what stands for 1/√n

    Returns
    -------
    Tensor of shape ``(batch, time, d)``; float64 where ``drive`` is, which all formats need to be exact.
    """
    rounding, saturation = state_quantiser(_BITS[-1]), state_quantiser(state_bits)
    state, states = drive.new_zeros(drive.shape[0], drive.shape[2]), []
    for step in drive.unbind(1):
        state = saturation(rounding(signs * gain * walsh_hadamard(state, block_size)) + step)
        states.append(state)
    return torch.stack(states, 1)
