"""projUNN: steps of low rank against the formulas of full rank, orthogonality over thousands of steps, and the cost."""

from typing import Any

import pytest
import scipy.linalg
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from hadamrnn.errors import InputError
from hadamrnn.model.projunn import ProjUNN, direct_step, low_rank, tangent_step


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def orthogonal(size: int, seed: int = 5) -> Tensor:
    return torch.linalg.qr(drawn(size, size, seed=seed)).Q


def nearest(matrix: Tensor) -> Tensor:
    """The polar factor, by singular values."""
    left, _, right = torch.linalg.svd(matrix)
    return left @ right


def turned(matrix: Tensor, update: Tensor) -> Tensor:
    """W exp(Ω) with Scipy's exponential of all d × d numbers."""
    product = matrix.T @ update
    return matrix @ torch.from_numpy(scipy.linalg.expm(0.5 * (product - product.T).numpy()))


@pytest.mark.parametrize("rank", [1, 2, 7, 12])
@pytest.mark.parametrize("size", [1e-6, 0.1, 1.0])
def test_steps_are_those_of_the_full_formulas(rank: int, size: float) -> None:
    """k = d = 12 is the full gradient."""
    matrix, left, right = orthogonal(12), size * drawn(12, rank), drawn(12, rank, seed=1)
    update = left @ right.T
    torch.testing.assert_close(direct_step(matrix, left, right), nearest(matrix + update), rtol=0, atol=1e-9)
    torch.testing.assert_close(tangent_step(matrix, left, right), turned(matrix, update), rtol=0, atol=1e-10)


def test_both_steps_agree_to_first_order() -> None:
    matrix, left, right = orthogonal(12), 1e-5 * drawn(12, 3), drawn(12, 3, seed=1)
    one, other = direct_step(matrix, left, right), tangent_step(matrix, left, right)
    moved = (one - matrix).norm()
    assert moved > 1e-5
    assert (one - other).norm() < 1e-3 * moved


def test_the_whole_rank_is_the_gradient_itself() -> None:
    gradient = drawn(9, 9)
    left, right = low_rank(gradient, drawn(9, 9, seed=1))
    torch.testing.assert_close(left @ right.T, gradient)
    torch.testing.assert_close(right.T @ right, torch.eye(9).double())


def test_a_gradient_of_low_rank_is_found_exactly() -> None:
    gradient = drawn(20, 2) @ drawn(2, 20, seed=1)
    left, right = low_rank(gradient, drawn(20, 2, seed=2))
    torch.testing.assert_close(left @ right.T, gradient)


def test_iterations_find_the_best_of_its_rank() -> None:
    """As good as the singular vectors (Eckart and Young), once the subspace has been handed on for some steps."""
    gradient, subspace = drawn(30, 30), drawn(30, 4, seed=1)
    for _ in range(200):
        left, subspace = low_rank(gradient, subspace)
    best = torch.linalg.svdvals(gradient)[4:].norm()
    assert float((gradient - left @ subspace.T).norm()) == pytest.approx(float(best), rel=1e-6)


@pytest.mark.quick("D-1", "T-4")
@pytest.mark.parametrize(("variant", "rank"), [("D", 1), ("D", 16), ("T", 1), ("T", 4)])
def test_a_rotation_is_learnt_and_stays_orthogonal(variant: str, rank: int) -> None:
    """The matrix nearest to a target of the same determinant, and orthogonal to 1e-5 after 2,000 steps."""
    target = orthogonal(16, seed=1).float()
    start = orthogonal(16, seed=2).float()
    if torch.linalg.det(start) * torch.linalg.det(target) < 0:
        start[0] *= -1
    matrix = nn.Parameter(start.clone())
    optimiser = ProjUNN([matrix], variant=variant, rank=rank)
    for step in range(2000):
        optimiser.param_groups[0]["lr"] = 1e-2 * (1 - step / 2000)
        matrix.grad = None
        (matrix - target).square().sum().backward()
        optimiser.step()
        if step % 500 == 499:
            assert float((matrix.detach().T @ matrix - torch.eye(16)).detach().abs().max()) < 1e-5
    assert float((start - target).norm()) > 3
    assert float((matrix - target).detach().norm()) < 0.2


@pytest.mark.parametrize("variant", ["D", "T"])
def test_the_multiplications_of_a_step_grow_with_k_d_squared(variant: str) -> None:
    """Of all but the iteration that corrects the drift, which comes once in d / k steps."""
    counts = {}
    for size, rank in ((64, 2), (128, 2), (128, 4)):
        matrix = nn.Parameter(orthogonal(size).float())
        optimiser = ProjUNN([matrix], variant=variant, rank=rank)
        matrix.grad = torch.ones_like(matrix)
        with FlopCounterMode(display=False) as counter:
            optimiser.step()
        counts[size, rank] = counter.get_total_flops()
    assert counts[128, 2] == pytest.approx(4 * counts[64, 2], rel=0.1)
    assert counts[128, 4] == pytest.approx(2 * counts[128, 2], rel=0.1)
    assert counts[128, 2] < 2 * 128 * 128 * 2 * 10  # ten products of (d, d) and (d, k)


def test_a_rate_of_zero_leaves_the_matrix() -> None:
    matrix = nn.Parameter(orthogonal(8).float())
    before = matrix.detach().clone()
    optimiser = ProjUNN([matrix], lr=0.0)
    matrix.grad = torch.ones_like(matrix)
    optimiser.step()
    assert torch.equal(matrix, before)


def test_it_goes_on_from_its_state() -> None:
    def trained(matrix: nn.Parameter, optimiser: ProjUNN, steps: range) -> None:
        for step in steps:
            matrix.grad = drawn(8, 8, seed=step).float()
            optimiser.step()

    whole, cut = (nn.Parameter(orthogonal(8).float()) for _ in range(2))
    options: dict[str, Any] = {"variant": "T", "rank": 3}
    trained(whole, ProjUNN([whole], **options), range(9))
    first = ProjUNN([cut], **options)
    trained(cut, first, range(4))
    resumed = nn.Parameter(cut.detach().clone())
    second = ProjUNN([resumed], **options)
    second.load_state_dict(first.state_dict())
    trained(resumed, second, range(4, 9))
    assert torch.equal(whole, resumed)


@pytest.mark.parametrize(
    ("shape", "options", "message"),
    [
        ((3, 3), {"variant": "C"}, "variant must be one of D, T, not 'C'"),
        ((3, 3), {"rank": 0}, "rank must be a positive integer, not 0"),
        ((3, 4), {}, "projUNN trains square matrices, not one of shape (3, 4)"),
    ],
)
def test_what_cannot_be(shape: tuple[int, ...], options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as error:
        ProjUNN([nn.Parameter(torch.zeros(shape))], **options)
    assert str(error.value) == message
