"""HadamRNN and Block-HadamRNN as one torch module."""

import math
from typing import Any

import torch
from torch import Tensor, nn

from ..errors import InputError
from .embedding import folded
from .input_gain import keep_input_gain
from .recurrence import PowerCache, every_read_out, every_state, last_state, step_loop
from .shape import (
    INPUT_KINDS,
    READOUT_ACTIVATIONS,
    READOUTS,
    check_blank,
    check_centring,
    check_choice,
    check_shape,
)
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
    input_size : m, values per step; for ``index``, the number of tokens.
    hidden_size : d, units of the state.
    output_size : o, logits.
    block_size : n, a power of two that divides d; d itself where left out.
    sign_quantiser : maps latents u of shape ``(d,)`` to signs ±1, differentiable; the plain straight-through sign where
        left out.
    input_quantiser, output_quantiser : map U of shape ``(d, m)`` and V of shape ``(o, d)`` to what the network computes
        with; the identity where left out.
    input_kind : ``"vector"``, or ``"index"``: a step is a token, and U x its column of U.
    embedding_size : e; U is then the product of a trained ``(d, e)`` and an embedding E of shape ``(e, m)``.
        The network computes with the product, quantised, and only that is frozen. For ``index`` only; 0 for none.
    blank : a token that adds nothing to the state: its column of U is zero, and so is b, untrained. What W alone turns
        is rounded to integers without a drift (docs/training.md). For ``index`` only; ``None`` for none.
    input_mean : x̄ of shape ``(m,)``; the loop then adds U (x − x̄) + ``bias_gain`` · b, so that no change of U shifts
        every state, and what is left to b is small (docs/training.md). What a network can compute is the same, and what
        is frozen is one bias. Zero where left out; not with a ``blank``.
    bias_gain : what the trained b is multiplied with.
    input_gain : what U is multiplied with, quantised: a power of two that brings inputs of any size to about 1, since a
        step of an optimiser moves every entry of U by about as much (docs/training.md).
    readout : ``"last"`` (logits of shape ``(batch, o)``) or ``"every"`` (``(batch, time, o)``).
    readout_activation : ``"relu"`` or ``"none"``.
    learn_signs : whether u is trained, or left as drawn.
    latent_spread : largest |u| at the start; at most :data:`~.signs.LATENT_BOUND`.
    sqrt_half_bits : F, fraction bits of the hardware's 1/√2 (odd k only).
    generator : source of the initial values; torch's own where left out.

    Attributes
    ----------
    sign_latents, input_weight, bias, output_weight, output_bias : the trained parameters u, U, b, V, c.
    driving : which of the inputs drive the state, shape ``(m,)``: all but the blank.
    word_vectors : Eᵀ of shape ``(m, e)``, trained, or None. With them, ``input_weight`` is of shape ``(d, e)``.

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

    driving: Tensor  # buffers: torch's stubs know no more than that there is some attribute
    input_mean: Tensor | None

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
        input_kind: str = "vector",
        embedding_size: int = 0,
        blank: int | None = None,
        input_mean: Tensor | None = None,
        bias_gain: float = 1.0,
        input_gain: float = 1.0,
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
        check_choice("input_kind", input_kind, INPUT_KINDS)
        check_choice("readout", readout, READOUTS)
        check_choice("readout_activation", readout_activation, READOUT_ACTIVATIONS)
        _check_latent_spread(latent_spread)
        _check_embedding(embedding_size, input_kind)
        check_blank(blank, input_kind=input_kind, input_size=input_size)
        check_centring(input_mean, bias_gain, input_size=input_size, blank=blank)
        self.input_size, self.hidden_size, self.output_size = input_size, hidden_size, output_size
        self.block_size = block_size
        self.input_kind, self.embedding_size = input_kind, embedding_size
        self.readout, self.readout_activation = readout, readout_activation
        self.sqrt_half_bits = sqrt_half_bits
        self.gain = recurrent_gain(block_size, sqrt_half_bits)
        self.sign_quantiser = sign_quantiser or StraightThroughSign()
        self.input_quantiser = input_quantiser or nn.Identity()
        self.output_quantiser = output_quantiser or nn.Identity()

        self.blank, self.bias_gain = blank, bias_gain
        self.register_buffer("input_mean", input_mean)
        self.input_gain = keep_input_gain(self, input_gain)
        self.register_buffer("driving", torch.tensor([token != blank for token in range(input_size)]), persistent=False)
        self._draw(learn_signs, latent_spread, generator)
        self._powers = PowerCache()
        self.register_load_state_dict_pre_hook(_from_before)

    def _draw(self, learn_signs: bool, latent_spread: float, generator: torch.Generator | None) -> None:
        """All that is trained, as it begins."""

        def uniform(rows: int, columns: int) -> nn.Parameter:  # Glorot's bound, as published
            bound = math.sqrt(6 / (rows + columns))
            return nn.Parameter((2 * torch.rand(rows, columns, generator=generator) - 1) * bound)

        latents = draw_latents(self.hidden_size, spread=latent_spread, generator=generator)
        self.sign_latents = nn.Parameter(latents, requires_grad=learn_signs)
        self.input_weight = uniform(self.hidden_size, self.embedding_size or self.input_size)
        self.word_vectors = None
        if self.embedding_size:
            drawn = torch.randn(self.embedding_size, self.input_size, generator=generator)
            self.word_vectors = nn.Parameter(drawn.T.contiguous())
        self.bias = nn.Parameter(torch.zeros(self.hidden_size), requires_grad=self.blank is None)
        self.output_weight = uniform(self.output_size, self.hidden_size)
        self.output_bias = nn.Parameter(torch.zeros(self.output_size))

    @property
    def signs(self) -> Tensor:
        """s of shape ``(d,)``, entries ±1."""
        return self.sign_quantiser(self.sign_latents)

    @property
    def embedding(self) -> Tensor | None:
        """E of shape ``(e, m)``, or None."""
        return None if self.word_vectors is None else self.word_vectors.T

    def effective_input_weight(self) -> Tensor:
        """U of shape ``(d, m)`` before it is quantised; the product with the embedding, where there is one."""
        weight = self.input_weight if self.word_vectors is None else folded(self.input_weight, self.word_vectors)
        return weight if self.blank is None else weight * self.driving

    def effective_bias(self) -> Tensor:
        """What the loop adds at every step beside U x, of shape ``(d,)``."""
        return self._drive()[1]

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Logits; through the closed form, a pairwise reduction, a lifted system or a scan, whichever costs least.

        Parameters
        ----------
        x : vectors of shape ``(batch, time, m)``, or tokens, integers of shape ``(batch, time)``, for ``index``.
        lengths : steps of each sequence, integers from 1 to ``time`` of shape ``(batch,)``; all where left out. With
            read-out ``every``, logits beyond a length mean nothing.
        """
        if self.readout == "last":
            return self.read_out(self.last_state(x, lengths))
        if x.requires_grad:
            return self.read_out(self.states(x))
        return self.every_read_out(x, self.output_quantiser(self.output_weight), self.output_bias)

    def forward_loop(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """The same logits step by step: the definition, which :meth:`forward` must equal."""
        self._check_input(x)
        states = step_loop(self.signs, *self._drive(), x, **self._shape)
        if self.readout == "last":
            last = -1 if lengths is None else lengths - 1
            states = states[torch.arange(len(x)), last]
        return self.read_out(states)

    def states(self, x: Tensor) -> Tensor:
        """Every state h_1 … h_T of shape ``(batch, time, d)``; ``x`` as for :meth:`forward`."""
        self._check_input(x)
        return every_state(self.signs, *self._drive(), x, **self._shape)

    def last_state(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """The state after the last step of every sequence, of shape ``(batch, d)``; arguments as for :meth:`forward`.

        Powers of W are kept for the next call while the signs stay as they are.
        """
        self._check_input(x)
        return last_state(self.signs, *self._drive(), x, lengths=lengths, cache=self._powers, **self._shape)

    def every_read_out(self, x: Tensor, output_weight: Tensor, output_bias: Tensor) -> Tensor:
        """Logits of every step with a V and c as given, without the array of all states; no gradient reaches ``x``."""
        self._check_input(x)
        way = {"rectified": self.readout_activation == "relu", "cache": self._powers, **self._shape}
        return every_read_out(self.signs, *self._drive(), x, output_weight, output_bias, **way)

    def read_out(self, state: Tensor) -> Tensor:
        """Logits V relu(h) + c of states of shape ``(…, d)``: of shape ``(…, o)``."""
        if self.readout_activation == "relu":
            state = torch.relu(state)
        return state @ self.output_quantiser(self.output_weight).T + self.output_bias

    @torch.no_grad()
    def constrain_(self) -> None:
        """Clip the latents u to ±:data:`~.signs.LATENT_BOUND`; to be called after every optimiser step."""
        self.sign_latents.clamp_(-LATENT_BOUND, LATENT_BOUND)

    @property
    def _shape(self) -> dict[str, Any]:
        return {"block_size": self.block_size, "gain": self.gain}

    def _drive(self) -> tuple[Tensor, Tensor]:
        weight = self.input_quantiser(self.effective_input_weight())
        weight = weight if self.input_gain == 1 else weight * self.input_gain
        bias = self.bias if self.bias_gain == 1 else self.bias * self.bias_gain
        return weight, bias if self.input_mean is None else bias - weight @ self.input_mean

    def _check_input(self, x: Tensor) -> None:
        if self.input_kind == "index":
            if x.ndim != 2 or x.is_floating_point() or not x.shape[1]:
                found = f"{x.dtype} of shape {tuple(x.shape)}"
                raise InputError(f"input must be integers of shape (batch, time) with time at least 1, not {found}")
        elif x.ndim != 3 or x.shape[2] != self.input_size or not x.shape[1]:
            expected = f"(batch, time, {self.input_size}) with time at least 1"
            raise InputError(f"input must be of shape {expected}, not {tuple(x.shape)}")


def _from_before(network: nn.Module, state: dict[str, Any], prefix: str, *_: Any) -> None:
    """Take what was saved when an embedding was E, and not its transpose as now; refuse what was not centred."""
    if f"{prefix}embedding" in state:
        state[f"{prefix}word_vectors"] = state.pop(f"{prefix}embedding").T
    if network.input_mean is not None and f"{prefix}input_mean" not in state:
        raise RuntimeError("it has no mean input to centre biases about; such runs go on with bias = 'plain'")


def _check_latent_spread(latent_spread: float) -> None:
    if not 0 < latent_spread <= LATENT_BOUND:
        raise InputError(f"latent_spread must be above 0 and at most {LATENT_BOUND:g}, not {latent_spread!r}")


def _check_embedding(embedding_size: object, input_kind: str) -> None:
    if type(embedding_size) is not int or embedding_size < 0 or (embedding_size and input_kind != "index"):
        raise InputError(f"embedding_size must be 0, or positive for tokens, not {embedding_size!r} for {input_kind!r}")
