"""FastRNN and FastGRNN, step by step, in full precision and rank (Kusupati et al., NeurIPS 2018, arXiv:1901.02358)."""

import torch
from torch import Tensor, nn

from .shape import check_positive

_WEIGHT_SPREAD = 0.1  # standard deviation of W and U at the start, as released


class FastRNN(nn.Module):
    """A plain recurrent layer with a weighted residual connection.

    .. code-block:: none

        g_t = tanh(W x_t + U h_{t−1} + b),   h_t = α g_t + β h_{t−1},   h_0 = 0     (section 3.1)

    α = σ(a) and β = σ(a') are trained numbers in (0, 1), at the start σ(−3) and σ(3).

    Parameters
    ----------
    input_size, hidden_size : m and d.

    Attributes
    ----------
    input_weight, recurrent_weight, bias : W of shape ``(d, m)``, U of shape ``(d, d)``, b of shape ``(d,)``.
    residual : a and a', of shape ``(2,)``.
    """

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__()
        check_positive(input_size=input_size, hidden_size=hidden_size)
        self.input_weight = nn.Parameter(torch.empty(hidden_size, input_size))
        self.recurrent_weight = nn.Parameter(torch.empty(hidden_size, hidden_size))
        self.bias = nn.Parameter(torch.empty(hidden_size))
        self.residual = nn.Parameter(torch.empty(2))
        self.draw_()

    @torch.no_grad()
    def draw_(self, generator: torch.Generator | None = None) -> None:
        """Draw initial values."""
        self.input_weight.normal_(0, _WEIGHT_SPREAD, generator=generator)
        self.recurrent_weight.normal_(0, _WEIGHT_SPREAD, generator=generator)
        self.bias.zero_()
        self.residual.copy_(torch.tensor([-3.0, 3.0]))

    def forward(self, x: Tensor) -> Tensor:
        """All states, of shape ``(batch, time, d)``, for ``x`` of shape ``(batch, time, m)``."""
        alpha, beta = torch.sigmoid(self.residual).unbind()
        state: Tensor | None = None
        states = []
        for step in (x @ self.input_weight.T + self.bias).unbind(1):
            total = step if state is None else torch.addmm(step, state, self.recurrent_weight.T)
            state = alpha * torch.tanh(total) if state is None else alpha * torch.tanh(total) + beta * state
            states.append(state)
        return torch.stack(states, 1)


class FastGRNN(nn.Module):
    """A gated layer whose gate and candidate share their matrices.

    .. code-block:: none

        p_t = W x_t + U h_{t−1},   z_t = σ(p_t + b_z),   g_t = tanh(p_t + b_h)
        h_t = (ζ (1 − z_t) + ν) ⊙ g_t + z_t ⊙ h_{t−1},   h_0 = 0                       (section 3.2)

    ζ and ν are sigmoids of trained numbers, at the start σ(1) and σ(−4).

    Parameters
    ----------
    input_size, hidden_size : m and d.

    Attributes
    ----------
    input_weight, recurrent_weight : W of shape ``(d, m)`` and U of shape ``(d, d)``.
    gate_bias, bias : b_z and b_h of shape ``(d,)``, at the start 1.
    residual : what ζ and ν are sigmoids of, of shape ``(2,)``.
    """

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__()
        check_positive(input_size=input_size, hidden_size=hidden_size)
        self.input_weight = nn.Parameter(torch.empty(hidden_size, input_size))
        self.recurrent_weight = nn.Parameter(torch.empty(hidden_size, hidden_size))
        self.gate_bias = nn.Parameter(torch.empty(hidden_size))
        self.bias = nn.Parameter(torch.empty(hidden_size))
        self.residual = nn.Parameter(torch.empty(2))
        self.draw_()

    @torch.no_grad()
    def draw_(self, generator: torch.Generator | None = None) -> None:
        """Draw initial values."""
        self.input_weight.normal_(0, _WEIGHT_SPREAD, generator=generator)
        self.recurrent_weight.normal_(0, _WEIGHT_SPREAD, generator=generator)
        self.gate_bias.fill_(1.0)
        self.bias.fill_(1.0)
        self.residual.copy_(torch.tensor([1.0, -4.0]))

    def forward(self, x: Tensor) -> Tensor:
        """All states, of shape ``(batch, time, d)``, for ``x`` of shape ``(batch, time, m)``."""
        zeta, nu = torch.sigmoid(self.residual).unbind()
        state = x.new_zeros(len(x), len(self.bias))
        states = []
        for step in (x @ self.input_weight.T).unbind(1):
            total = torch.addmm(step, state, self.recurrent_weight.T)
            gate = torch.sigmoid(total + self.gate_bias)
            state = (zeta * (1 - gate) + nu) * torch.tanh(total + self.bias) + gate * state
            states.append(state)
        return torch.stack(states, 1)
