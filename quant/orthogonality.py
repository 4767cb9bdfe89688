"""How near to orthogonal a quantised recurrent matrix is, and how far from it quantisation can have taken it.

With E = W_q − W, |σ_i(W_q) − σ_i(W)| ≤ ‖E‖₂ for all i (H. Weyl, Math. Annalen 71, 1912; R. Horn and C. Johnson, "Matrix
Analysis", 2nd ed., 2013, corollary 7.3.5), and ‖E‖₂ ≤ ‖E‖_F. W_q = step · K, and K are the weights rounded on a grid:
off by at most half of it, and by e_i where a weight is clamped. With c weights clamped

    ‖E‖_F ≤ √(grid² · (d² − c) / 4 + Σ e_i²) + |step − grid| · ‖K‖_F

which for step = grid, as published, and c = 0 is step · d / 2. For an orthogonal W all singular values of W_q are then
within that of 1, the kind of bound that arXiv:2402.04012 gives for its quantiser. Imports without torch.
"""

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, kw_only=True)
class Orthogonality:
    """Singular values of W_q, measured and bounded; all in float64.

    Attributes
    ----------
    smallest, largest : singular values of W_q
    spectral_radius : largest magnitude of an eigenvalue of W_q: states of a linear loop grow or fall as its powers
    defect : ‖W_q W_qᵀ − I‖₂, the largest |σ² − 1|
    before : smallest and largest singular value of W, before it was quantised
    step : the real value of one unit of W_q
    grid : the distance of neighbours that W was rounded to
    clamped : weights that were clamped, and not rounded to the nearest
    distance : ‖W_q − W‖₂, measured
    distance_bound : what it can be at most for this grid, step, size and these clamped weights
    bounds : within which all singular values of W_q are: ``before`` less and plus ``distance_bound``, at least 0
    """

    smallest: float
    largest: float
    spectral_radius: float
    defect: float
    before: tuple[float, float]
    step: float
    grid: float
    clamped: int
    distance: float
    distance_bound: float
    bounds: tuple[float, float]

    def to_json(self) -> dict[str, Any]:
        """As plain JSON."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}


def orthogonality(weight: np.ndarray, integers: np.ndarray, step: float, grid: float | None = None) -> Orthogonality:
    """Compare W, ``weight``, with W_q = ``integers`` · ``step``, of shape ``(d, d)``; a grid left out is the step."""
    grid = step if grid is None else grid
    weight, integers = np.asarray(weight, np.float64), np.asarray(integers, np.float64)
    quantised = integers * step
    before = np.linalg.svd(weight, compute_uv=False)
    values = np.linalg.svd(quantised, compute_uv=False)
    error = quantised - weight
    clamped = integers != np.rint(weight / grid)
    count = int(np.count_nonzero(clamped))
    rounding = grid**2 * (weight.size - count) / 4 + float(((grid * integers - weight)[clamped] ** 2).sum())
    bound = math.sqrt(rounding) + abs(step - grid) * float(np.linalg.norm(integers))
    return Orthogonality(
        smallest=float(values[-1]),
        largest=float(values[0]),
        spectral_radius=float(np.abs(np.linalg.eigvals(quantised)).max()),
        defect=float(np.abs(values**2 - 1).max()),
        before=(float(before[-1]), float(before[0])),
        step=step,
        grid=grid,
        clamped=count,
        distance=float(np.linalg.norm(error, 2)),
        distance_bound=bound,
        bounds=(max(0.0, float(before[-1]) - bound), float(before[0]) + bound),
    )
