"""Quantisers of a dense recurrent matrix: steps that are M / 2^S, and powers that keep their size."""

import math

import numpy as np
import pytest
import torch

from hadamrnn.errors import InputError
from hadamrnn.quant.recurrent_quantisers import DOUBLINGS, NORMAL_STEPS, power_growth, recurrent_quantiser


def orthogonal(size: int, seed: int) -> torch.Tensor:
    return torch.linalg.qr(torch.randn(size, size, generator=torch.Generator().manual_seed(seed)))[0]


@pytest.mark.parametrize("bits", range(2, 9))
def test_published_steps_are_multipliers_and_shifts(bits: int) -> None:
    """The step is α / 2^(p−1), rounded up to 15 significant bits, and no weight is off by more than one of it."""
    quantiser, generator = recurrent_quantiser(bits, "max"), torch.Generator().manual_seed(bits)
    for _ in range(20):
        latent = torch.randn(9, 9, generator=generator)
        integers, step = quantiser.integers(latent)
        exact = float(latent.abs().max()) / 2 ** (bits - 1)
        assert exact <= step < exact * (1 + 2**-14)
        mantissa = math.frexp(step)[0] * 2**15
        assert mantissa == int(mantissa)
        assert -(2 ** (bits - 1)) <= int(integers.min()) <= int(integers.max()) < 2 ** (bits - 1)
        assert float((latent.double() - integers * step).abs().max()) <= step
        assert torch.equal(quantiser(latent), (integers * step).float())


def test_a_published_step_of_a_power_of_two_is_exact() -> None:
    integers, step = recurrent_quantiser(4, "max").integers(torch.tensor([[1.0, -0.5], [0.25, -1.0]]))
    assert step == 0.125
    assert integers.tolist() == [[7, -4], [2, -8]]
    with pytest.raises(InputError, match=r"^bit_width must be 2 to 8, not 9$"):
        recurrent_quantiser(9)


@pytest.mark.parametrize("bits", range(2, 9))
def test_powers_of_a_spectral_matrix_keep_their_size(bits: int) -> None:
    quantiser = recurrent_quantiser(bits)
    for seed in range(5):
        latent = orthogonal(24, seed)
        integers, step = quantiser.integers(latent)
        mantissa = math.frexp(step)[0] * 2**15
        assert mantissa == int(mantissa)
        assert -(2 ** (bits - 1)) <= int(integers.min()) <= int(integers.max()) < 2 ** (bits - 1)
        quantised = quantiser(latent)
        assert torch.equal(quantised, (integers * step).float())
        power = torch.linalg.matrix_power(quantised.double(), 1 << DOUBLINGS)
        size = float(power.square().mean(0).sum().sqrt())
        assert abs(math.log(size)) < 2**DOUBLINGS * 2**-15  # M is half a unit off at most, a part of 2^-15
        radius = float(torch.linalg.eigvals(quantised.double()).abs().max())
        assert radius < 24 ** (0.5 / 2**DOUBLINGS) * (1 + 2**-14)


def test_published_scale_grows_where_the_spectral_one_does_not() -> None:
    """What the choice is for: 1,000 steps of a matrix of four bits."""
    latent = orthogonal(64, 0)
    sizes = []
    for scale in ("max", "spectral"):
        power = torch.linalg.matrix_power(recurrent_quantiser(4, scale)(latent).double(), 1000)
        sizes.append(float(power.square().mean(0).sum().sqrt()))
    assert sizes[0] > 1e3
    assert 0.3 < sizes[1] < 3


def test_growth_of_powers_by_hand() -> None:
    assert float(power_growth(3 * orthogonal(8, 1).double())) == pytest.approx(3, rel=1e-6)
    m = 1 << DOUBLINGS
    diagonal = torch.diag(torch.tensor([2.0, 1.0, 0.0, 0.0])).double()
    assert float(power_growth(diagonal)) == pytest.approx(2 * (1 / 4) ** (0.5 / m), rel=1e-12)
    assert float(power_growth(torch.tensor([[0.0, 5.0], [0.0, 0.0]]).double())) == 0


def test_matrices_without_powers() -> None:
    """Zero, and one whose square is zero: the step is the grid."""
    quantiser = recurrent_quantiser(4)
    integers, step = quantiser.integers(torch.zeros(3, 3))
    assert not integers.any()
    assert step == pytest.approx(NORMAL_STEPS[4], rel=2**-15)
    integers, step = quantiser.integers(torch.tensor([[0.0, 1.0], [0.0, 0.0]]))
    assert integers.tolist() == [[0, 6], [0, 0]]
    assert step == pytest.approx(NORMAL_STEPS[4] / 2, rel=2**-15)


@pytest.mark.parametrize("bits", NORMAL_STEPS)
def test_steps_have_the_least_error_of_normal_weights(bits: int) -> None:
    """By numerical integration: no step that differs by half a percent is better."""
    x = np.linspace(-8, 8, 200_001)
    density = np.exp(-(x**2) / 2)
    density /= density.sum()

    def error(step: float) -> float:
        integers = np.clip(np.rint(x / step), -(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
        return float(density @ (x - step * integers) ** 2)

    best = error(NORMAL_STEPS[bits])
    assert best < error(NORMAL_STEPS[bits] * 1.005)
    assert best < error(NORMAL_STEPS[bits] / 1.005)


def test_the_gradient_passes_unchanged() -> None:
    latent = orthogonal(5, 2).requires_grad_()
    direction = torch.randn(5, 5, generator=torch.Generator().manual_seed(3))
    (recurrent_quantiser(3)(latent) * direction).sum().backward()
    assert latent.grad is not None
    assert torch.equal(latent.grad, direction)


def test_scales_that_there_are_not() -> None:
    with pytest.raises(InputError, match=r"^recurrent_scale must be one of spectral, max, not 'mean'$"):
        recurrent_quantiser(4, "mean")
