"""Brevitas quantisers of the Hadamard networks: signs, p-bit weights and ternary weights.

Each is a Brevitas injector, so it also fits Brevitas' own layers (``QuantLinear(..., weight_quant=PublishedWeights)``),
and each refuses what Brevitas ignores without a word: a misspelt option raises :class:`InputError`, whether it is given
in a class body, to ``let`` or as a keyword of a layer.
"""

from typing import Any

import torch
from brevitas.function.ops_ste import binary_sign_ste
from brevitas.inject import ExtendedInjector
from brevitas.proxy.parameter_quant import WeightQuantProxyFromInjector
from torch import Tensor, nn

from ..errors import InputError
from .weight_format import TERNARY, WEIGHT_BITS, check_weight_bits

# What Brevitas itself adds to an injector when it builds a layer around it.
_SET_BY_BREVITAS = {"module", "proxy_module", "tracked_parameter_list"}


class StrictInjectorType(type(ExtendedInjector)):
    """Injectors whose options are fixed by the class that declares them (``declare=True``)."""

    def __new__(cls, name: str, bases: tuple, namespace: dict, *, declare: bool = False) -> "StrictInjectorType":
        if not declare:
            options = {option for base in bases for option in base.__dependencies__} - {"tensor_quant", "proxy_class"}
            for option in namespace:
                if not option.startswith("__") and option not in options | _SET_BY_BREVITAS:
                    allowed = ", ".join(sorted(options - _SET_BY_BREVITAS))
                    raise InputError(f"{name} has no option {option!r}; it has: {allowed}")
        return super().__new__(cls, name, bases, namespace)

    def __init__(cls, name: str, bases: tuple, namespace: dict, *, declare: bool = False) -> None:
        super().__init__(name, bases, namespace)


class BinarySigns(nn.Module):
    """±1 by sign, sign(0) = +1, straight-through: scale 1, zero point 0, 1 bit."""

    def __init__(self) -> None:  # explicit: an injector reads its arguments from the signature
        super().__init__()

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        return binary_sign_ste(x), x.new_ones(()), x.new_zeros(()), x.new_ones(())


class PublishedUniform(nn.Module):
    """p bits per tensor as published: α = max|·|, step α/2^(p−1), integers round(w/step) in [−2^(p−1), 2^(p−1)−1].

    ``round`` is half to even. The gradient passes unchanged, also where the largest weight is clamped, and α gets none
    (QORNN, arXiv:2402.04012, and HadamRNN, arXiv:2502.00047, as the released code of the latter does it). A tensor of
    zeros has α = 1.
    """

    def __init__(self, bit_width: int) -> None:
        super().__init__()
        if isinstance(bit_width, bool) or bit_width not in WEIGHT_BITS:
            raise InputError(f"bit_width must be {WEIGHT_BITS[0]} to {WEIGHT_BITS[-1]}, not {bit_width!r}")
        self.bit_width = bit_width

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        levels = 2 ** (self.bit_width - 1)
        step = largest_magnitude(x) / levels
        value = (x.detach() / step).round_().clamp_(-levels, levels - 1).mul_(step)
        return straight_through(x, value), step, x.new_zeros(()), x.new_full((), self.bit_width)


class PublishedTernary(nn.Module):
    """{−α, 0, +α} with α = max|·| of the tensor: integers round(w/α), so ±1 where |w| > α/2; step α, 2 bits.

    The threshold α/2 is that of HadamRNN's released code, whose p-bit rule at one bit, clamped to ±1, this is.
    Straight-through; ``round`` is half to even, so |w| = α/2 gives 0. A tensor of zeros has α = 1.
    """

    def __init__(self) -> None:  # explicit: an injector reads its arguments from the signature
        super().__init__()

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        step = largest_magnitude(x)
        value = torch.round(x.detach() / step) * step
        return straight_through(x, value), step, x.new_zeros(()), x.new_full((), 2)


class SignWeights(ExtendedInjector, metaclass=StrictInjectorType, declare=True):
    """Injector of :class:`BinarySigns`."""

    proxy_class = WeightQuantProxyFromInjector
    tensor_quant = BinarySigns
    signed = True


class PublishedWeights(ExtendedInjector, metaclass=StrictInjectorType, declare=True):
    """Injector of :class:`PublishedUniform`; option ``bit_width``, 4 unless set."""

    proxy_class = WeightQuantProxyFromInjector
    tensor_quant = PublishedUniform
    signed = True
    bit_width = 4


class TernaryWeights(ExtendedInjector, metaclass=StrictInjectorType, declare=True):
    """Injector of :class:`PublishedTernary`."""

    proxy_class = WeightQuantProxyFromInjector
    tensor_quant = PublishedTernary
    signed = True


class Quantiser(nn.Module):
    """The tensor quantiser of an injector, in the form a :class:`~hadamrnn.model.network.HadamardRNN` takes.

    Called with a latent tensor it returns the quantised values, same shape and type, differentiable straight through.
    """

    def __init__(self, injector: Any) -> None:
        super().__init__()
        self.tensor_quant = injector.tensor_quant

    def forward(self, latent: Tensor) -> Tensor:
        return self.tensor_quant(latent)[0]

    @property
    def bits(self) -> int:
        """Bits of the integers, two's complement."""
        return int(self.tensor_quant(torch.ones(1, 1))[3])

    @torch.no_grad()
    def integers(self, latent: Tensor) -> tuple[Tensor, float]:
        """The integers (int64, same shape) and the real value of one unit: their product is what the network uses."""
        value, step, zero_point, _ = self.tensor_quant(latent)
        assert not zero_point.any(), "symmetric quantisers only"
        return torch.round(value / step).to(torch.int64), float(step)


def sign_quantiser() -> Quantiser:
    """Signs ±1 of latents, sign(0) = +1."""
    return Quantiser(SignWeights)


def weight_quantiser(weight_bits: int | str) -> Quantiser:
    """Weights of ``weight_bits`` bits (2 to 8) by the published scheme, or ``"ternary"``.

    Raises
    ------
    InputError
        For anything else.
    """
    check_weight_bits(weight_bits)
    injector: Any = PublishedWeights  # Brevitas makes `let` in the metaclass, out of sight of type checkers
    return Quantiser(TernaryWeights if weight_bits == TERNARY else injector.let(bit_width=weight_bits))


def largest_magnitude(x: Tensor) -> Tensor:
    """max|x| as a scalar without gradient; 1 for a tensor of zeros."""
    largest = torch.maximum(x.detach().amax(), -x.detach().amin())  # unlike abs().max(), quick in any memory layout
    return torch.where(largest > 0, largest, 1)


def straight_through(latent: Tensor, value: Tensor) -> Tensor:
    """``value``, exactly, with the gradient of ``latent``."""
    return _StraightThrough.apply(latent, value)


class _StraightThrough(torch.autograd.Function):
    """The value of one, the gradient to the other: in no pass through memory."""

    @staticmethod
    def forward(ctx: Any, latent: Tensor, value: Tensor) -> Tensor:
        return value.view_as(value)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:  # pyright: ignore[reportIncompatibleMethodOverride]
        return gradients[0], None
