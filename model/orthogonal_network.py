"""A recurrent network with a dense recurrent matrix near the orthogonal ones: QORNN."""

import math

import torch
from torch import Tensor, nn

from ..errors import InputError
from .input_gain import keep_input_gain
from .orthogonal import RecurrentMatrix, orthogonality_penalty
from .recurrence.dense import dense_last, dense_loop, dense_read_out, dense_states
from .shape import (
    ACTIVATIONS,
    INPUT_KINDS,
    READOUT_ACTIVATIONS,
    READOUTS,
    VARIANTS,
    check_blank,
    check_centring,
    check_choice,
    check_positive,
)


class OrthogonalRNN(nn.Module):
    """A recurrence with a dense matrix that is quantised in training or after it, and a read-out.

    .. code-block:: none

        h_t = f(W h_{t−1} + U x_t + b),   h_0 = 0
        y   = V relu(h) + c               of the last step, or of every step

    (Foucault, Mamalet and Malgouyres, arXiv:2402.04012.) It trains, evaluates and resumes as a
    :class:`~.network.HadamardRNN` does. Without an activation states are computed by closed forms; with one, step by
    step (:mod:`.recurrence.dense`).

    Parameters
    ----------
    input_size, hidden_size, output_size : m, d, o.
    strategy : how W is kept near the orthogonal matrices, see :class:`~.orthogonal.RecurrentMatrix`. ``"ptq"`` trains
        in floating point: no quantiser is applied until ``quantised`` is set.
    recurrent_quantiser, input_quantiser, output_quantiser : map W, U and V to what the network computes with; the
        identity where left out.
    activation : f, ``"none"``, ``"relu"`` or ``"modrelu"``: sign(z) · max(|z| + θ, 0) with trained θ.
    variant, rank : of projUNN, see :class:`~.projunn.ProjUNN`, which trains W for ``"ste-projunn"``.
    penalty_weight : λ of λ ‖W_q W_qᵀ − I‖_F², which ``"ste-pen"`` adds to the loss.
    blank, input_mean, bias_gain, input_gain : as for :class:`~.network.HadamardRNN`.
    input_kind, readout, readout_activation, generator : as there.

    Attributes
    ----------
    recurrent : holds W before it is quantised, as ``recurrent.weight``.
    threshold : θ of shape ``(d,)``, or None.
    driving : which of the inputs drive the state, shape ``(m,)``: all but the blank.
    quantised : whether the quantisers are applied; False for ``"ptq"`` until it is frozen.
    sign_latents, signs : empty, as there are no signs; a trainer finds nothing there to train or to count.
    block_size : d: the matrix is one block.

    Raises
    ------
    InputError
        If a size is not a positive integer, a name is unknown, the blank is no token, the mean input is of another
        shape, or the gain of the bias is not above 0 and at most 1.
    """

    driving: Tensor  # buffers: torch's stubs know no more than that there is some attribute
    input_mean: Tensor | None

    def __init__(
        self,
        *,
        input_size: int,
        hidden_size: int,
        output_size: int,
        strategy: str = "ste-bjorck",
        recurrent_quantiser: nn.Module | None = None,
        input_quantiser: nn.Module | None = None,
        output_quantiser: nn.Module | None = None,
        activation: str = "none",
        variant: str = "D",
        rank: int = 1,
        penalty_weight: float = 1.0,
        input_kind: str = "vector",
        blank: int | None = None,
        input_mean: Tensor | None = None,
        bias_gain: float = 1.0,
        input_gain: float = 1.0,
        readout: str = "last",
        readout_activation: str = "relu",
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        check_positive(input_size=input_size, hidden_size=hidden_size, output_size=output_size, rank=rank)
        check_choice("variant", variant, VARIANTS)
        check_choice("activation", activation, ACTIVATIONS)
        check_choice("input_kind", input_kind, INPUT_KINDS)
        check_choice("readout", readout, READOUTS)
        check_choice("readout_activation", readout_activation, READOUT_ACTIVATIONS)
        check_blank(blank, input_kind=input_kind, input_size=input_size)
        check_centring(input_mean, bias_gain, input_size=input_size, blank=blank)
        self.input_size, self.hidden_size, self.output_size = input_size, hidden_size, output_size
        self.block_size = hidden_size
        self.strategy, self.activation, self.penalty_weight = strategy, activation, penalty_weight
        self.variant, self.rank = variant, rank
        self.input_kind, self.readout, self.readout_activation = input_kind, readout, readout_activation
        self.quantised = strategy != "ptq"
        self.recurrent_quantiser = recurrent_quantiser or nn.Identity()
        self.input_quantiser = input_quantiser or nn.Identity()
        self.output_quantiser = output_quantiser or nn.Identity()

        def uniform(rows: int, columns: int) -> nn.Parameter:  # Glorot's bound
            bound = math.sqrt(6 / (rows + columns))
            return nn.Parameter((2 * torch.rand(rows, columns, generator=generator) - 1) * bound)

        self.recurrent = RecurrentMatrix(hidden_size, strategy, generator)
        self.input_weight = uniform(hidden_size, input_size)
        self.bias = nn.Parameter(torch.zeros(hidden_size), requires_grad=blank is None)
        self.threshold = nn.Parameter(torch.zeros(hidden_size)) if activation == "modrelu" else None
        self.blank, self.bias_gain = blank, bias_gain
        self.register_buffer("driving", torch.tensor([token != blank for token in range(input_size)]), persistent=False)
        self.register_buffer("input_mean", input_mean)
        self.input_gain = keep_input_gain(self, input_gain)
        self.output_weight = uniform(output_size, hidden_size)
        self.output_bias = nn.Parameter(torch.zeros(output_size))
        self.sign_latents = nn.Parameter(torch.empty(0), requires_grad=False)

    @property
    def signs(self) -> Tensor:
        """An empty tensor: there are none."""
        return self.sign_latents

    def recurrent_matrix(self) -> Tensor:
        """What the network computes with: W of shape ``(d, d)``, quantised if ``quantised``."""
        weight = self.recurrent.weight
        return self.recurrent_quantiser(weight) if self.quantised else weight

    def effective_input_weight(self) -> Tensor:
        """U of shape ``(d, m)`` before it is quantised, the column of the blank zero."""
        return self.input_weight if self.blank is None else self.input_weight * self.driving

    def effective_bias(self) -> Tensor:
        """What the loop adds at every step beside U x, of shape ``(d,)``."""
        return self._drive()[1]

    def penalty(self) -> Tensor | None:
        """What is added to the loss in training; None where nothing is."""
        if self.strategy != "ste-pen":
            return None
        return self.penalty_weight * orthogonality_penalty(self.recurrent_matrix())

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Logits; arguments as for :meth:`~.network.HadamardRNN.forward`."""
        if self.readout == "last":
            return self.read_out(self.last_state(x, lengths))
        if self.activation == self.readout_activation == "none" and not x.requires_grad:
            self._check_input(x)
            return dense_read_out(self.recurrent_matrix(), *self._drive(), x, self._output_weight(), self.output_bias)
        return self.read_out(self.states(x))

    def states(self, x: Tensor) -> Tensor:
        """Every state h_1 … h_T of shape ``(batch, time, d)``."""
        self._check_input(x)
        if self.activation == "none":
            return dense_states(self.recurrent_matrix(), *self._drive(), x)
        return dense_loop(self.recurrent_matrix(), *self._drive(), x, self._activate)

    def last_state(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """The state after the last step of every sequence, of shape ``(batch, d)``."""
        if self.activation == "none":
            self._check_input(x)
            return dense_last(self.recurrent_matrix(), *self._drive(), x, lengths)
        last = -1 if lengths is None else lengths.to(x.device, torch.int64) - 1
        return self.states(x)[torch.arange(len(x), device=x.device), last]

    def read_out(self, state: Tensor) -> Tensor:
        """Logits V relu(h) + c of states of shape ``(…, d)``: of shape ``(…, o)``."""
        if self.readout_activation == "relu":
            state = torch.relu(state)
        return state @ self._output_weight().T + self.output_bias

    def constrain_(self) -> None:
        """Nothing: parametrisations keep W where it belongs."""

    def _activate(self, total: Tensor) -> Tensor:
        if self.activation == "relu":
            return torch.relu(total)
        assert self.threshold is not None
        return total.sign() * torch.relu(total.abs() + self.threshold)

    def _drive(self) -> tuple[Tensor, Tensor]:
        weight = self.effective_input_weight()
        weight = self.input_quantiser(weight) if self.quantised else weight
        weight = weight if self.input_gain == 1 else weight * self.input_gain
        bias = self.bias if self.bias_gain == 1 else self.bias * self.bias_gain
        return weight, bias if self.input_mean is None else bias - weight @ self.input_mean

    def _output_weight(self) -> Tensor:
        return self.output_quantiser(self.output_weight) if self.quantised else self.output_weight

    def _check_input(self, x: Tensor) -> None:
        tokens = self.input_kind == "index"
        fits = x.ndim == 3 - tokens and x.is_floating_point() != tokens and x.shape[1] > 0
        if not fits or (not tokens and x.shape[2] != self.input_size):
            expected = "integers of shape (batch, time)" if tokens else f"of shape (batch, time, {self.input_size})"
            raise InputError(f"input must be {expected} with time at least 1, not {x.dtype} of shape {tuple(x.shape)}")
