"""projUNN: steps of gradient descent that stay on the orthogonal matrices and cost O(k d²).

Kiani, Balestriero, LeCun and Lloyd, "projUNN: efficient method for training deep networks with unitary matrices",
NeurIPS 2022, arXiv:2203.05483. The gradient G is replaced by a matrix of rank k, A Bᵀ, and the step is taken in the at
most 2k directions that then matter.
"""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn

from ..errors import InputError
from .shape import VARIANTS, check_choice, check_positive


def direct_step(matrix: Tensor, left: Tensor, right: Tensor) -> Tensor:
    """projUNN-D: the orthogonal matrix nearest to M = W + A Bᵀ in Frobenius norm, M (MᵀM)^(−1/2).

    With C = WᵀA and S = [C B] = N R, N with orthonormal columns, MᵀM is I + N R K Rᵀ Nᵀ with
    K = [0 I; I AᵀA], so that its inverse root takes eigenvalues of 2k × 2k numbers only.

    Parameters
    ----------
    matrix : W, orthogonal, of shape ``(d, d)``.
    left, right : A and B of shape ``(d, k)``; M must not be singular.
    """
    rank = left.shape[1]
    identity = torch.eye(rank, dtype=matrix.dtype, device=matrix.device)
    basis, factor = torch.linalg.qr(torch.cat([matrix.mT @ left, right], 1))
    inner = torch.cat(
        [torch.cat([torch.zeros_like(identity), identity], 1), torch.cat([identity, left.mT @ left], 1)], 0
    )
    values, vectors = torch.linalg.eigh(factor @ inner @ factor.mT)
    directions = basis @ vectors
    moved = matrix @ directions + left @ (right.mT @ directions)
    correction = torch.expm1(-0.5 * torch.log1p(values))  # (1 + λ)^(−1/2) − 1, exact for small steps too
    return matrix + left @ right.mT + (moved * correction) @ directions.mT


def tangent_step(matrix: Tensor, left: Tensor, right: Tensor) -> Tensor:
    """projUNN-T: W exp(Ω), Ω = ½ (Wᵀ A Bᵀ − B Aᵀ W): along the geodesic of the part of A Bᵀ that is tangent at W.

    With S = [WᵀA B] = N R it is W + W N (exp(½ R J Rᵀ) − I) Nᵀ, J = [0 I; −I 0], an exponential of 2k × 2k numbers.
    Arguments as for :func:`direct_step`.
    """
    rank = left.shape[1]
    identity = torch.eye(rank, dtype=matrix.dtype, device=matrix.device)
    zero = torch.zeros_like(identity)
    basis, factor = torch.linalg.qr(torch.cat([matrix.mT @ left, right], 1))
    skew = torch.cat([torch.cat([zero, identity], 1), torch.cat([-identity, zero], 1)], 0)
    turn = torch.linalg.matrix_exp(0.5 * factor @ skew @ factor.mT)
    turn = turn - torch.eye(len(turn), dtype=matrix.dtype, device=matrix.device)
    return matrix + (matrix @ basis) @ turn @ basis.mT


STEPS: dict[str, Callable[[Tensor, Tensor, Tensor], Tensor]] = {"D": direct_step, "T": tangent_step}


def low_rank(gradient: Tensor, subspace: Tensor) -> tuple[Tensor, Tensor]:
    """A and B of shape ``(d, k)``, B with orthonormal columns, with A Bᵀ = G B Bᵀ near the best G of rank k.

    One step of subspace iteration from ``subspace``, of shape ``(d, k)``: over the steps of an optimiser that hands
    over the last B it follows the leading right singular vectors of a gradient that changes slowly. (The paper begins
    anew each time, from sampled columns.) For k = d it is G itself.
    """
    left = torch.linalg.qr(gradient @ subspace).Q
    right = torch.linalg.qr(gradient.mT @ left).Q
    return gradient @ right, right


class ProjUNN(torch.optim.Optimizer):
    """Gradient descent on orthogonal matrices by projUNN, the gradient divided by its size of late.

    That size is the root of a running mean of the squares of its entries, as RMSprop has it, but one for all entries:
    with one for each the gradient would keep neither its direction nor its low rank. Steps are computed in double
    precision; the single precision of the matrix itself lets it drift, and one of Björck's iterations,
    W (3 I − WᵀW) / 2, every d / k steps, for the cost of as many steps, puts that right.

    Parameters
    ----------
    parameters : orthogonal square matrices.
    variant : ``"D"``, see :func:`direct_step`, or ``"T"``, see :func:`tangent_step`.
    rank : k; where a matrix has fewer rows, as many as it has.
    lr : learning rate.
    smoothing : of the running mean.
    epsilon : added to that size.

    Raises
    ------
    InputError
        If the variant is unknown, the rank not a positive integer, or a parameter no square matrix.
    """

    def __init__(
        self,
        parameters: Iterable[nn.Parameter],
        *,
        variant: str = "D",
        rank: int = 1,
        lr: float = 1e-3,
        smoothing: float = 0.99,
        epsilon: float = 1e-8,
    ) -> None:
        check_choice("variant", variant, VARIANTS)
        check_positive(rank=rank)
        super().__init__(parameters, {"lr": lr, "smoothing": smoothing, "epsilon": epsilon})
        for parameter in self._parameters():
            if parameter.ndim != 2 or parameter.shape[0] != parameter.shape[1]:
                raise InputError(f"projUNN trains square matrices, not one of shape {tuple(parameter.shape)}")
        self.variant, self.rank = variant, rank

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        """One step of every matrix that has a gradient; a rate of 0 leaves it as it is."""
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None and group["lr"] > 0:
                    self._update(parameter, group)

    def _update(self, matrix: nn.Parameter, group: dict[str, Any]) -> None:
        gradient, state = matrix.grad, self.state[matrix]
        assert gradient is not None
        rank = min(self.rank, len(matrix))
        if not state:
            state["steps"], state["square"] = 0, torch.zeros_like(gradient[0, 0])
            generator = torch.Generator().manual_seed(0)  # any subspace will do, the same in every run
            state["subspace"] = torch.randn(len(matrix), rank, generator=generator).to(gradient)
        state["steps"] += 1
        state["square"].lerp_(gradient.square().mean(), 1 - group["smoothing"])
        size = (state["square"] / (1 - group["smoothing"] ** state["steps"])).sqrt() + group["epsilon"]
        left, right = low_rank((gradient / size).double(), state["subspace"].double())
        state["subspace"] = right.to(gradient)
        matrix.copy_(STEPS[self.variant](matrix.double(), -group["lr"] * left, right))
        if state["steps"] % -(-len(matrix) // rank) == 0:
            matrix.copy_(1.5 * matrix - 0.5 * matrix @ (matrix.mT @ matrix))

    def _parameters(self) -> list[nn.Parameter]:
        return [parameter for group in self.param_groups for parameter in group["params"]]
