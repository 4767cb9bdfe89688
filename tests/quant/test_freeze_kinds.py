"""Freezing for every kind of task: integers follow the floats, and are evaluated as they are."""

import dataclasses
from typing import Any

import numpy as np
import pytest
import torch

from hadamrnn.errors import InputError
from hadamrnn.model.baselines import Baseline
from hadamrnn.model.network import HadamardRNN
from hadamrnn.model.objective import evaluate, tensors
from hadamrnn.model.task import GeneratedSplit, Task
from hadamrnn.quant.calibration import input_format, largest_state, read_steps
from hadamrnn.quant.freeze import freeze
from hadamrnn.quant.integer import IntegerNetwork, quantise_inputs, read_network, write_network
from hadamrnn.quant.integer.size import kilobytes, stored_bits
from hadamrnn.quant.integer_evaluation import evaluate_integers
from hadamrnn.sim import reference

from .tasks import STEPS, toy_network, toy_task

KINDS: list[dict[str, Any]] = [
    {},
    {"lengths": True},
    {"readout": "every"},
    {"readout": "every", "lengths": True},
    {"input_kind": "index"},
    {"input_kind": "index", "readout": "every", "lengths": True},
    {"objective": "regression"},
    {"objective": "regression", "readout": "every", "lengths": True},
]


def integer_inputs(frozen: IntegerNetwork, x: np.ndarray) -> np.ndarray:
    """What the hardware would read."""
    return x if frozen.input_kind == "index" else quantise_inputs(frozen, x)


@pytest.mark.parametrize("kind", KINDS, ids=str)
@pytest.mark.parametrize("block_size", [32, 4])
def test_integers_follow_the_floats(kind: dict[str, Any], block_size: int, tmp_path: Any) -> None:
    task = toy_task(**kind)
    network = toy_network(task, block_size=block_size)
    frozen, report = freeze(network, task, state_bits=16)
    test = task.test
    found = reference.run(frozen, integer_inputs(frozen, test.x), lengths=test.lengths).logits * frozen.logit_scale
    x, _, lengths = tensors(test, np.arange(len(test)), torch.device("cpu"))
    with torch.no_grad():
        expected = network(x, lengths).numpy()
    if test.lengths is not None and task.readout == "every":
        expected[np.arange(STEPS) >= test.lengths[:, None]] = 0
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() < 0.01 * np.abs(expected).max()
    assert (frozen.input_kind, frozen.readout) == (task.input_kind, task.readout)
    assert frozen.labels == (("no", "yes") if task.classes else None)
    write_network(frozen, tmp_path / "n.safetensors")
    assert read_network(tmp_path / "n.safetensors") == frozen
    assert report.certificate.steps == STEPS
    assert report.certificate.worst_state >= report.largest_state - 1


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_evaluation_is_that_of_the_reference(kind: dict[str, Any]) -> None:
    task = toy_task(**kind)
    network = toy_network(task)
    frozen, _ = freeze(network, task, state_bits=14)
    test, found = task.test, evaluate_integers(frozen, task.test)
    result = reference.run(frozen, integer_inputs(frozen, test.x), lengths=test.lengths)
    steps = np.ones(test.y.shape[: 1 + (task.readout == "every")], bool)
    if test.lengths is not None and task.readout == "every":
        steps = np.arange(STEPS) < test.lengths[:, None]
    logits = (result.logits * frozen.logit_scale)[steps]
    if task.objective == "regression":
        assert found.accuracy is None
        assert found.loss == pytest.approx(np.mean((logits - test.y[steps]) ** 2))
    else:
        right = result.classes == test.y
        assert found.accuracy == pytest.approx(right[steps].mean())
        chosen = np.take_along_axis(logits, test.y[steps][:, None], 1)[:, 0]
        assert found.loss == pytest.approx(np.mean(np.log(np.exp(logits).sum(1)) - chosen))
        if task.readout == "every":
            assert found.sequence_accuracy == pytest.approx((right | ~steps).all(1).mean())
    assert found.saturations == result.saturations
    assert found.loss == pytest.approx(evaluate(network, test).loss, rel=0.05)


def test_an_embedding_is_folded_into_the_table() -> None:
    task = toy_task(input_kind="index")
    network = toy_network(task, embedding_size=5)
    frozen, _ = freeze(network, task)
    unit = frozen.state_scale * 2.0**frozen.input_shift
    with torch.no_grad():
        table = network.input_quantiser(network.effective_input_weight()).numpy()
    assert frozen.input_weight.shape == (32, 3)
    assert np.allclose(frozen.input_weight * unit, table, rtol=1e-6)
    assert (frozen.input_scale, frozen.input_bits) == (1.0, 2)


def test_blanks_drive_no_integer_state() -> None:
    task = toy_task(input_kind="index", readout="every")
    network = toy_network(task, blank=1)
    with torch.no_grad():
        network.bias.zero_()
    frozen, _ = freeze(network, task)
    assert not frozen.input_weight[:, 1].any()
    assert frozen.input_weight[:, [0, 2]].any(0).all()
    assert not frozen.bias.any()


def test_padding_is_not_calibrated_on() -> None:
    task = toy_task(lengths=True)
    network = toy_network(task)
    with torch.no_grad():
        network.bias[:] = 0.5  # states that go on growing in padding
        network.sign_latents.abs_()
    x, _, lengths = tensors(task.train, np.arange(len(task.train)), torch.device("cpu"))
    with torch.no_grad():
        states = network.states(x).abs()
    assert lengths is not None
    counted = max(float(one[:length].max()) for one, length in zip(states, lengths.tolist(), strict=True))
    assert largest_state(network, task, input_format(task)) == pytest.approx(counted)


def test_when_states_are_read() -> None:
    assert read_steps(toy_task(), "last") == STEPS
    assert np.array_equal(read_steps(toy_task(readout="every"), "every"), np.ones(STEPS))
    uneven = toy_task(lengths=True)
    lengths = uneven.train.lengths
    assert lengths is not None
    assert np.array_equal(read_steps(uneven, "last"), [(lengths == t).sum() for t in range(1, STEPS + 1)])
    assert np.array_equal(read_steps(uneven, "every"), [(lengths >= t).sum() for t in range(1, STEPS + 1)])


def test_generated_data_are_not_generated_in_full() -> None:
    task, asked = toy_task(), 0

    def generate(indices: np.ndarray) -> Any:
        nonlocal asked
        asked = max(asked, len(indices))
        return task.train.batch(indices % 60)

    options = {"labels": task.labels, "validation": task.validation, "test": task.test}
    lazy = Task(name="lazy", train=GeneratedSplit(10**6, generate), **options)
    _, report = freeze(toy_network(lazy), lazy)
    assert report.calibration_sequences == 1000
    assert asked <= 1000


def test_a_given_shift_is_used() -> None:
    task = toy_task()
    network = toy_network(task)
    before, _ = freeze(network, task, state_bits=8)
    frozen, report = freeze(network, task, state_bits=8, input_shift=before.input_shift + 2)
    assert frozen.input_shift == before.input_shift + 2
    assert report.headroom_bits < 0
    assert evaluate_integers(frozen, task.test).saturations > 0


def test_the_certificate_for_inputs_as_in_training_data() -> None:
    task = toy_task()
    assert freeze(toy_network(task), task)[1].data_certificate is None  # 0 to 15 of 4 bits
    wide = dataclasses.replace(task, input_bits=6, input_signed=True)
    _, report = freeze(toy_network(task), wide)
    assert report.certificate.input_range == (-32, 31)
    assert report.data_certificate is not None
    assert report.data_certificate.input_range == (0, 15)
    assert report.data_certificate.worst_state < report.certificate.worst_state
    assert report.to_json()["data_certificate"]["input_range"] == [0, 15]
    tokens = toy_task(input_kind="index")
    assert freeze(toy_network(tokens), tokens)[1].data_certificate is None


def test_stored_bits() -> None:
    task = toy_task()
    frozen, report = freeze(toy_network(task), task, state_bits=12)
    width = max(int(value).bit_length() for value in np.abs(frozen.output_bias)) + 1
    assert report.stored_bits == stored_bits(frozen) == 32 + 32 * 3 * 4 + 32 * 12 + 2 * 32 * 4 + 2 * width
    assert report.kilobytes == kilobytes(frozen) == report.stored_bits / 8000


def test_what_cannot_be_frozen_or_evaluated() -> None:
    lstm: Any = Baseline("lstm", input_size=3, hidden_size=4, output_size=2)
    with pytest.raises(InputError, match=r"^network must be a HadamardRNN to be frozen, not Baseline$"):
        freeze(lstm, toy_task())
    frozen, _ = freeze(toy_network(toy_task()), toy_task())
    with pytest.raises(InputError, match=r"^sequences must have shape \(T, 3\) for this network, not \(20,\)$"):
        evaluate_integers(frozen, toy_task(input_kind="index").test)


def test_biases_of_a_read_out_at_every_step_are_no_worse_than_nearest() -> None:
    """The mean effect of the rounding of biases on logits, over networks."""
    ratios = []
    for seed in range(5):
        task = toy_task(readout="every", input_kind="index")
        network = toy_network(task, seed=seed)
        frozen, _ = freeze(network, task, state_bits=12)
        nearest = np.rint(network.bias.detach().double().numpy() / frozen.state_scale)
        exact = network.bias.detach().double().numpy() / frozen.state_scale
        errors = [_drift(network, integers - exact) for integers in (frozen.bias, nearest)]
        ratios.append(errors[0] / errors[1])
    assert max(ratios) <= 1.001
    assert np.mean(ratios) < 0.95


def _drift(network: HadamardRNN, error: np.ndarray) -> float:
    """Root of the mean of |S_t e|² over the steps."""
    with torch.no_grad():
        drifting = HadamardRNN(input_size=1, hidden_size=32, output_size=1, sign_quantiser=network.sign_quantiser)
        drifting.sign_latents.copy_(network.sign_latents)
        drifting.bias.copy_(torch.from_numpy(error))
        return float(drifting.states(torch.zeros(1, STEPS, 1)).square().sum(-1).mean().sqrt())
