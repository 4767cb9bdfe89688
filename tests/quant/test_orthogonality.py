"""Singular values of quantised matrices, and that no matrix leaves the bound."""

import numpy as np
import pytest
import torch

from hadamrnn.quant.orthogonality import orthogonality
from hadamrnn.quant.recurrent_quantisers import recurrent_quantiser


def test_a_diagonal_matrix_by_hand() -> None:
    found = orthogonality(np.diag([1.0, -0.6, 0.3]), np.diag([3, -2, 1]), 0.25)  # 1 is clamped to 3 · 0.25
    assert (found.smallest, found.largest, found.spectral_radius) == (0.25, 0.75, 0.75)
    assert found.before == (0.3, 1.0)
    assert (found.clamped, found.distance) == (1, 0.25)
    assert found.defect == 1 - 0.25**2
    assert found.distance_bound == pytest.approx(0.25 * (8 / 4 + 1) ** 0.5)
    assert found.bounds == (0.0, 1 + found.distance_bound)
    assert found.to_json()["before"] == [0.3, 1.0]


def test_an_exact_matrix_is_not_moved() -> None:
    found = orthogonality(np.eye(4), 64 * np.eye(4, dtype=int), 1 / 64)
    assert (found.distance, found.defect, found.clamped) == (0.0, 0.0, 0)
    assert found.distance_bound == 4 / 2 / 64


@pytest.mark.parametrize("scale", ["max", "spectral"])
@pytest.mark.parametrize("bits", [2, 3, 4, 6, 8])
@pytest.mark.parametrize("size", [1, 2, 7, 32])
def test_the_bound_holds(bits: int, size: int, scale: str) -> None:
    generator = torch.Generator().manual_seed(bits * size)
    for _ in range(10):
        matrix = torch.linalg.qr(torch.randn(size, size, generator=generator))[0]
        quantiser = recurrent_quantiser(bits, scale)
        integers, step = quantiser.integers(matrix)
        grid = quantiser.grid(matrix)
        assert (grid == step) == (scale == "max")
        found = orthogonality(matrix.double().numpy(), integers.numpy(), step, grid)
        assert found.distance <= found.distance_bound
        assert found.bounds[0] <= found.smallest <= found.largest <= found.bounds[1]
        assert found.spectral_radius <= found.largest * (1 + 1e-12)


def test_a_grid_that_is_not_the_step() -> None:
    found = orthogonality(np.diag([1.0, 0.5]), np.diag([2, 2]), 0.4, 0.25)  # 1 is clamped to 2
    assert (found.step, found.grid, found.clamped) == (0.4, 0.25, 1)
    assert (found.smallest, found.largest) == (0.8, 0.8)
    assert found.distance == pytest.approx(0.3)
    assert found.distance_bound == pytest.approx((0.25**2 * 3 / 4 + 0.5**2) ** 0.5 + 0.15 * 8**0.5)


def test_the_bound_is_reached() -> None:
    """A matrix of errors that are all half a step and of rank one."""
    integers = np.ones((4, 4), dtype=int)
    found = orthogonality((integers - 0.5 + 1e-12) * 0.125, integers, 0.125)
    assert found.distance == pytest.approx(found.distance_bound)
    assert found.clamped == 0
