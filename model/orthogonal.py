"""Recurrent matrices that are, or are kept near, orthogonal while they are trained."""

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import orthogonal
from torch.nn.utils.parametrize import register_parametrization

from .shape import STRATEGIES, check_choice, check_positive

_CONVERGED = 1e-4  # largest entry of AᵀA − I of which the next iteration leaves less than single precision shows


class BjorckOrthogonal(nn.Module):
    """The orthogonal matrix nearest to a latent one, by Björck's iteration; a parametrisation for torch.

    A = latent / σ_max(latent), then A ← A (3 I − AᵀA) / 2 (Å. Björck and C. Bowie, SIAM J. Numer. Anal. 8, 1971, order
    1). A singular value σ becomes σ (3 − σ²) / 2: from (0, 1] all converge to 1, the small ones by a factor of 3/2 an
    iteration, those near 1 quadratically. The scaling gets no gradient.

    Parameters
    ----------
    iterations : singular values of at least 0.05 of the largest are within 1e-6 of 1 after 15. Fewer are made where A
        does not change any more.
    """

    def __init__(self, iterations: int = 15) -> None:
        super().__init__()
        check_positive(iterations=iterations)
        self.iterations = iterations

    def forward(self, latent: Tensor) -> Tensor:
        matrix = latent / torch.linalg.matrix_norm(latent.detach(), ord=2)
        identity = torch.eye(len(latent), dtype=latent.dtype, device=latent.device)
        for _ in range(self.iterations):
            gram = matrix.mT @ matrix
            matrix = 1.5 * matrix - 0.5 * matrix @ gram
            if (gram.detach() - identity).abs().max() < _CONVERGED:
                break
        return matrix

    def right_inverse(self, matrix: Tensor) -> Tensor:
        """The latent of an orthogonal matrix is the matrix itself."""
        return matrix


class RecurrentMatrix(nn.Module):
    """A trained square matrix W, before it is quantised.

    Parameters
    ----------
    size : d.
    strategy : of QORNN (arXiv:2402.04012): ``"ste-bjorck"``, W is the polar factor of a latent, see
        :class:`BjorckOrthogonal`; ``"ste-projunn"``, W is orthogonal and stays so by the steps of
        :class:`~.projunn.ProjUNN`, which is to train it; ``"ste-pen"``, W is free and a penalty keeps it near;
        ``"ptq"``, W is orthogonal by the exponential of a skew-symmetric matrix (torch's
        ``parametrizations.orthogonal``), to be quantised after training.
    generator : of the orthogonal matrix to begin with; torch's own where left out.

    Attributes
    ----------
    weight : W of shape ``(d, d)``.
    """

    weight: Tensor

    def __init__(self, size: int, strategy: str, generator: torch.Generator | None = None) -> None:
        super().__init__()
        check_choice("strategy", strategy, STRATEGIES)
        self.weight = nn.Parameter(nn.init.orthogonal_(torch.empty(size, size), generator=generator))
        if strategy == "ste-bjorck":
            register_parametrization(self, "weight", BjorckOrthogonal())
        elif strategy == "ptq":
            orthogonal(self, "weight", orthogonal_map="matrix_exp")


def orthogonality_penalty(matrix: Tensor) -> Tensor:
    """‖W Wᵀ − I‖_F², a scalar."""
    return (matrix @ matrix.mT - torch.eye(len(matrix), dtype=matrix.dtype, device=matrix.device)).square().sum()
