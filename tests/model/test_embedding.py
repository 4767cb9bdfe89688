"""U times the vectors of words, and its gradients."""

import pytest
import torch

from hadamrnn.model import embedding
from hadamrnn.model.embedding import folded


def leaves(kind: torch.dtype = torch.float64) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(*size, generator=generator).to(kind).requires_grad_() for size in ((6, 3), (40, 3))]


@pytest.mark.parametrize("words_at_a_time", [1, 7, 256])
@pytest.mark.parametrize("few", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("driving", [0, 1, 20, 39, 40])
def test_gradients_are_those_of_the_product(
    driving: int, few: float, words_at_a_time: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedding, "FEW", few)
    monkeypatch.setattr(embedding, "WORDS_AT_A_TIME", words_at_a_time)
    generator = torch.Generator().manual_seed(driving)
    words = torch.randperm(40, generator=generator)[:driving]
    pull = torch.zeros(6, 40, dtype=torch.float64)
    pull[:, words] = torch.randn(6, driving, dtype=torch.float64, generator=generator)
    pull[1:, words[:1]] = 0  # one number that is not zero is enough
    ours, plain = leaves(), leaves()
    product, expected = folded(*ours), plain[0] @ plain[1].T
    torch.testing.assert_close(product, expected, rtol=1e-13, atol=1e-13)
    assert product.T.is_contiguous()
    (product * pull).sum().backward()
    (expected * pull).sum().backward()
    for one, other in zip(ours, plain, strict=True):
        torch.testing.assert_close(one.grad, other.grad, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_gradients_that_are_no_numbers_stay_so(bad: float) -> None:
    weight, vectors = leaves()
    pull = torch.zeros(6, 40, dtype=torch.float64)
    pull[2, 5] = bad
    (folded(weight, vectors)).backward(pull)
    assert vectors.grad is not None
    assert not vectors.grad[5].isfinite().any()
    assert not vectors.grad[torch.arange(40) != 5].any()


def test_gradient_is_the_numerical_one_in_any_layout() -> None:
    weight, vectors = leaves()
    assert torch.autograd.gradcheck(folded, (weight, vectors))
    assert torch.autograd.gradcheck(folded, (weight, vectors.detach().T.contiguous().T.requires_grad_()))
