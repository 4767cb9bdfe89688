"""Recurrent matrices near the orthogonal ones, at the start and after steps of an optimiser."""

import copy

import pytest
import torch
from torch import Tensor

from hadamrnn.errors import InputError
from hadamrnn.model.orthogonal import BjorckOrthogonal, RecurrentMatrix, orthogonality_penalty


def defect(matrix: Tensor) -> float:
    """The largest entry of |W Wᵀ − I|."""
    return float((matrix @ matrix.mT - torch.eye(len(matrix), dtype=matrix.dtype)).abs().max())


def with_singular_values(values: list[float]) -> tuple[Tensor, Tensor]:
    """A matrix of these singular values, and its polar factor."""
    generator = torch.Generator().manual_seed(0)
    size = len(values)
    left, right = (torch.linalg.qr(torch.randn(size, size, generator=generator).double())[0] for _ in range(2))
    return left @ torch.diag(torch.tensor(values).double()) @ right, left @ right


def test_bjorck_finds_the_polar_factor() -> None:
    latent, polar = with_singular_values([40.0, 20.0, 8.0, 3.0, 2.0])  # down to 0.05 of the largest
    found = BjorckOrthogonal(15)(latent)
    torch.testing.assert_close(found, polar, rtol=0, atol=1e-6)
    assert float((BjorckOrthogonal(6)(latent) - polar).abs().max()) > 1e-3


def test_bjorck_maps_a_singular_value_as_said() -> None:
    latent, _ = with_singular_values([2.0, 1.0, 0.5])
    values = torch.linalg.svdvals(BjorckOrthogonal(1)(latent))
    expected = [value * (3 - value**2) / 2 for value in (1.0, 0.5, 0.25)]
    torch.testing.assert_close(values, torch.tensor(expected).double())


@pytest.mark.parametrize(("strategy", "bound"), [("ste-bjorck", 1e-5), ("ptq", 1e-5), ("ste-pen", None)])
def test_after_some_steps(strategy: str, bound: float | None) -> None:
    module = RecurrentMatrix(12, strategy, torch.Generator().manual_seed(1))
    before = module.weight.detach().clone()
    assert defect(before) < 1e-5
    target = torch.randn(12, 12, generator=torch.Generator().manual_seed(2))
    optimiser = torch.optim.Adam(module.parameters(), lr=0.02)
    for _ in range(20):
        optimiser.zero_grad()
        (module.weight - target).square().sum().backward()
        optimiser.step()
    after = module.weight.detach()
    assert float((after - before).norm()) > 0.5
    assert (defect(after) < bound) if bound else (defect(after) > 0.1)
    again = RecurrentMatrix(12, strategy)
    again.load_state_dict(module.state_dict())
    assert torch.equal(again.weight, after)
    assert torch.equal(copy.deepcopy(module).weight, after)


def test_the_same_generator_gives_the_same_matrix() -> None:
    one, other = (RecurrentMatrix(8, "ste-bjorck", torch.Generator().manual_seed(3)).weight for _ in range(2))
    assert torch.equal(one, other)


def test_penalty() -> None:
    assert float(orthogonality_penalty(torch.eye(4))) == 0
    assert float(orthogonality_penalty(torch.diag(torch.tensor([2.0, 1.0])))) == 9  # (4 − 1)²


def test_refusals() -> None:
    with pytest.raises(InputError, match=r"^strategy must be one of ste-bjorck, ste-projunn, ste-pen, ptq, not 'qat'$"):
        RecurrentMatrix(4, "qat")
    with pytest.raises(InputError, match=r"^iterations must be a positive integer, not 0$"):
        BjorckOrthogonal(0)
