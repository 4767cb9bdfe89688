"""The dense network: its definition, its ways, its refusals."""

from typing import Any

import pytest
import torch
from torch import Tensor

from hadamrnn.errors import InputError
from hadamrnn.model.orthogonal_network import OrthogonalRNN
from hadamrnn.quant.quantisers import weight_quantiser
from hadamrnn.quant.recurrent_quantisers import recurrent_quantiser


def network(**changes: Any) -> OrthogonalRNN:
    """d = 16, m = 3, o = 4, with biases and thresholds as after some training."""
    options: dict[str, Any] = {
        "recurrent_quantiser": recurrent_quantiser(5),
        "input_quantiser": weight_quantiser(4),
        "output_quantiser": weight_quantiser(4),
        "generator": torch.Generator().manual_seed(0),
    } | changes
    made = OrthogonalRNN(input_size=3, hidden_size=16, output_size=4, **options)
    with torch.no_grad():
        for parameter in (made.bias, made.output_bias, made.threshold):
            if parameter is not None:
                parameter.copy_(0.2 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(1)))
    return made


def expected_states(made: OrthogonalRNN, x: Tensor) -> Tensor:
    """Step by step from the definition."""
    matrix, weight, bias = made.recurrent_matrix(), made.input_quantiser(made.input_weight), made.effective_bias()
    state, states = torch.zeros(len(x), 16), []
    for t in range(x.shape[1]):
        driven = x[:, t] @ weight.T if x.is_floating_point() else weight.T[x[:, t]]
        state = state @ matrix.T + driven + bias
        if made.activation == "relu":
            state = state.clamp(min=0)
        elif made.activation == "modrelu":
            assert made.threshold is not None
            state = torch.where(state < 0, -1.0, 1.0) * (state.abs() + made.threshold).clamp(min=0)
        states.append(state)
    return torch.stack(states, 1)


@pytest.mark.parametrize("activation", ["none", "relu", "modrelu"])
@pytest.mark.parametrize("kind", ["vector", "index"])
@pytest.mark.parametrize("readout", ["last", "every"])
@pytest.mark.parametrize("uneven", [False, True])
def test_equals_the_definition(activation: str, kind: str, readout: str, uneven: bool) -> None:
    made = network(activation=activation, input_kind=kind, readout=readout)
    generator = torch.Generator().manual_seed(2)
    x = torch.rand(5, 20, 3, generator=generator)
    if kind == "index":
        x = torch.randint(0, 3, (5, 20), generator=generator)
    lengths = torch.randint(1, 21, (5,), generator=generator) if uneven else None
    states = expected_states(made, x)
    torch.testing.assert_close(made.states(x), states, rtol=1e-4, atol=1e-4)
    if readout == "last":
        states = states[torch.arange(5), 19 if lengths is None else lengths - 1]
    torch.testing.assert_close(made(x, lengths), made.read_out(states), rtol=1e-4, atol=1e-4)


def test_gradients_reach_all_that_is_trained() -> None:
    for strategy in ("ste-bjorck", "ste-projunn", "ste-pen", "ptq"):
        made = network(activation="modrelu", strategy=strategy)
        made(torch.rand(5, 20, 3)).square().sum().backward()
        trained = {name: parameter for name, parameter in made.named_parameters() if parameter.requires_grad}
        assert len(trained) == 6
        assert all(parameter.grad is not None and parameter.grad.any() for parameter in trained.values()), strategy


def test_post_training_quantisation_computes_in_floats_until_it_is_frozen() -> None:
    made = network(strategy="ptq")
    assert torch.equal(made.recurrent_matrix(), made.recurrent.weight)
    x = torch.rand(2, 9, 3)
    before = made(x)
    made.quantised = True
    assert len(made.recurrent_matrix().unique()) <= 32
    assert not torch.allclose(before, made(x))


def test_penalty() -> None:
    assert network().penalty() is None
    assert network(strategy="ptq").penalty() is None
    made = network(strategy="ste-pen", penalty_weight=0.5)
    matrix, penalty = made.recurrent_matrix().detach(), made.penalty()
    assert penalty is not None
    expected = 0.5 * float((matrix @ matrix.T - torch.eye(16)).norm() ** 2)
    assert penalty.item() == pytest.approx(expected, rel=1e-5)
    assert expected > 0


def test_centred_inputs() -> None:
    mean = torch.tensor([0.5, 0.25, 1.0])
    made = network(input_mean=mean, bias_gain=0.5)
    weight = made.input_quantiser(made.input_weight)
    torch.testing.assert_close(made.effective_bias(), 0.5 * made.bias - weight @ mean)


def test_read_outs_without_any_activation_need_no_states() -> None:
    for kind, x in (("vector", torch.rand(5, 40, 3)), ("index", torch.randint(0, 3, (5, 40)))):
        made = network(readout="every", readout_activation="none", input_kind=kind)
        torch.testing.assert_close(made(x), made.read_out(expected_states(made, x)), rtol=1e-4, atol=1e-4)


def test_a_blank_adds_nothing() -> None:
    made = network(input_kind="index", blank=1, readout="every")
    with torch.no_grad():
        made.bias.zero_()
    states = made.states(torch.tensor([[0, 1, 1, 2]]))[0]
    matrix = made.recurrent_matrix()
    torch.testing.assert_close(states[1], matrix @ states[0])
    torch.testing.assert_close(states[2], matrix @ matrix @ states[0])
    assert not torch.allclose(states[3], matrix @ states[2])
    assert not made.bias.requires_grad


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"activation": "tanh"}, "activation must be one of none, relu, modrelu, not 'tanh'"),
        ({"variant": "C"}, "variant must be one of D, T, not 'C'"),
        ({"rank": 0}, "rank must be a positive integer, not 0"),
        ({"strategy": "none"}, "strategy must be one of ste-bjorck, ste-projunn, ste-pen, ptq, not 'none'"),
        ({"readout": "first"}, "readout must be one of last, every, not 'first'"),
        ({"input_mean": torch.zeros(2)}, "input_mean must be of shape (3,), without a blank, not (2,) for blank None"),
        ({"bias_gain": 0}, "bias_gain must be above 0 and at most 1, not 0"),
        ({"blank": 1}, "blank must be one of 3 tokens, not 1 for 'vector'"),
    ],
)
def test_refusals(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as error:
        network(**changes)
    assert str(error.value) == message


def test_inputs_of_another_kind_are_refused() -> None:
    with pytest.raises(InputError, match=r"^input must be of shape \(batch, time, 3\) with time at least 1, not "):
        network()(torch.zeros(2, 5, 4))
    with pytest.raises(
        InputError, match=r"^input must be integers of shape \(batch, time\) with time at least 1, not "
    ):
        network(input_kind="index")(torch.zeros(2, 5))
