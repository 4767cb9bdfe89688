"""Freezing a dense network: the integers compute what the quantised network does, to rounding."""

import copy
from typing import Any

import numpy as np
import pytest
import torch

from hadamrnn.errors import InputError
from hadamrnn.model.objective import tensors
from hadamrnn.model.orthogonal_network import OrthogonalRNN
from hadamrnn.model.task import Task
from hadamrnn.quant.freeze import freeze
from hadamrnn.quant.freeze_dense import freeze_dense, multiplier_and_shift
from hadamrnn.quant.integer import quantise_inputs
from hadamrnn.quant.integer.size import kilobytes
from hadamrnn.quant.quantisers import Quantiser, weight_quantiser
from hadamrnn.quant.recurrent_quantisers import recurrent_quantiser
from hadamrnn.sim import reference

from .tasks import toy_network, toy_task


def trained(task: Task, **changes: Any) -> OrthogonalRNN:
    """d = 24, with biases and thresholds as after some training; no threshold above 0, where modReLU jumps."""
    options: dict[str, Any] = {
        "recurrent_quantiser": recurrent_quantiser(6),
        "input_quantiser": weight_quantiser(4),
        "output_quantiser": weight_quantiser(4),
        "generator": torch.Generator().manual_seed(0),
        "input_kind": task.input_kind,
        "readout": task.readout,
    } | changes
    made = OrthogonalRNN(input_size=task.input_size, hidden_size=24, output_size=task.output_size, **options)
    with torch.no_grad():
        for parameter in (made.bias, made.output_bias, made.threshold):
            if parameter is not None:
                parameter.copy_(0.1 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(1)))
        if made.threshold is not None:
            made.threshold.copy_(-made.threshold.abs())
    return made


@pytest.mark.parametrize("activation", ["none", "relu", "modrelu"])
@pytest.mark.parametrize("strategy", ["ste-bjorck", "ptq"])
@pytest.mark.parametrize("kind", ["vector", "index"])
@pytest.mark.parametrize("readout", ["last", "every"])
def test_integers_follow_the_quantised_network(activation: str, strategy: str, kind: str, readout: str) -> None:
    task = toy_task(input_kind=kind, readout=readout, lengths=True)
    made = trained(task, activation=activation, strategy=strategy)
    frozen, report = freeze_dense(made, task, state_bits=20)
    x, _, lengths = tensors(task.test, np.arange(50), torch.device("cpu"))
    assert lengths is not None
    inputs = quantise_inputs(frozen, x.numpy()) if kind == "vector" else x.numpy()
    found = reference.run(frozen, inputs, lengths=lengths.numpy(), return_states=True)
    assert found.states is not None
    quantised = copy.deepcopy(made).double()
    quantised.quantised = True
    real = quantised.states(x.double() if kind == "vector" else x).detach()
    counts = torch.arange(20) < lengths[:, None]
    difference = torch.from_numpy(found.states) * frozen.state_scale - real
    # each step rounds by half an LSB, biases and thresholds too: after 20 steps some 20 LSB
    assert float(difference[counts].abs().max()) < 40 * frozen.state_scale
    assert found.saturations == 0
    assert 0 <= report.headroom_bits < 1
    assert report.largest_state <= report.state_limit
    # the logits, in the unit that the file says they have
    outputs = quantised.read_out(real).detach()
    last = torch.arange(50), lengths - 1
    logits = torch.from_numpy(found.logits) * frozen.logit_scale
    compared = (logits[counts] - outputs[counts]) if readout == "every" else logits - outputs[last]
    assert float(compared.abs().max()) < 1e-2


def test_the_step_is_exactly_m_over_2_to_the_s() -> None:
    task = toy_task()
    made = trained(task)
    frozen, report = freeze_dense(made, task, trained={"seed": 3})
    assert 1 << 14 <= frozen.recurrent_multiplier < 1 << 15
    product = torch.tensor(frozen.recurrent_weight.tolist()) * frozen.recurrent_scale
    assert torch.equal(product, made.recurrent_matrix())
    assert (frozen.recurrent_bits, frozen.weight_bits, frozen.state_bits) == (6, 4, 12)
    assert frozen.trained == {"seed": 3}
    assert frozen.labels == ("no", "yes")
    assert report.kilobytes == kilobytes(frozen)
    near = report.orthogonality
    assert near.step == frozen.recurrent_scale
    assert near.before == pytest.approx((1, 1), abs=1e-5)
    assert near.bounds[0] <= near.smallest < near.largest <= near.bounds[1]
    assert report.to_json()["orthogonality"] == near.to_json()


def test_what_was_trained_in_floats_is_left_as_it_is() -> None:
    task = toy_task()
    made = trained(task, strategy="ptq")
    before = made(torch.ones(1, 20, 3))
    frozen, _ = freeze_dense(made, task)
    assert not made.quantised
    assert torch.equal(made(torch.ones(1, 20, 3)), before)
    assert isinstance(made.recurrent_quantiser, Quantiser)
    integers, step = made.recurrent_quantiser.integers(made.recurrent.weight)
    assert np.array_equal(frozen.recurrent_weight, integers.numpy())
    assert frozen.recurrent_scale == step


@pytest.mark.parametrize(
    ("step", "expected"),
    [(0.5, (1 << 14, 15)), (1.0, (1 << 14, 14)), (21845 / 2**18, (21845, 18)), (2.0**-40 * 32767, (32767, 40))],
)
def test_multiplier_and_shift(step: float, expected: tuple[int, int]) -> None:
    assert multiplier_and_shift(step) == expected


@pytest.mark.parametrize("step", [0.1, 0.0, -0.5, 2.0**15, 2.0**-60])
def test_steps_that_are_not_m_over_2_to_the_s(step: float) -> None:
    with pytest.raises(InputError, match=r"^step of the recurrent matrix must be M / 2\^S with M of 15 bits, not "):
        multiplier_and_shift(step)


def test_refusals() -> None:
    task = toy_task()
    with pytest.raises(InputError, match=r"^state_bits must be 4 to 24, not 3$"):
        freeze_dense(trained(task), task, state_bits=3)
    with pytest.raises(InputError, match=r"^recurrent_quantiser must be a Quantiser for a network to be frozen"):
        freeze_dense(trained(task, recurrent_quantiser=None), task)
    with pytest.raises(InputError, match=r"^network must be a HadamardRNN to be frozen, not OrthogonalRNN$"):
        freeze(trained(task), task)  # type: ignore[arg-type]
    made = trained(task)
    with torch.no_grad():
        made.bias.fill_(float("inf"))
    with pytest.raises(InputError, match=r"^states must be finite to be calibrated, not up to "):
        freeze_dense(made, task)
    assert freeze(toy_network(task), task)[0].family == "hadamard"
