"""Which parameters are trained at which rate."""

from typing import Any

import pytest
import torch

from hadamrnn.errors import InputError
from hadamrnn.model.network import HadamardRNN
from hadamrnn.model.optimiser import Optimiser
from hadamrnn.model.options import TrainingOptions
from hadamrnn.model.orthogonal_network import OrthogonalRNN

SIZES: dict[str, Any] = {"input_size": 3, "hidden_size": 8, "output_size": 2}
OPTIONS = TrainingOptions(
    epochs=10, learning_rate=1e-2, decay=0.5, recurrent_rate=0.1, sign_learning_rate=1e-4, weight_decay=0.1
)


def moves(network: HadamardRNN | OrthogonalRNN, options: TrainingOptions, epoch: float) -> dict[str, float]:
    """How far the first step, of Adam the learning rate itself, moves every parameter at most."""
    optimiser = Optimiser(network, options)
    before = {name: parameter.detach().clone() for name, parameter in network.named_parameters()}
    optimiser.set_rates(epoch)
    optimiser.zero_grad()
    network(torch.rand(4, 6, 3)).square().sum().backward()
    optimiser.step()
    after = {name: parameter.detach() for name, parameter in network.named_parameters() if parameter.numel()}
    return {name: float((parameter - before[name]).abs().max()) for name, parameter in after.items()}


def test_signs_have_a_rate_of_their_own() -> None:
    found = moves(HadamardRNN(**SIZES), OPTIONS, 1)
    _, sign_rate = OPTIONS.rates(1)
    assert found["sign_latents"] == pytest.approx(sign_rate, rel=1e-2)
    assert found["output_bias"] == pytest.approx(5e-3, rel=1e-2)


def test_a_recurrent_matrix_has_a_rate_of_its_own() -> None:
    found = moves(OrthogonalRNN(**SIZES), OPTIONS, 1)
    assert found["recurrent.parametrizations.weight.original"] == pytest.approx(5e-4, rel=1e-2)
    assert found["output_bias"] == pytest.approx(5e-3, rel=1e-2)


def test_a_recurrent_matrix_that_has_settled_stays() -> None:
    options = TrainingOptions(epochs=10, learning_rate=1e-2, recurrent_fraction=0.5)
    assert options.recurrent_rate_at(0) == 1e-2
    assert options.recurrent_rate_at(2.5) == pytest.approx(5e-3)
    assert options.recurrent_rate_at(5) == options.recurrent_rate_at(9.9) == 0
    found = moves(OrthogonalRNN(**SIZES), options, 5)
    assert found["recurrent.parametrizations.weight.original"] == 0
    assert found["output_bias"] > 0


def test_it_goes_on_from_its_state() -> None:
    def trained(optimiser: Optimiser, network: OrthogonalRNN, steps: range) -> None:
        for step in steps:
            optimiser.set_rates(step)
            optimiser.zero_grad()
            network(torch.rand(4, 6, 3, generator=torch.Generator().manual_seed(step))).square().sum().backward()
            optimiser.step()

    networks = [OrthogonalRNN(**SIZES, generator=torch.Generator().manual_seed(0)) for _ in range(3)]
    whole, cut = Optimiser(networks[0], OPTIONS), Optimiser(networks[1], OPTIONS)
    trained(whole, networks[0], range(6))
    trained(cut, networks[1], range(3))
    networks[2].load_state_dict(networks[1].state_dict())
    resumed = Optimiser(networks[2], OPTIONS)
    resumed.load_state_dict(cut.state_dict())
    trained(resumed, networks[2], range(3, 6))
    for name, parameter in networks[0].named_parameters():
        assert torch.equal(parameter, dict(networks[2].named_parameters())[name]), name


def test_other_groups_are_refused_with_what_to_do() -> None:
    """As a run of QORNN has that began when its recurrent matrix had no rate of its own."""
    network = OrthogonalRNN(**SIZES)
    state = Optimiser(network, OPTIONS).state_dict()
    first, signs, recurrent = state["param_groups"]
    first["params"] = first["params"] + recurrent["params"]
    with pytest.raises(
        InputError, match=r"^its optimiser trains groups of 5 \+ 1 parameters, expected 4 \+ 1 \+ 1: .* --overwrite$"
    ):
        Optimiser(network, OPTIONS).load_state_dict(state | {"param_groups": [first, signs]})
