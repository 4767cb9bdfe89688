"""FastRNN and FastGRNN against their equations, element by element."""

import pytest
import torch

from hadamrnn.errors import InputError
from hadamrnn.model.fast_cells import FastGRNN, FastRNN


def drawn(kind: type) -> tuple[FastRNN | FastGRNN, torch.Tensor]:
    """d = 4, m = 3, nothing zero, in double precision; and inputs of shape (2, 5, 3)."""
    generator = torch.Generator().manual_seed(0)
    cell = kind(3, 4).double()
    with torch.no_grad():
        for parameter in cell.parameters():
            parameter.normal_(generator=generator)
    return cell, torch.randn(2, 5, 3, generator=generator).double()


def test_fastrnn_is_its_equations() -> None:
    cell, x = drawn(FastRNN)
    assert isinstance(cell, FastRNN)
    alpha, beta = 1 / (1 + torch.exp(-cell.residual))
    state = torch.zeros(2, 4).double()
    for t in range(5):
        candidate = torch.tanh(x[:, t] @ cell.input_weight.T + state @ cell.recurrent_weight.T + cell.bias)
        state = alpha * candidate + beta * state
        torch.testing.assert_close(cell(x)[:, t], state)


def test_fastgrnn_is_its_equations() -> None:
    cell, x = drawn(FastGRNN)
    assert isinstance(cell, FastGRNN)
    zeta, nu = 1 / (1 + torch.exp(-cell.residual))
    state = torch.zeros(2, 4).double()
    for t in range(5):
        total = x[:, t] @ cell.input_weight.T + state @ cell.recurrent_weight.T
        gate = 1 / (1 + torch.exp(-total - cell.gate_bias))
        state = (zeta * (1 - gate) + nu) * torch.tanh(total + cell.bias) + gate * state
        torch.testing.assert_close(cell(x)[:, t], state)


@pytest.mark.parametrize(("kind", "count"), [(FastRNN, 12 + 16 + 4 + 2), (FastGRNN, 12 + 16 + 4 + 4 + 2)])
def test_parameters(kind: type, count: int) -> None:
    assert sum(parameter.numel() for parameter in kind(3, 4).parameters()) == count


def test_what_they_begin_with() -> None:
    alpha, beta = torch.sigmoid(FastRNN(3, 4).residual).tolist()
    assert (alpha, beta) == pytest.approx((0.0474, 0.9526), abs=1e-4)
    assert FastGRNN(3, 4).gate_bias.tolist() == [1.0] * 4


@pytest.mark.parametrize("kind", [FastRNN, FastGRNN])
def test_sizes_that_cannot_be(kind: type) -> None:
    with pytest.raises(InputError, match=r"^hidden_size must be a positive integer, not 0$"):
        kind(3, 0)
