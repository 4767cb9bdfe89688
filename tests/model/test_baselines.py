"""The LSTM that Hadamard networks are compared with: its shapes, its last step, and that it is drawn from a seed."""

import pytest
import torch

from hadamrnn.errors import InputError
from hadamrnn.model.baselines import LSTMBaseline


def seeded(seed: int = 0, **options: object) -> LSTMBaseline:
    sizes = {"input_size": 3, "hidden_size": 5, "output_size": 2}
    return LSTMBaseline(**(sizes | options), generator=torch.Generator().manual_seed(seed))  # type: ignore[arg-type]


def test_it_is_torchs_lstm_with_an_affine_read_out() -> None:
    network, x = seeded(), torch.randn(4, 7, 3)
    states, _ = network.lstm(x)
    expected = states[:, -1] @ network.output_weight.T + network.output_bias
    assert torch.allclose(network(x), expected)
    assert torch.allclose(seeded(readout="every")(x)[:, -1], expected)


def test_the_last_step_is_that_of_each_sequence() -> None:
    network, x, lengths = seeded(), torch.randn(4, 7, 3), torch.tensor([1, 7, 3, 6])
    found = network(x, lengths)
    for sequence, length in enumerate(lengths):
        alone = network(x[sequence : sequence + 1, :length])
        assert torch.allclose(found[sequence], alone[0], atol=1e-6)


def test_tokens_are_one_hot_or_embedded() -> None:
    tokens = torch.tensor([[0, 2, 1], [1, 1, 0]], dtype=torch.int32)
    one_hot = seeded(input_kind="index")
    assert torch.equal(one_hot(tokens), seeded()(torch.nn.functional.one_hot(tokens.long(), 3).float()))
    embedded = seeded(input_kind="index", embedding_size=4)
    assert embedded.lstm.input_size == 4
    assert embedded(tokens).shape == (2, 2)


def test_a_seed_draws_all_of_it() -> None:
    for options in ({}, {"input_kind": "index", "embedding_size": 4}):
        first, same, other = seeded(**options), seeded(**options), seeded(1, **options)
        for name, tensor in first.state_dict().items():
            assert torch.equal(same.state_dict()[name], tensor)
            assert not tensor.numel() or not torch.equal(other.state_dict()[name], tensor), name


def test_it_has_no_signs_to_train_or_to_count() -> None:
    network = seeded()
    network.constrain_()
    assert network.signs.numel() == 0
    assert not network.sign_latents.requires_grad
    assert sum(parameter.numel() for parameter in network.parameters()) == 4 * 5 * (3 + 5 + 2) + 2 * 5 + 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"hidden_size": 0}, "hidden_size must be a positive integer, not 0"),
        ({"input_size": 1.5}, "input_size must be a positive integer, not 1.5"),
        ({"embedding_size": -1, "input_kind": "index"}, "embedding_size must be an integer of at least 0, not -1"),
        ({"embedding_size": 4}, "embedding_size must be 0 where input_kind is vector, not 4"),
        ({"readout": "first"}, "readout must be one of last, every, not 'first'"),
        ({"input_kind": "words"}, "input_kind must be one of vector, index, not 'words'"),
    ],
)
def test_what_cannot_be(options: dict[str, object], message: str) -> None:
    with pytest.raises(InputError) as error:
        seeded(**options)
    assert str(error.value) == message
