"""Evaluation of integer networks: as training evaluates floats, on the same splits and with the same measures."""

from dataclasses import asdict, dataclass
from typing import Any, cast

import torch
from torch import Tensor, nn

from ..errors import InputError
from ..model.network import HadamardRNN
from ..model.objective import Evaluation, evaluate
from ..model.split import Split
from .integer import FrozenNetwork, IntegerNetwork, quantise_inputs
from .integer_loop import IntegerLoop


@dataclass(frozen=True, kw_only=True)
class IntegerEvaluation(Evaluation):
    """An :class:`~hadamrnn.model.objective.Evaluation` of logits times ``logit_scale``, and how many states saturated.

    Of equal logits, the smallest index is the class, as in hardware.
    """

    saturations: int

    def to_json(self) -> dict[str, Any]:
        """As plain JSON."""
        return asdict(self)


def evaluate_integers(network: FrozenNetwork, split: Split, *, device: str = "cpu") -> IntegerEvaluation:
    """Evaluate ``network`` on all of ``split``, in batches, exactly.

    Raises
    ------
    InputError
        For a network that :class:`~.integer_loop.IntegerLoop` refuses, or that reads other inputs than the split has.
    """
    module = _IntegerModule(network, device)
    shape = split.x_shape
    tokens = network.input_kind == "index"
    if len(shape) != 2 - tokens or (not tokens and shape[1] != network.input_size):
        expected = "(T,)" if tokens else f"(T, {network.input_size})"
        raise InputError(f"sequences must have shape {expected} for this network, not {shape}")
    found = evaluate(cast(HadamardRNN, module), split)
    return IntegerEvaluation(**asdict(found), saturations=module.saturations)


class _IntegerModule(nn.Module):
    """What :func:`~hadamrnn.model.objective.evaluate` needs of a network, in integers."""

    def __init__(self, network: FrozenNetwork, device: str) -> None:
        super().__init__()
        self.integers, self.loop = network, IntegerLoop(network, device)
        self.input_size, self.hidden_size = network.input_size, network.hidden_size
        self.block_size = network.block_size if isinstance(network, IntegerNetwork) else network.hidden_size
        self.readout = network.readout
        self.output_weight = torch.empty(0, device=device)
        self.saturations = 0

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Real logits, float64, of real vectors or of tokens."""
        if self.integers.input_kind == "vector":
            x = torch.from_numpy(quantise_inputs(self.integers, x.cpu().numpy()))
        result = self.loop.run(x, lengths, count=True)
        self.saturations += result.saturations or 0
        return result.logits.double() * self.integers.logit_scale
