"""Signs and their latents."""

import torch

from hadamrnn.model.signs import StraightThroughSign, draw_latents


def test_sign_of_zero_is_plus_one_and_all_are_exact() -> None:
    latents = torch.tensor([-3e8, -1e-30, -0.0, 0.0, 1e-30, 0.3])
    assert StraightThroughSign()(latents).tolist() == [-1, -1, 1, 1, 1, 1]


def test_gradient_passes_unchanged() -> None:
    latents = torch.tensor([-2.0, 0.0, 0.5], requires_grad=True)
    (StraightThroughSign()(latents) * torch.tensor([1.0, 2.0, 3.0])).sum().backward()
    assert latents.grad.tolist() == [1, 2, 3]


def test_drawn_latents_are_fair_and_within_the_spread() -> None:
    latents = draw_latents(10_000, spread=0.1, generator=torch.Generator().manual_seed(0))
    assert latents.abs().min() > 0
    assert latents.abs().max() <= 0.1
    assert abs(int((latents > 0).sum()) - 5000) < 200  # four standard deviations
    assert abs(float(latents.abs().mean()) - 0.05) < 0.002
