"""What Hadamard networks are compared with: the LSTM of torch with the same read-out."""

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from ..errors import InputError
from .shape import INPUT_KINDS, READOUTS, check_choice, check_shape


class LSTMBaseline(nn.Module):
    """One layer of :class:`torch.nn.LSTM` and an affine read-out of its last valid step, or of every step.

    It trains, evaluates and resumes as a :class:`~.network.HadamardRNN` does, and cannot be frozen. Initial values are
    torch's: uniform in ±1/√d, and a standard normal for embeddings.

    Parameters
    ----------
    input_size : m, values per step, or tokens that there are.
    hidden_size : d, units.
    output_size : o, logits or regression targets.
    readout : ``"last"`` (results of shape ``(batch, o)``) or ``"every"`` (``(batch, time, o)``).
    input_kind : ``"vector"``, inputs of shape ``(batch, time, m)``, or ``"index"``, tokens of shape ``(batch, time)``.
    embedding_size : e, values of a token's learnt vector; tokens are one-hot where it is 0.
    generator : source of the initial values; torch's own where left out.

    Attributes
    ----------
    output_weight, output_bias : of the read-out, shapes ``(o, d)`` and ``(o,)``.
    sign_latents, signs : empty, as there are no signs; a trainer finds nothing there to train or to count.
    block_size : d, as if the state were one block.

    Raises
    ------
    InputError
        If a size is not a positive integer, a name is unknown, or vectors are to be embedded.
    """

    def __init__(
        self,
        *,
        input_size: int,
        hidden_size: int,
        output_size: int,
        readout: str = "last",
        input_kind: str = "vector",
        embedding_size: int = 0,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        check_shape(input_size=input_size, hidden_size=hidden_size, output_size=output_size, block_size=1)
        check_choice("readout", readout, READOUTS)
        check_choice("input_kind", input_kind, INPUT_KINDS)
        if type(embedding_size) is not int or embedding_size < 0:
            raise InputError(f"embedding_size must be an integer of at least 0, not {embedding_size!r}")
        if embedding_size and input_kind != "index":
            raise InputError(f"embedding_size must be 0 where input_kind is {input_kind}, not {embedding_size!r}")
        self.input_size, self.hidden_size, self.output_size = input_size, hidden_size, output_size
        self.block_size = hidden_size
        self.readout, self.input_kind, self.embedding_size = readout, input_kind, embedding_size
        self.embedding = nn.Embedding(input_size, embedding_size) if embedding_size else None
        self.lstm = nn.LSTM(embedding_size or input_size, hidden_size, batch_first=True)
        self.output_weight = nn.Parameter(torch.empty(output_size, hidden_size))
        self.output_bias = nn.Parameter(torch.empty(output_size))
        self.sign_latents = nn.Parameter(torch.empty(0), requires_grad=False)
        self._draw(generator)

    @property
    def signs(self) -> Tensor:
        """An empty tensor: there are none."""
        return self.sign_latents

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Results for ``x``; with ``lengths`` of shape ``(batch,)``, 1 to T, the last step is that of each sequence."""
        if self.input_kind == "index":
            x = one_hot(x.long(), self.input_size).float() if self.embedding is None else self.embedding(x.long())
        states, _ = self.lstm(x)
        if self.readout == "last":  # a state does not depend on later steps, so padding needs no packing
            last = -1 if lengths is None else lengths.to(states.device, torch.int64) - 1
            states = states[torch.arange(len(states), device=states.device), last]
        return states @ self.output_weight.T + self.output_bias

    def constrain_(self) -> None:
        """Nothing: an LSTM has no latents to keep in bounds."""

    @torch.no_grad()
    def _draw(self, generator: torch.Generator | None) -> None:
        bound = 1 / math.sqrt(self.hidden_size)
        for parameter in (*self.lstm.parameters(), self.output_weight, self.output_bias):
            parameter.uniform_(-bound, bound, generator=generator)
        if self.embedding is not None:
            self.embedding.weight.normal_(generator=generator)
