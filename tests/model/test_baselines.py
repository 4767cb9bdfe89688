"""The layers that Hadamard networks are compared with: shapes, last step, initial values from a seed, learning."""

import itertools
from typing import Any

import pytest
import torch
from torch import nn

from hadamrnn.errors import InputError
from hadamrnn.model.baselines import Baseline
from hadamrnn.model.shape import CELLS

FACTORS = {"lstm": 4, "gru": 3}


def seeded(cell: str = "lstm", seed: int = 0, **options: Any) -> Baseline:
    sizes: dict[str, Any] = {"input_size": 3, "hidden_size": 5, "output_size": 2}
    return Baseline(cell, **(sizes | options), generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("cell", CELLS)
def test_it_is_the_layer_with_an_affine_read_out(cell: str) -> None:
    network, x = seeded(cell), torch.randn(4, 7, 3)
    found = network.layer(x)
    states = found[0] if cell in FACTORS else found
    expected = states[:, -1] @ network.output_weight.T + network.output_bias
    assert torch.allclose(network(x), expected, atol=1e-6)
    assert torch.allclose(seeded(cell, readout="every")(x)[:, -1], expected, atol=1e-6)


def test_layers_of_torch_are_those_of_torch() -> None:
    assert type(seeded("lstm").layer) is nn.LSTM
    assert type(seeded("gru").layer) is nn.GRU


@pytest.mark.parametrize("cell", CELLS)
def test_the_last_step_is_that_of_each_sequence(cell: str) -> None:
    network, x, lengths = seeded(cell), torch.randn(4, 7, 3), torch.tensor([1, 7, 3, 6])
    found = network(x, lengths)
    for sequence, length in enumerate(lengths):
        alone = network(x[sequence : sequence + 1, :length])
        assert torch.allclose(found[sequence], alone[0], atol=1e-6)


@pytest.mark.parametrize("cell", CELLS)
def test_tokens_are_one_hot_or_embedded(cell: str) -> None:
    tokens = torch.tensor([[0, 2, 1], [1, 1, 0]], dtype=torch.int32)
    one_hot = seeded(cell, input_kind="index")
    assert torch.equal(one_hot(tokens), seeded(cell)(torch.nn.functional.one_hot(tokens.long(), 3).float()))
    embedded = seeded(cell, input_kind="index", embedding_size=4)
    assert embedded(tokens).shape == (2, 2)


@pytest.mark.parametrize("cell", CELLS)
def test_a_seed_draws_all_of_it(cell: str) -> None:
    constant = {"layer.residual", "layer.bias", "layer.gate_bias"}
    for options in ({}, {"input_kind": "index", "embedding_size": 4}):
        first, same, other = seeded(cell, **options), seeded(cell, **options), seeded(cell, 1, **options)
        for name, tensor in first.state_dict().items():
            assert torch.equal(same.state_dict()[name], tensor)
            assert not tensor.numel() or name in constant or not torch.equal(other.state_dict()[name], tensor), name


@pytest.mark.parametrize("cell", FACTORS)
def test_gates_that_keep_the_state_for_as_long_as_the_sequence(cell: str) -> None:
    """σ(b) of the gate that keeps is v / (1 + v), v in [1, T − 1]: it forgets in 1 + v steps, 2 to T."""
    network = seeded(cell, hidden_size=1000, gate_bias="chrono", steps=784)
    biases = [
        getattr(network.layer, f"bias_{kind}_l0").detach().unflatten(0, (FACTORS[cell], 1000)) for kind in ("ih", "hh")
    ]
    memory = 1 / (1 - torch.sigmoid((biases[0] + biases[1])[1].double()))
    assert 2 <= memory.min() < 10
    assert 770 < memory.max() <= 784.1
    assert float(memory.mean()) == pytest.approx(393, rel=0.1)
    first = (biases[0] + biases[1])[0]
    assert torch.equal(first, -biases[0][1] if cell == "lstm" else torch.zeros(1000))


@pytest.mark.parametrize(("cell", "kind"), list(itertools.product(CELLS, ["last", "every"])))
def test_gradients_reach_all_parameters(cell: str, kind: str) -> None:
    network = seeded(cell, readout=kind)
    network(torch.randn(4, 7, 3)).square().sum().backward()
    assert all(parameter.grad is not None for parameter in network.parameters() if parameter.requires_grad)


def test_it_has_no_signs_to_train_or_to_count() -> None:
    network = seeded()
    network.constrain_()
    assert network.signs.numel() == 0
    assert not network.sign_latents.requires_grad
    assert sum(parameter.numel() for parameter in network.parameters()) == 4 * 5 * (3 + 5 + 2) + 2 * 5 + 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cell": "rnn"}, "cell must be one of lstm, gru, fastrnn, fastgrnn, not 'rnn'"),
        ({"hidden_size": 0}, "hidden_size must be a positive integer, not 0"),
        ({"input_size": 1.5}, "input_size must be a positive integer, not 1.5"),
        ({"embedding_size": -1, "input_kind": "index"}, "embedding_size must be an integer of at least 0, not -1"),
        ({"embedding_size": 4}, "embedding_size must be 0 where input_kind is vector, not 4"),
        ({"readout": "first"}, "readout must be one of last, every, not 'first'"),
        ({"input_kind": "words"}, "input_kind must be one of vector, index, not 'words'"),
        ({"gate_bias": "one"}, "gate_bias must be one of uniform, chrono, not 'one'"),
    ],
)
def test_what_cannot_be(options: dict[str, object], message: str) -> None:
    with pytest.raises(InputError) as error:
        seeded(**options)
    assert str(error.value) == message
