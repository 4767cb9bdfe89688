"""Which optimiser trains which parameters, at which rates: AdamW, and projUNN where it keeps a matrix orthogonal."""

from typing import Any

import torch
from torch import nn

from ..errors import InputError
from .network import HadamardRNN
from .options import TrainingOptions
from .orthogonal_network import OrthogonalRNN
from .projunn import ProjUNN


class Optimiser:
    """One for weights, the latents of signs, and a dense recurrent matrix, each at its own rate.

    It is AdamW; for the recurrent matrix of strategy ``"ste-projunn"`` it is :class:`~.projunn.ProjUNN`.

    Parameters
    ----------
    network : its parameters are updated in place.
    options : rates over the epochs, and weight decay, which signs and recurrent matrices do not have.

    Attributes
    ----------
    weights : the parameters that the first rate is of, and whose gradient is clipped.
    """

    def __init__(self, network: HadamardRNN | OrthogonalRNN, options: TrainingOptions) -> None:
        self._options = options
        recurrent = list(network.recurrent.parameters()) if isinstance(network, OrthogonalRNN) else []
        apart = {id(parameter) for parameter in (network.sign_latents, *recurrent)}
        self.weights: list[nn.Parameter] = [one for one in network.parameters() if id(one) not in apart]
        groups: list[dict[str, Any]] = [
            {"params": self.weights, "weight_decay": options.weight_decay},
            {"params": [network.sign_latents], "weight_decay": 0.0},
        ]
        self._projunn = None
        if isinstance(network, OrthogonalRNN) and network.strategy == "ste-projunn":
            self._projunn = ProjUNN(recurrent, variant=network.variant, rank=network.rank)
        elif recurrent:
            groups.append({"params": recurrent, "weight_decay": 0.0})
        self._adam = torch.optim.AdamW(groups, fused=True)

    def set_rates(self, epoch: float) -> None:
        """The rates ``epoch`` epochs from the start."""
        groups = self._adam.param_groups + (self._projunn.param_groups if self._projunn else [])
        rates = (*self._options.rates(epoch), self._options.recurrent_rate_at(epoch))
        for group, rate in zip(groups, rates, strict=False):  # the third only where there is a recurrent matrix
            group["lr"] = rate

    def zero_grad(self) -> None:
        """Forget all gradients."""
        self._adam.zero_grad()
        if self._projunn:
            self._projunn.zero_grad()

    def step(self) -> None:
        """One update of everything that has a gradient."""
        self._adam.step()
        if self._projunn:
            self._projunn.step()

    def state_dict(self) -> dict[str, Any]:
        """All that is needed to go on."""
        state = self._adam.state_dict()
        return {**state, "projunn": self._projunn.state_dict()} if self._projunn else state

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from ``state``.

        Raises
        ------
        InputError
            If parameters were in other groups, as those of QORNN once were: their rates are not known then.
        KeyError, RuntimeError, ValueError
            If it is of other parameters.
        """
        groups = state["param_groups"], self._adam.param_groups
        found, expected = ([len(group["params"]) for group in of_one] for of_one in groups)
        if found != expected or ("projunn" in state) != bool(self._projunn):
            raise InputError(
                f"its optimiser trains groups of {_counts(found)} parameters, expected {_counts(expected)}: a run of "
                "another version or strategy, which cannot go on; begin it anew with --overwrite"
            )
        self._adam.load_state_dict({name: state[name] for name in ("state", "param_groups")})
        if self._projunn:
            self._projunn.load_state_dict(state["projunn"])

    def transpose_moments(self, parameter: nn.Parameter) -> None:
        """Of a parameter whose transpose it was that was trained when the state was saved."""
        moments = self._adam.state[parameter]
        moments |= {name: moments[name].T.contiguous() for name in ("exp_avg", "exp_avg_sq")}


def _counts(numbers: list[int]) -> str:
    return " + ".join(str(number) for number in numbers)
