"""Quantisers of a dense recurrent matrix: integers, and the M / 2^S that the integer network multiplies them with.

``"max"`` is the published one. Its matrix has a spectral radius above 1, which the many steps of a recurrence take to a
high power. But the file lets M and S be anything: ``"spectral"`` chooses them so that the powers of the matrix neither
grow nor vanish, and rounds to a finer grid, as scale and range no longer have to be one another's.
"""

from abc import ABC, abstractmethod
from typing import Any

import torch
from brevitas.inject import ExtendedInjector
from brevitas.proxy.parameter_quant import WeightQuantProxyFromInjector
from torch import Tensor, nn

from ..model.shape import check_choice
from .integer.dense import MULTIPLIER_BITS
from .quantisers import PublishedUniform, Quantiser, StrictInjectorType, largest_magnitude, straight_through
from .weight_format import RECURRENT_SCALES

# The step, in standard deviations, of the p-bit quantiser with integers −2^(p−1) … 2^(p−1) − 1 that has the least mean
# square error for a normal distribution, which the entries of a random orthogonal matrix come near to.
NORMAL_STEPS = {2: 1.0484, 3: 0.6018, 4: 0.3386, 5: 0.1888, 6: 0.1042, 7: 0.0569, 8: 0.0308}

DOUBLINGS = 10  # growth is that over 2^10 steps, about as many as the sequences have that are hard to learn


class RecurrentUniform(nn.Module, ABC):
    """What both quantisers of p bits share: integers round(w / grid) in [−2^(p−1), 2^(p−1) − 1], half to even.

    The value is integers · step, ``step`` = M / 2^S with M of 15 bits, exact in single precision: what training
    computes with is what the integer network multiplies with. The gradient passes unchanged.
    """

    def __init__(self, bit_width: int) -> None:
        super().__init__()
        self.bit_width = PublishedUniform(bit_width).bit_width

    @abstractmethod
    def grid(self, x: Tensor) -> Tensor:
        """The distance of neighbours in W before it is scaled, a scalar above 0."""

    @abstractmethod
    def step(self, integers: Tensor, grid: Tensor) -> Tensor:
        """The real value of one unit, M / 2^S."""

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        levels = 2 ** (self.bit_width - 1)
        grid = self.grid(x.detach())
        value = (x.detach() / grid).round_().clamp_(-levels, levels - 1)
        step = self.step(value, grid)
        return straight_through(x, value.mul_(step)), step, x.new_zeros(()), x.new_full((), self.bit_width)


class MultiplierUniform(RecurrentUniform):
    """As published, α = max|·| and step α / 2^(p−1), but with the step rounded up to M / 2^S.

    Rounded up, so that the most negative weight stays within range and the largest is off by at most one step.
    """

    def grid(self, x: Tensor) -> Tensor:
        """α / 2^(p−1), rounded up."""
        return _multiplier(largest_magnitude(x) / 2 ** (self.bit_width - 1), torch.ceil)

    def step(self, integers: Tensor, grid: Tensor) -> Tensor:
        """The grid itself."""
        return grid


class SpectralUniform(RecurrentUniform):
    """A matrix whose powers keep their size: the step is 1 / :func:`power_growth` of the integers, as M / 2^S.

    The grid is :data:`NORMAL_STEPS` times the root mean square of the entries: for an orthogonal matrix the same for
    all of training, whatever its largest entry is. For integers whose powers are zero the step is the grid.
    """

    def grid(self, x: Tensor) -> Tensor:
        """The least mean square error's, for normally distributed entries of this size."""
        size = x.square().mean().sqrt()
        return NORMAL_STEPS[self.bit_width] * torch.where(size > 0, size, 1)

    def step(self, integers: Tensor, grid: Tensor) -> Tensor:
        """The reciprocal of how fast the powers of the integers grow, to the nearest M / 2^S."""
        growth = power_growth(integers.double())
        return _multiplier(torch.where(growth > 0, 1 / growth, grid).to(grid.dtype), torch.round)


def power_growth(matrix: Tensor) -> Tensor:
    """(‖K^m‖_F / √d)^(1/m), m = 2^:data:`DOUBLINGS`: by what a random vector grows in each of m steps, in mean square.

    By Gelfand's formula it tends to the spectral radius with m; for an orthogonal matrix it is 1 for every m. Of K
    divided by it no eigenvalue is above (√d)^(1/m), 1.0025 at d = 170.

    Parameters
    ----------
    matrix : K of shape ``(d, d)``, double precision.

    Returns
    -------
    A scalar; 0 where that power is zero.
    """
    size = matrix.norm() / len(matrix) ** 0.5
    power, growth = matrix, size.log()
    for _ in range(DOUBLINGS):
        power = power / torch.where(size > 0, size, 1)
        power = power @ power
        size = power.norm() / len(matrix) ** 0.5
        growth = 2 * growth + size.log()
    return (growth / 2**DOUBLINGS).exp()


class MultiplierWeights(ExtendedInjector, metaclass=StrictInjectorType, declare=True):
    """Injector of :class:`MultiplierUniform`; option ``bit_width``, 4 unless set."""

    proxy_class = WeightQuantProxyFromInjector
    tensor_quant = MultiplierUniform
    signed = True
    bit_width = 4


class SpectralWeights(ExtendedInjector, metaclass=StrictInjectorType, declare=True):
    """Injector of :class:`SpectralUniform`, of square matrices; option ``bit_width``, 4 unless set."""

    proxy_class = WeightQuantProxyFromInjector
    tensor_quant = SpectralUniform
    signed = True
    bit_width = 4


class RecurrentQuantiser(Quantiser):
    """A :class:`~.quantisers.Quantiser` that also says to which grid it rounds."""

    tensor_quant: RecurrentUniform

    @torch.no_grad()
    def grid(self, latent: Tensor) -> float:
        """The distance of neighbours among the numbers that the entries of ``latent`` are rounded to."""
        return float(self.tensor_quant.grid(latent))


def recurrent_quantiser(bits: int, scale: str = "spectral") -> RecurrentQuantiser:
    """A recurrent matrix of ``bits`` bits (2 to 8), its scale ``"spectral"`` or ``"max"``.

    Raises
    ------
    InputError
        For anything else.
    """
    check_choice("recurrent_scale", scale, RECURRENT_SCALES)
    injector: Any = SpectralWeights if scale == "spectral" else MultiplierWeights  # for type checkers, see quantisers
    return RecurrentQuantiser(injector.let(bit_width=bits))


def _multiplier(step: Tensor, rounding: Any) -> Tensor:
    """``step`` as M / 2^S with M of 15 bits, rounded as said; exact in single precision."""
    mantissa, exponent = torch.frexp(step)
    return torch.ldexp(rounding(mantissa * 2**MULTIPLIER_BITS), exponent - MULTIPLIER_BITS)
