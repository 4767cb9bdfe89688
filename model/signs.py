"""Signs s = sign(u) of trained latents u, with the straight-through estimator."""

import torch
from torch import Tensor, nn

LATENT_BOUND = 1.0  # |u| is kept within it, so that no sign moves out of reach of the gradient


class StraightThroughSign(nn.Module):
    """s = sign(u) ∈ {−1, +1}, sign(0) = +1; the gradient passes unchanged (identity straight-through estimator).

    The plain counterpart of the quantisers in ``quant``, for networks that are not to be frozen.
    """

    def forward(self, latents: Tensor) -> Tensor:
        signs = torch.where(latents >= 0, 1.0, -1.0).to(latents.dtype)
        return signs + (latents - latents.detach())  # exactly ±1, where latents + (signs − latents) is not


def draw_latents(size: int, *, spread: float, generator: torch.Generator | None = None) -> Tensor:
    """Latents u of shape ``(size,)`` with fair random signs and magnitudes uniform in ``(0, spread]``.

    A spread well below :data:`LATENT_BOUND` leaves every sign within reach of a flip.
    """
    magnitudes = 1 - torch.rand(size, generator=generator)
    signs = torch.randint(0, 2, (size,), generator=generator) * 2 - 1
    return signs * magnitudes * spread
