"""What Hadamard networks are compared with: recurrent layers in full precision, with the same read-out."""

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from ..errors import InputError
from .fast_cells import FastGRNN, FastRNN
from .input_gain import keep_input_gain
from .shape import CELLS, GATE_BIASES, INPUT_KINDS, READOUTS, check_choice, check_positive


class Baseline(nn.Module):
    """One recurrent layer, and an affine read-out of its last valid step, or of every step.

    It trains, evaluates and resumes as a :class:`~.network.HadamardRNN` does, and cannot be frozen.

    Parameters
    ----------
    cell : ``"lstm"`` or ``"gru"``, those of torch; ``"fastrnn"`` or ``"fastgrnn"``, see :mod:`.fast_cells`.
    input_size : m, values per step, or tokens that there are.
    hidden_size : d, units.
    output_size : o, logits or regression targets.
    readout : ``"last"`` (results of shape ``(batch, o)``) or ``"every"`` (``(batch, time, o)``).
    input_kind : ``"vector"``, inputs of shape ``(batch, time, m)``, or ``"index"``, tokens of shape ``(batch, time)``.
    embedding_size : e, values of a token's learnt vector; tokens are one-hot where it is 0.
    gate_bias : of LSTM and GRU: ``"uniform"``, torch's own initial values, in ±1/√d as all others; or ``"chrono"``: the
        gate that keeps the state has log(v), v uniform in [1, T − 1], so that units remember for up to T steps, and the
        input gate of an LSTM the negative of it (Tallec and Ollivier, ICLR 2018, arXiv:1804.11188).
    steps : T, for ``"chrono"``.
    input_gain : what vectors are multiplied with, a power of two, as for :class:`~.network.HadamardRNN`.
    generator : source of the initial values; torch's own where left out.

    Attributes
    ----------
    layer : the recurrent layer.
    output_weight, output_bias : of the read-out, shapes ``(o, d)`` and ``(o,)``.
    sign_latents, signs : empty, as there are no signs; a trainer finds nothing there to train or to count.
    block_size : d, as if the state were one block.

    Raises
    ------
    InputError
        If a size is no positive integer, a name is unknown, vectors are to be embedded, or the gain is no power of two.
    """

    def __init__(
        self,
        cell: str,
        *,
        input_size: int,
        hidden_size: int,
        output_size: int,
        readout: str = "last",
        input_kind: str = "vector",
        embedding_size: int = 0,
        gate_bias: str = "uniform",
        steps: int = 2,
        input_gain: float = 1.0,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        check_choice("cell", cell, CELLS)
        check_positive(input_size=input_size, hidden_size=hidden_size, output_size=output_size, steps=steps)
        check_choice("readout", readout, READOUTS)
        check_choice("input_kind", input_kind, INPUT_KINDS)
        check_choice("gate_bias", gate_bias, GATE_BIASES)
        if type(embedding_size) is not int or embedding_size < 0:
            raise InputError(f"embedding_size must be an integer of at least 0, not {embedding_size!r}")
        if embedding_size and input_kind != "index":
            raise InputError(f"embedding_size must be 0 where input_kind is {input_kind}, not {embedding_size!r}")
        self.cell, self.gate_bias, self.steps = cell, gate_bias, steps
        self.input_size, self.hidden_size, self.output_size = input_size, hidden_size, output_size
        self.block_size = hidden_size
        self.readout, self.input_kind, self.embedding_size = readout, input_kind, embedding_size
        self.embedding = nn.Embedding(input_size, embedding_size) if embedding_size else None
        self.layer = _layer(cell, embedding_size or input_size, hidden_size)
        self.output_weight = nn.Parameter(torch.empty(output_size, hidden_size))
        self.output_bias = nn.Parameter(torch.empty(output_size))
        self.sign_latents = nn.Parameter(torch.empty(0), requires_grad=False)
        self.input_gain = keep_input_gain(self, input_gain)
        self._draw(generator)
        self.register_load_state_dict_pre_hook(_from_before)

    @property
    def signs(self) -> Tensor:
        """An empty tensor: there are none."""
        return self.sign_latents

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Results for ``x``; with ``lengths`` of shape ``(batch,)``, 1 to T, the last step is that of each sequence."""
        if self.input_kind == "index":
            x = one_hot(x.long(), self.input_size).float() if self.embedding is None else self.embedding(x.long())
        elif self.input_gain != 1:
            x = x * self.input_gain
        found = self.layer(x)
        states = found[0] if isinstance(found, tuple) else found
        if self.readout == "last":  # a state does not depend on later steps, so padding needs no packing
            last = -1 if lengths is None else lengths.to(states.device, torch.int64) - 1
            states = states[torch.arange(len(states), device=states.device), last]
        return states @ self.output_weight.T + self.output_bias

    def constrain_(self) -> None:
        """Nothing: there are no latents to keep in bounds."""

    @torch.no_grad()
    def _draw(self, generator: torch.Generator | None) -> None:
        bound = 1 / math.sqrt(self.hidden_size)
        read_out = (self.output_weight, self.output_bias)
        if isinstance(self.layer, nn.RNNBase):
            for parameter in (*self.layer.parameters(), *read_out):
                parameter.uniform_(-bound, bound, generator=generator)
            if self.gate_bias == "chrono":
                self._draw_gate_bias(generator)
        else:
            assert isinstance(self.layer, FastRNN | FastGRNN)
            self.layer.draw_(generator)
            for parameter in read_out:
                parameter.uniform_(-bound, bound, generator=generator)
        if self.embedding is not None:
            self.embedding.weight.normal_(generator=generator)

    def _draw_gate_bias(self, generator: torch.Generator | None) -> None:
        """The first of torch's two biases of a gate has the value. Gates: i, f, g, o of an LSTM, r, z, n of a GRU."""
        longest = max(self.steps - 1, 1)
        keep = torch.rand(self.hidden_size, generator=generator).mul(longest - 1).add(1).log()
        parameters = dict(self.layer.named_parameters())
        given, other = (parameters[f"bias_{kind}_l0"].unflatten(0, (-1, self.hidden_size)) for kind in ("ih", "hh"))
        other[:2].zero_()
        given[0] = -keep if self.cell == "lstm" else 0
        given[1] = keep


def _layer(cell: str, input_size: int, hidden_size: int) -> nn.Module:
    if cell == "lstm":
        return nn.LSTM(input_size, hidden_size, batch_first=True)
    if cell == "gru":
        return nn.GRU(input_size, hidden_size, batch_first=True)
    return (FastRNN if cell == "fastrnn" else FastGRNN)(input_size, hidden_size)


def _from_before(network: nn.Module, state: dict[str, Any], prefix: str, *_: Any) -> None:
    """Take what was saved when the only layer was an LSTM, by that name."""
    for name in [name for name in state if name.startswith(f"{prefix}lstm.")]:
        state[f"{prefix}layer.{name.removeprefix(f'{prefix}lstm.')}"] = state.pop(name)
