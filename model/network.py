"""HadamRNN and Block-HadamRNN as one torch module."""

import math

import torch
from torch import Tensor, nn

from ..errors import InputError
from .recurrence import every_state, last_state
from .shape import READOUT_ACTIVATIONS, READOUTS, check_choice, check_shape
from .signs import LATENT_BOUND, StraightThroughSign, draw_latents
from .walsh_hadamard import recurrent_gain


class HadamardRNN(nn.Module):
    """A linear recurrence with a binary or sparse ternary orthogonal matrix, and a read-out.

    .. code-block:: none

        h_t = W h_{t−1} + U x_t + b,   h_0 = 0,   W = diag(s) (I_q ⊗ H_n) / √n
        y   = V relu(h) + c            of the last step, or of every step

    One block, n = d, is HadamRNN; q = d/n > 1 blocks are Block-HadamRNN (Foucault, Mamalet and Malgouyres, ICLR 2025,
    arXiv:2502.00047). 1/√n is the constant of the hardware, see :func:`~.walsh_hadamard.recurrent_gain`.

    Parameters
    ----------
    input_size : m, values per step.
    hidden_size : d, units of the state.
    output_size : o, logits.
    block_size : n, a power of two that divides d; d itself where left out.
    sign_quantiser : maps latents u of shape ``(d,)`` to signs ±1, differentiable; the plain straight-through sign where
        left out.
    input_quantiser, output_quantiser : map U of shape ``(d, m)`` and V of shape ``(o, d)`` to what the network computes
        with; the identity where left out.
    readout : ``"last"`` (logits of shape ``(batch, o)``) or ``"every"`` (``(batch, time, o)``).
    readout_activation : ``"relu"`` or ``"none"``.
    learn_signs : whether u is trained, or left as drawn.
    latent_spread : largest |u| at the start; at most :data:`~.signs.LATENT_BOUND`.
    sqrt_half_bits : F, fraction bits of the hardware's 1/√2 (odd k only).
    generator : source of the initial values; torch's own where left out.

    Attributes
    ----------
    sign_latents, input_weight, bias, output_weight, output_bias : the trained parameters u, U, b, V, c.

    Raises
    ------
    InputError
        If a size is not a positive integer, the block is no power of two or does not divide d, or a name is unknown.

    Examples
    --------
    >>> network = HadamardRNN(input_size=1, hidden_size=64, output_size=10, block_size=16)
    >>> network(torch.rand(5, 100, 1)).shape
    torch.Size([5, 10])
    """

    def __init__(
        self,
        *,
        input_size: int,
        hidden_size: int,
        output_size: int,
        block_size: int | None = None,
        sign_quantiser: nn.Module | None = None,
        input_quantiser: nn.Module | None = None,
        output_quantiser: nn.Module | None = None,
        readout: str = "last",
        readout_activation: str = "relu",
        learn_signs: bool = True,
        latent_spread: float = 0.1,
        sqrt_half_bits: int = 15,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        block_size = hidden_size if block_size is None else block_size
        check_shape(input_size=input_size, hidden_size=hidden_size, output_size=output_size, block_size=block_size)
        check_choice("readout", readout, READOUTS)
        check_choice("readout_activation", readout_activation, READOUT_ACTIVATIONS)
        if not 0 < latent_spread <= LATENT_BOUND:
            raise InputError(f"latent_spread must be above 0 and at most {LATENT_BOUND:g}, not {latent_spread!r}")
        self.input_size, self.hidden_size, self.output_size = input_size, hidden_size, output_size
        self.block_size = block_size
        self.readout, self.readout_activation = readout, readout_activation
        self.sqrt_half_bits = sqrt_half_bits
        self.gain = recurrent_gain(block_size, sqrt_half_bits)
        self.sign_quantiser = sign_quantiser or StraightThroughSign()
        self.input_quantiser = input_quantiser or nn.Identity()
        self.output_quantiser = output_quantiser or nn.Identity()

        def uniform(rows: int, columns: int) -> nn.Parameter:  # Glorot's bound, as published
            bound = math.sqrt(6 / (rows + columns))
            return nn.Parameter((2 * torch.rand(rows, columns, generator=generator) - 1) * bound)

        latents = draw_latents(hidden_size, spread=latent_spread, generator=generator)
        self.sign_latents = nn.Parameter(latents, requires_grad=learn_signs)
        self.input_weight = uniform(hidden_size, input_size)
        self.bias = nn.Parameter(torch.zeros(hidden_size))
        self.output_weight = uniform(output_size, hidden_size)
        self.output_bias = nn.Parameter(torch.zeros(output_size))

    @property
    def signs(self) -> Tensor:
        """s of shape ``(d,)``, entries ±1."""
        return self.sign_quantiser(self.sign_latents)

    def forward(self, x: Tensor) -> Tensor:
        """Logits for ``x`` of shape ``(batch, time, m)``; through the closed form where the read-out is ``last``."""
        if self.readout == "every":
            return self.forward_loop(x)
        self._check_input(x)
        weight = self.input_quantiser(self.input_weight)
        return self._read_out(last_state(self.signs, weight, self.bias, x, block_size=self.block_size, gain=self.gain))

    def forward_loop(self, x: Tensor) -> Tensor:
        """The same logits step by step: the definition, which the closed form must equal."""
        states = self.states(x)
        return self._read_out(states if self.readout == "every" else states[:, -1])

    def states(self, x: Tensor) -> Tensor:
        """Every state h_1 … h_T of shape ``(batch, time, d)``, step by step."""
        self._check_input(x)
        weight = self.input_quantiser(self.input_weight)
        return every_state(self.signs, weight, self.bias, x, block_size=self.block_size, gain=self.gain)

    @torch.no_grad()
    def constrain_(self) -> None:
        """Clip the latents u to ±:data:`~.signs.LATENT_BOUND`; to be called after every optimiser step."""
        self.sign_latents.clamp_(-LATENT_BOUND, LATENT_BOUND)

    def _read_out(self, state: Tensor) -> Tensor:
        if self.readout_activation == "relu":
            state = torch.relu(state)
        return state @ self.output_quantiser(self.output_weight).T + self.output_bias

    def _check_input(self, x: Tensor) -> None:
        if x.ndim != 3 or x.shape[2] != self.input_size or not x.shape[1]:
            expected = f"(batch, time, {self.input_size}) with time at least 1"
            raise InputError(f"input must be of shape {expected}, not {tuple(x.shape)}")
