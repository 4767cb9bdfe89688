"""The module: read-outs, quantisers as arguments, what is trained, what is refused."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from hadamrnn.errors import InputError
from hadamrnn.model.network import HadamardRNN
from hadamrnn.model.walsh_hadamard import walsh_hadamard


def network(**changes: Any) -> HadamardRNN:
    options = {"input_size": 2, "hidden_size": 16, "output_size": 3, "generator": torch.Generator().manual_seed(0)}
    return HadamardRNN(**options | changes).double()


def inputs(batch: int = 4, steps: int = 11, size: int = 2) -> Tensor:
    return torch.randn(batch, steps, size, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


class Halved(nn.Module):
    """A quantiser whose effect is easy to tell."""

    def forward(self, latent: Tensor) -> Tensor:
        return latent / 2


@pytest.mark.parametrize("readout_activation", ["relu", "none"])
@pytest.mark.parametrize("block_size", [1, 2, 4, 8, 16])
def test_closed_form_and_loop_agree_in_every_gradient(block_size: int, readout_activation: str) -> None:
    closed = network(block_size=block_size, readout_activation=readout_activation)
    loop = network(block_size=block_size, readout_activation=readout_activation)
    x, pull = inputs(), torch.randn(4, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    found, expected = closed(x), loop.forward_loop(x)
    torch.testing.assert_close(found, expected, rtol=1e-11, atol=1e-11)
    (found * pull).sum().backward()
    (expected * pull).sum().backward()
    for (name, one), other in zip(closed.named_parameters(), loop.parameters(), strict=True):
        assert other.grad.abs().max() > 0, name
        torch.testing.assert_close(one.grad, other.grad, rtol=1e-10, atol=1e-10)


def test_read_out_at_every_step_ends_with_that_of_the_last() -> None:
    last, every, x = network(), network(readout="every"), inputs()
    logits = every(x)
    assert logits.shape == (4, 11, 3)
    for steps in (1, 2, 11):
        torch.testing.assert_close(logits[:, steps - 1], last(x[:, :steps]), rtol=1e-11, atol=1e-11)


KINDS = {
    "vectors": {},
    "tokens": {"input_kind": "index", "input_size": 7},
    "many tokens": {"input_kind": "index", "input_size": 200},
    "embedded tokens": {"input_kind": "index", "input_size": 200, "embedding_size": 5},
}


def inputs_of(kind: str, batch: int = 4, steps: int = 11) -> Tensor:
    if kind == "vectors":
        return inputs(batch, steps)
    size = KINDS[kind]["input_size"]
    return torch.randint(0, size, (batch, steps), generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("readout", ["last", "every"])
@pytest.mark.parametrize("learn_signs", [True, False])
@pytest.mark.parametrize("block_size", [8, 16])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_agrees_with_the_loop_in_every_gradient(
    kind: str, block_size: int, learn_signs: bool, readout: str
) -> None:
    options = {"block_size": block_size, "learn_signs": learn_signs, "readout": readout, **KINDS[kind]}
    for lengths in (None, torch.tensor([3, 11, 1, 8])) if readout == "last" else (None,):
        fast, loop, x = network(**options), network(**options), inputs_of(kind)
        with torch.no_grad():
            for one in (fast, loop):
                one.bias.normal_(generator=torch.Generator().manual_seed(5))
        found, expected = fast(x, lengths), loop.forward_loop(x, lengths)
        torch.testing.assert_close(found, expected, rtol=1e-11, atol=1e-11)
        pull = torch.randn(found.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
        (found * pull).sum().backward()
        (expected * pull).sum().backward()
        for (name, one), other in zip(fast.named_parameters(), loop.parameters(), strict=True):
            if name == "sign_latents" and not learn_signs:
                assert one.grad is other.grad is None
                continue
            assert other.grad.abs().max() > 0, name
            torch.testing.assert_close(one.grad, other.grad, rtol=1e-10, atol=1e-10, msg=name)


@pytest.mark.parametrize("kind", KINDS)
def test_states_and_read_out_make_up_what_the_network_computes(kind: str) -> None:
    last, every, x = network(**KINDS[kind]), network(readout="every", **KINDS[kind]), inputs_of(kind)
    states, lengths = last.states(x), torch.tensor([3, 11, 1, 8])
    assert states.shape == (4, 11, 16)
    exact = {"rtol": 1e-11, "atol": 1e-11}
    torch.testing.assert_close(last.last_state(x), states[:, -1], **exact)
    torch.testing.assert_close(last.last_state(x, lengths), states[torch.arange(4), lengths - 1], **exact)
    torch.testing.assert_close(last.read_out(states), every(x), **exact)
    torch.testing.assert_close(last.read_out(states[:, -1]), last(x), **exact)


@pytest.mark.parametrize("readout", ["last", "every"])
def test_inputs_get_a_gradient_on_request(readout: str) -> None:
    fast, loop = network(readout=readout), network(readout=readout)
    x, y = inputs().requires_grad_(), inputs().requires_grad_()
    found, expected = fast(x), loop.forward_loop(y)
    found.square().sum().backward()
    expected.square().sum().backward()
    assert y.grad.abs().max() > 0
    torch.testing.assert_close(x.grad, y.grad, rtol=1e-10, atol=1e-10)
    torch.testing.assert_close(fast.input_weight.grad, loop.input_weight.grad, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("readout", ["last", "every"])
@pytest.mark.parametrize("kind", KINDS)
def test_evaluation_computes_what_training_does(kind: str, readout: str) -> None:
    one, x = network(readout=readout, **KINDS[kind]), inputs_of(kind)
    with torch.no_grad():
        found = one(x)
    assert not found.requires_grad
    torch.testing.assert_close(found, one(x).detach(), rtol=1e-12, atol=1e-12)


def test_a_flipped_sign_is_noticed_where_powers_are_kept() -> None:
    one, x = network(learn_signs=False), inputs()
    before = one(x)
    with torch.no_grad():
        one.sign_latents[3] *= -1
    assert not torch.allclose(one(x), before)
    torch.testing.assert_close(one(x), one.forward_loop(x), rtol=1e-11, atol=1e-11)


def test_an_embedding_folds_into_the_input_weights() -> None:
    embedded = network(**KINDS["embedded tokens"], input_quantiser=Halved())
    assert embedded.input_weight.shape == (16, 5)
    assert embedded.embedding.shape == (5, 200)
    folded = embedded.effective_input_weight()
    assert folded.shape == (16, 200)
    plain = network(**KINDS["many tokens"], input_quantiser=Halved())
    with torch.no_grad():
        for name in ("sign_latents", "bias", "output_weight", "output_bias"):
            getattr(plain, name).copy_(getattr(embedded, name))
        plain.input_weight.copy_(folded)
    x = inputs_of("many tokens")
    torch.testing.assert_close(embedded(x), plain(x), rtol=1e-12, atol=1e-12)
    assert torch.equal(plain.effective_input_weight(), plain.input_weight)


def test_states_are_those_of_every_step() -> None:
    one, x = network(), inputs()
    states = one.states(x)
    assert states.shape == (4, 11, 16)
    first = x[:, 0] @ one.input_weight.T + one.bias
    second = one.signs * one.gain * walsh_hadamard(first, 16) + x[:, 1] @ one.input_weight.T + one.bias
    torch.testing.assert_close(states[:, 0], first, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(states[:, 1], second, rtol=1e-12, atol=1e-12)


def test_relu_is_on_the_read_out_and_not_in_the_loop() -> None:
    x, one, other = inputs(), network(), network(readout_activation="none")
    assert torch.equal(one.states(x), other.states(x))
    assert one.states(x).min() < 0
    expected = torch.relu(one.states(x)[:, -1]) @ one.output_weight.T + one.output_bias
    torch.testing.assert_close(one(x), expected, rtol=1e-11, atol=1e-11)
    assert not torch.allclose(one(x), other(x))


def test_quantisers_are_applied_where_they_belong() -> None:
    x, plain = inputs(), network()
    with torch.no_grad():
        plain.input_weight /= 2
        plain.output_weight /= 2
        plain.sign_latents.abs_()
    quantised = network(input_quantiser=Halved(), output_quantiser=Halved(), sign_quantiser=AllPlus())
    torch.testing.assert_close(quantised(x), plain(x))
    torch.testing.assert_close(quantised.forward_loop(x), plain(x))


class AllPlus(nn.Module):
    def forward(self, latents: Tensor) -> Tensor:
        return torch.ones_like(latents)


def test_drawn_signs_get_no_gradient() -> None:
    drawn = network(learn_signs=False)
    drawn(inputs()).sum().backward()
    assert drawn.sign_latents.grad is None
    assert drawn.input_weight.grad.abs().max() > 0
    assert set(drawn.signs.tolist()) == {-1.0, 1.0}


def test_latents_are_clipped_on_request() -> None:
    one = network()
    with torch.no_grad():
        one.sign_latents[:3] = torch.tensor([-4.0, 0.5, 4.0])
    one.constrain_()
    assert one.sign_latents[:3].tolist() == [-1, 0.5, 1]


@pytest.mark.parametrize("kind", ["tokens", "many tokens", "embedded tokens"])
@pytest.mark.parametrize("readout", ["last", "every"])
def test_during_blanks_the_state_is_turned_and_nothing_else(kind: str, readout: str) -> None:
    one, other = (network(**KINDS[kind] | {"readout": readout, "blank": blank}) for blank in (4, None))
    x = torch.tensor([[2, 4, 4, 4, 3, 4]])
    states = one.states(x)[0]
    matrix = one.gain * one.signs[:, None] * walsh_hadamard(torch.eye(16, dtype=torch.float64), 16)
    for step in (1, 2, 3, 5):
        torch.testing.assert_close(states[step], matrix @ states[step - 1], rtol=1e-12, atol=1e-12)
    assert torch.equal(states[0], other.states(x)[0, 0])  # all other tokens drive it as ever
    one(x).sum().backward()
    assert one.bias.grad is None
    assert not one.bias.any()
    reached = one.word_vectors if one.word_vectors is not None else one.input_weight
    gradient = reached.grad if one.word_vectors is None else reached.grad.T
    assert gradient[:, 2].any()
    assert not gradient[:, 4].any()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("readout", ["last", "every"])
def test_centred_inputs_are_a_bias(kind: str, readout: str) -> None:
    size = KINDS[kind].get("input_size", 2)
    mean = torch.rand(size, dtype=torch.float64, generator=torch.Generator().manual_seed(5))
    options = KINDS[kind] | {"readout": readout, "input_quantiser": Halved()}
    centred, plain = network(**options, input_mean=mean, bias_gain=0.25), network(**options)
    with torch.no_grad():
        centred.bias.normal_(generator=torch.Generator().manual_seed(6))
        plain.bias.copy_(centred.bias / 4 - centred.effective_input_weight() / 2 @ mean)
        x = inputs_of(kind)
        torch.testing.assert_close(centred.effective_bias(), plain.effective_bias(), rtol=1e-12, atol=1e-12)
        torch.testing.assert_close(centred(x), plain(x), rtol=1e-11, atol=1e-11)
        torch.testing.assert_close(centred(x), centred.forward_loop(x), rtol=1e-11, atol=1e-11)
    assert "input_mean" in centred.state_dict()


def test_the_generator_decides_the_initial_values() -> None:
    one, same, other = network(), network(), network(generator=torch.Generator().manual_seed(1))
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), same.parameters(), strict=True))
    assert not torch.equal(one.input_weight, other.input_weight)
    assert not torch.equal(one.sign_latents, other.sign_latents)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"hidden_size": 0}, "hidden_size must be a positive integer, not 0"),
        ({"hidden_size": 48}, "block_size must be a power of two, not 48"),
        ({"block_size": 12}, "block_size must be a power of two, not 12"),
        ({"block_size": 32}, "block_size must divide hidden_size: 32 does not divide 16"),
        ({"input_size": 1.5}, "input_size must be a positive integer, not 1.5"),
        ({"output_size": -1}, "output_size must be a positive integer, not -1"),
        ({"readout": "first"}, "readout must be one of last, every, not 'first'"),
        ({"readout_activation": "tanh"}, "readout_activation must be one of relu, none, not 'tanh'"),
        ({"input_kind": "word"}, "input_kind must be one of vector, index, not 'word'"),
        ({"embedding_size": 4}, "embedding_size must be 0, or positive for tokens, not 4 for 'vector'"),
        (
            {"embedding_size": -1, "input_kind": "index"},
            "embedding_size must be 0, or positive for tokens, not -1 for 'index'",
        ),
        ({"blank": 0}, "blank must be one of 2 tokens, not 0 for 'vector'"),
        ({"blank": 2, "input_kind": "index"}, "blank must be one of 2 tokens, not 2 for 'index'"),
        ({"input_mean": torch.zeros(3)}, "input_mean must be of shape (2,), without a blank, not (3,) for blank None"),
        (
            {"input_mean": torch.zeros(2), "input_kind": "index", "blank": 1},
            "input_mean must be of shape (2,), without a blank, not (2,) for blank 1",
        ),
        ({"bias_gain": 0.0}, "bias_gain must be above 0 and at most 1, not 0.0"),
        ({"latent_spread": 2.0}, "latent_spread must be above 0 and at most 1, not 2.0"),
    ],
)
def test_refuses_what_cannot_be(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as error:
        network(**changes)
    assert str(error.value) == message


@pytest.mark.parametrize("shape", [(4, 11), (4, 11, 1), (4, 0, 2)])
def test_refuses_inputs_of_another_shape(shape: tuple[int, ...]) -> None:
    expected = (
        rf"^input must be of shape \(batch, time, 2\) with time at least 1, not \({', '.join(map(str, shape))}\)$"
    )
    for run in (network().forward, network().forward_loop, network(readout="every").forward):
        with pytest.raises(InputError, match=expected):
            run(torch.zeros(shape, dtype=torch.float64))


@pytest.mark.parametrize("x", [torch.zeros(4, 11), torch.zeros(4, 11, 1, dtype=torch.int64), torch.zeros(4, 0).int()])
def test_refuses_what_are_no_tokens(x: Tensor) -> None:
    one = network(**KINDS["tokens"])
    found = f"{x.dtype} of shape {tuple(x.shape)}"
    for run in (one.forward, one.forward_loop, one.states):
        with pytest.raises(InputError) as error:
            run(x)
        assert str(error.value) == f"input must be integers of shape (batch, time) with time at least 1, not {found}"
