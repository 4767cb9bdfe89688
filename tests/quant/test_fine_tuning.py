"""Fine-tuning: values are those of the reference, gradients those of a step loop of quantisers, formats stay."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from hadamrnn.errors import InputError
from hadamrnn.model.network import HadamardRNN
from hadamrnn.model.objective import score, tensors
from hadamrnn.model.task import Task
from hadamrnn.quant.fine_tuning import _better, _Tuning, fine_tune, trained_logits
from hadamrnn.quant.freeze import Formats, bias_rounding, calibrate, freeze, to_integers
from hadamrnn.quant.integer import IntegerNetwork, quantise_inputs
from hadamrnn.quant.integer_evaluation import IntegerEvaluation, evaluate_integers
from hadamrnn.quant.integer_loop import IntegerLoop
from hadamrnn.quant.quantisers import straight_through
from hadamrnn.quant.state_quantiser import quantised_states, state_quantiser
from hadamrnn.sim import reference

from .tasks import toy_network, toy_task

KINDS: list[dict[str, Any]] = [
    {},
    {"lengths": True},
    {"readout": "every", "lengths": True},
    {"input_kind": "index"},
    {"input_kind": "index", "readout": "every"},
    {"objective": "regression"},
]


def integers_of(network: HadamardRNN, task: Task, finer: int = 0) -> IntegerNetwork:
    """As fine-tuning freezes it, 8 state bits; the network is float64 afterwards."""
    formats = calibrate(network, task, state_bits=8)
    network.double()
    formats = Formats(**{**vars(formats), "input_shift": formats.input_shift + finer})
    return to_integers(network, task, formats, bias_rounding(network, task))


def step_loop_logits(network: HadamardRNN, frozen: IntegerNetwork, x: Tensor, lengths: Tensor | None) -> Tensor:
    """The integer network step by step, with a straight-through quantiser at every rounding."""
    unit = frozen.state_scale
    weight = network.input_quantiser(network.effective_input_weight())
    if frozen.input_kind == "index":
        product = weight.T[x] / unit
        values = torch.from_numpy(frozen.input_weight.astype(float)).T[x] * 2.0**frozen.input_shift
    else:
        integers = torch.from_numpy(quantise_inputs(frozen, x.numpy())).double()
        product = (integers * frozen.input_scale) @ weight.T / unit
        values = integers @ torch.from_numpy(frozen.input_weight.astype(float)).T * 2.0**frozen.input_shift
    product = straight_through(product, torch.round(values))
    bias = straight_through(network.bias / unit, torch.from_numpy(frozen.bias.astype(float)))
    states = quantised_states(
        network.signs.detach(),
        product + bias,
        block_size=network.block_size,
        gain=network.gain,
        state_bits=frozen.state_bits,
    )
    if network.readout == "last":
        ends = torch.full((len(x),), x.shape[1]) if lengths is None else lengths
        states = states[torch.arange(len(x)), ends - 1]
    if network.readout_activation == "relu":
        states = torch.relu(states)
    output_bias = torch.from_numpy(frozen.output_bias.astype(float)) * frozen.logit_scale
    read = states * unit @ network.output_quantiser(network.output_weight).T
    return read + straight_through(network.output_bias, output_bias)


@pytest.mark.parametrize("kind", KINDS, ids=str)
@pytest.mark.parametrize("activation", ["relu", "none"])
@pytest.mark.parametrize(("block_size", "finer"), [(32, 0), (16, 0), (4, 2)])
def test_values_and_gradients_are_those_of_a_step_loop(
    kind: dict[str, Any], block_size: int, finer: int, activation: str
) -> None:
    task = toy_task(**kind)
    network = toy_network(task, block_size=block_size, readout_activation=activation)
    frozen = integers_of(network, task, finer)
    loop = IntegerLoop(frozen)
    x, y, lengths = tensors(task.test, np.arange(30), torch.device("cpu"))
    x, y = (part.double() if part.is_floating_point() else part for part in (x, y))
    weights = [network.input_weight, network.bias, network.output_weight, network.output_bias]
    both = (trained_logits(network, loop, x, lengths), step_loop_logits(network, frozen, x, lengths))
    gradients = [torch.autograd.grad(score(logits, y, lengths).loss, weights) for logits in both]
    ours, expected = (logits.detach() for logits in both)
    if lengths is not None and task.readout == "every":
        beyond = torch.arange(x.shape[1]) >= lengths[:, None]
        expected[beyond], ours[beyond] = 0, 0
    assert torch.allclose(ours, expected, rtol=1e-9, atol=1e-9)
    for found, gradient in zip(*gradients, strict=True):
        assert gradient.abs().max() > 0
        assert torch.allclose(found, gradient, rtol=1e-6, atol=1e-9 * float(gradient.abs().max()))
    integers = x if task.input_kind == "index" else torch.from_numpy(quantise_inputs(frozen, x.numpy()))
    saturations = loop.run(integers, lengths, count=True).saturations
    assert saturations is not None
    assert bool(saturations) == bool(finer)


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_logits_are_exactly_those_of_the_frozen_network(kind: dict[str, Any]) -> None:
    task = toy_task(**kind)
    tuned = fine_tune(toy_network(task), task, state_bits=6, steps=20, batch_size=20, learning_rate=3e-3)
    frozen, _ = freeze(tuned.network, task, state_bits=6, input_shift=tuned.input_shift)
    x, _, lengths = tensors(task.test, np.arange(50), torch.device("cpu"))
    with torch.no_grad():
        found = trained_logits(tuned.network, IntegerLoop(frozen), x, lengths).numpy()
    inputs = task.test.x if task.input_kind == "index" else quantise_inputs(frozen, task.test.x)
    expected = reference.run(frozen, inputs, lengths=task.test.lengths).logits * frozen.logit_scale
    assert np.array_equal(found, expected)
    assert evaluate_integers(frozen, task.validation) == tuned.after


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_what_is_frozen_afterwards_is_what_was_trained(kind: dict[str, Any]) -> None:
    """Also where training moves weights far: the scale of U, and with it every unit, stays."""
    task = toy_task(**kind)
    network = toy_network(task)
    before, _ = freeze(network, task, state_bits=8)
    latents = network.input_weight.detach().clone()
    tuned = fine_tune(network, task, state_bits=8, steps=30, batch_size=20, learning_rate=0.03)
    frozen, _ = freeze(tuned.network, task, state_bits=8, input_shift=tuned.input_shift)
    assert frozen.state_scale * 2.0**frozen.input_shift == before.state_scale * 2.0**before.input_shift
    assert evaluate_integers(frozen, task.validation) == tuned.after
    assert np.array_equal(frozen.signs, before.signs)
    assert torch.equal(network.input_weight, latents)  # the given network is left alone
    assert network.sign_latents.requires_grad
    assert not tuned.network.sign_latents.requires_grad


def test_it_helps_where_states_are_coarse() -> None:
    task = toy_task(objective="regression")
    tuned = fine_tune(toy_network(task), task, state_bits=6, steps=200, batch_size=30, learning_rate=3e-3)
    assert tuned.after.loss < tuned.before.loss / 2
    assert 0 < tuned.steps <= 200
    assert tuned.history[0][0] == 0
    assert tuned.history[-1][0] == 200
    assert tuned.to_json()["after"]["loss"] == tuned.after.loss


def test_the_best_network_is_kept() -> None:
    task = toy_task()
    network = toy_network(task)
    tuned = fine_tune(network, task, state_bits=8, steps=10, batch_size=20, learning_rate=100.0)
    best = max((accuracy, -loss) for _, loss, accuracy in tuned.history if accuracy is not None)
    assert best == (tuned.after.accuracy, -tuned.after.loss)
    assert (tuned.after.accuracy, -tuned.after.loss) >= (tuned.before.accuracy, -tuned.before.loss)


def evaluation(accuracy: float | None, loss: float) -> IntegerEvaluation:
    return IntegerEvaluation(accuracy=accuracy, loss=loss, sequence_accuracy=None, saturations=0)


@pytest.mark.parametrize(
    ("found", "best"),
    [((0.9, 2.0), (0.8, 1.0)), ((0.9, 1.0), (0.9, 2.0)), ((0.9, 1.0), (0.8, 2.0)), ((None, 1.0), (None, 2.0))],
)
def test_better_is_more_right_or_as_many_at_a_smaller_loss(found: Any, best: Any) -> None:
    assert _better(evaluation(*found), evaluation(*best))
    assert not _better(evaluation(*best), evaluation(*found))
    assert not _better(evaluation(*found), evaluation(*found))


def test_the_gradient_of_a_step_is_that_of_its_batch() -> None:
    task = toy_task()
    tuning = _Tuning(toy_network(task), task, calibrate(toy_network(task), task, state_bits=8))
    weight = tuning.network.output_weight
    still = torch.optim.SGD(tuning.network.parameters(), lr=0.0)
    gradients = []
    for batch in (np.arange(20), np.arange(20, 40), np.arange(20)):
        tuning._step(still, batch)
        assert weight.grad is not None
        gradients.append(weight.grad.clone())
    assert gradients[0].abs().max() > 0
    assert torch.equal(gradients[0], gradients[2])
    assert not torch.equal(gradients[0], gradients[1])


def test_the_rate_falls_to_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    rates = []

    class Noted(torch.optim.Adam):
        def step(self, *arguments: Any) -> Any:
            rates.append(self.param_groups[0]["lr"])
            return super().step(*arguments)

    monkeypatch.setattr(torch.optim, "Adam", Noted)
    task = toy_task()
    fine_tune(toy_network(task), task, state_bits=8, steps=10, batch_size=20, learning_rate=0.01)
    assert rates == pytest.approx(0.005 * (1 + np.cos(np.pi * np.arange(10) / 10)))


def test_an_embedding_is_folded_and_tuned() -> None:
    task = toy_task(input_kind="index")
    network = toy_network(task, embedding_size=5)
    tuned = fine_tune(network, task, state_bits=6, steps=20, batch_size=20, learning_rate=3e-3)
    assert tuned.network.embedding is None
    assert network.embedding is not None
    frozen, _ = freeze(tuned.network, task, state_bits=6, input_shift=tuned.input_shift)
    assert evaluate_integers(frozen, task.validation) == tuned.after


@pytest.mark.parametrize("kind", [{}, {"embedding_size": 5}, {"embedding_size": 5, "blank": 1}], ids=str)
def test_the_formats_stay_where_all_weights_are_pulled_to_zero(kind: dict[str, Any]) -> None:
    """The largest latent too, which holds the scale of U; all others shrink."""
    task = toy_task(input_kind="index" if kind else "vector")
    network = toy_network(task, **kind)
    tuning = _Tuning(network, task, calibrate(network, task, state_bits=8))
    weight = tuning.network.input_weight
    before, scale = weight.detach().clone(), tuning._integers().state_scale
    pull = torch.optim.SGD([weight], lr=0.1, weight_decay=1.0)
    for _ in range(10):
        tuning._step(pull, np.arange(20))
    assert tuning._integers().state_scale == scale
    kept = weight.detach() == before
    assert kept[before.abs() == before.abs().max()].all()
    assert kept[before != 0].sum() == 1


def test_equal_seeds_give_equal_networks() -> None:
    task = toy_task()
    first, second, other = (
        fine_tune(toy_network(task), task, state_bits=6, steps=20, batch_size=20, seed=seed).history
        for seed in (0, 0, 1)
    )
    assert first == second
    assert first != other


def test_state_quantiser() -> None:
    x = torch.tensor([0.25, 0.75, 1.25, -0.25, -0.75, 9.0, -9.0], requires_grad=True)
    value = state_quantiser(4, 0.5)(x)
    assert value.tolist() == [0, 1, 1, 0, -1, 3.5, -4]
    value.sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [1] * 7
    with pytest.raises(InputError, match=r"^bit_width must be 2 to 53, not 1$"):
        state_quantiser(1)


@pytest.mark.parametrize("name", ["steps", "batch_size", "learning_rate"])
def test_refuses_numbers_that_are_not_positive(name: str) -> None:
    task = toy_task()
    options: dict[str, Any] = {name: 0}
    with pytest.raises(InputError, match=f"^{name} must be positive, not 0$"):
        fine_tune(toy_network(task), task, state_bits=8, **options)
