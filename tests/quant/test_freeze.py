"""Freezing: the integers do what the floats do, checked with a step loop of its own and with the reference."""

from typing import Any

import numpy as np
import pytest
import torch

from hadamrnn.errors import InputError
from hadamrnn.model.network import HadamardRNN
from hadamrnn.model.task import Split, Task
from hadamrnn.quant.freeze import freeze
from hadamrnn.quant.integer import IntegerNetwork, quantise_inputs, read_network, write_network
from hadamrnn.quant.quantisers import sign_quantiser, weight_quantiser
from hadamrnn.sim import reference


def task(inputs: int = 1, steps: int = 40, *, integers: bool = True) -> Task:
    """Random sequences of two classes; pixels of 1/16, or signed reals."""
    random = np.random.default_rng(0)

    def split(count: int) -> Split:
        shape = (count, steps, inputs)
        x = random.integers(0, 17, shape) / 16 if integers else random.normal(size=shape)
        return Split(x=x.astype(np.float32), y=random.integers(0, 2, count))

    scale = {"input_scale": 1 / 16} if integers else {}
    splits = {"train": split(50), "validation": split(5), "test": split(20)}
    return Task(name="toy", labels=("no", "yes"), **splits, **scale)


def network(inputs: int = 1, *, weight_bits: int | str = 4, **changes: Any) -> HadamardRNN:
    """A network with weights and biases of every kind, as after some training."""
    generator = torch.Generator().manual_seed(3)
    options = {"input_size": inputs, "hidden_size": 32, "output_size": 2, "generator": generator}
    quantisers = {
        "sign_quantiser": sign_quantiser(),
        "input_quantiser": weight_quantiser(weight_bits),
        "output_quantiser": weight_quantiser(weight_bits),
    }
    one = HadamardRNN(**options | quantisers | changes)
    with torch.no_grad():
        one.bias.normal_(std=0.05, generator=generator)
        one.output_bias.normal_(generator=generator)
    return one


def integer_states(frozen: IntegerNetwork, inputs: np.ndarray) -> np.ndarray:
    """DESIGN.md section 3 with dense matrices and Python's exact integers: another way than the reference's."""
    n, k, f = frozen.block_size, frozen.block_size.bit_length() - 1, frozen.input_shift
    index = np.arange(frozen.hidden_size)
    entries = [[(-1) ** (int(i % n) & int(j % n)).bit_count() if i // n == j // n else 0 for j in index] for i in index]
    hadamard = np.array(entries, dtype=object)
    limit = 2 ** (frozen.state_bits - 1)
    numerator, bits = (1, k // 2) if k % 2 == 0 else (23170, 15 + k // 2)

    def half_even(value: int, shift: int) -> int:
        return round(value / 2**shift) if shift > 0 else value * 2**-shift  # Python's round, below 2^53

    states = np.zeros((*inputs.shape[:2], frozen.hidden_size), dtype=object)
    for sequence, values in enumerate(inputs):
        state = np.zeros(frozen.hidden_size, dtype=object)
        for step, value in enumerate(values):
            transformed = hadamard @ state
            driven = frozen.input_weight.astype(object) @ value.astype(object)
            for unit in index:
                rotated = half_even(int(frozen.signs[unit]) * int(transformed[unit]) * numerator, bits)
                total = rotated + int(frozen.bias[unit]) + half_even(int(driven[unit]), -f)
                state[unit] = max(-limit, min(limit - 1, total))
            states[sequence, step] = state
    return states


@pytest.mark.parametrize("state_bits", [6, 12, 16])
@pytest.mark.parametrize(("block_size", "inputs"), [(32, 1), (16, 2), (8, 1), (4, 3)])
def test_integers_follow_the_floats(block_size: int, inputs: int, state_bits: int) -> None:
    toy, one = task(inputs), network(inputs, block_size=block_size)
    frozen, report = freeze(one, toy, state_bits=state_bits)
    integers = quantise_inputs(frozen, toy.test.x)
    result = reference.run(frozen, integers, return_states=True)
    assert np.array_equal(integer_states(frozen, integers[:2]), result.states[:2])

    with torch.no_grad():
        states = one.states(torch.from_numpy(toy.test.x)).numpy()
        logits = one(torch.from_numpy(toy.test.x)).numpy()
    # Each of 40 steps rounds the state, the bias, and where f < 0 the product: half an LSB each, spread by an
    # orthogonal matrix; saturation adds to it only where the test goes beyond the training split.
    error = np.abs(result.states * frozen.state_scale - states) / frozen.state_scale
    assert error.mean() < 0.3 * np.sqrt(3 * 40)
    assert error[:, 0].max() <= 5  # one step: two roundings, and the bias within four of its own
    largest = np.abs(frozen.output_weight.astype(int)).sum(1).max()
    assert (
        np.abs(result.logits * frozen.logit_scale - logits).max()
        <= (largest * error[:, -1].max() + 1) * frozen.logit_scale
    )
    assert report.largest_state <= report.state_limit


@pytest.mark.parametrize("weight_bits", [2, 4, 8, "ternary"])
def test_weights_and_signs_are_exactly_those_of_training(weight_bits: int | str) -> None:
    one = network(weight_bits=weight_bits)
    frozen, _ = freeze(one, task())
    with torch.no_grad():
        input_weight, output_weight = one.input_quantiser(one.input_weight), one.output_quantiser(one.output_weight)
    unit = frozen.state_scale * 2.0**frozen.input_shift / frozen.input_scale
    assert np.array_equal((frozen.input_weight * unit).astype(np.float32), input_weight.numpy())
    unit = frozen.logit_scale / frozen.state_scale
    assert np.array_equal((frozen.output_weight * unit).astype(np.float32), output_weight.numpy())
    assert np.array_equal(frozen.signs, one.signs.detach().numpy())
    assert frozen.weight_bits == (2 if weight_bits == "ternary" else weight_bits)
    if weight_bits == "ternary":
        assert set(frozen.input_weight.flat) == {-1, 0, 1}


def test_biases_are_within_a_few_units_and_output_biases_the_nearest() -> None:
    one = network()
    frozen, report = freeze(one, task(), state_bits=16)
    bias, output_bias = one.bias.detach().double().numpy(), one.output_bias.detach().double().numpy()
    assert np.abs(frozen.bias - bias / frozen.state_scale).max() < 4
    assert np.array_equal(frozen.output_bias, np.rint(output_bias / frozen.logit_scale))
    assert report.largest_bias == np.abs(frozen.bias).max()


def test_a_large_bias_makes_the_unit_coarser() -> None:
    one = network()
    before, _ = freeze(one, task())
    with torch.no_grad():
        one.bias.zero_()
        one.bias[0] = 1e4
        one.sign_latents.abs_()
        one.sign_latents[0] = -0.1
    frozen, _ = freeze(one, task())
    assert frozen.input_shift < before.input_shift
    assert np.abs(frozen.bias).max() <= 2047


def test_nothing_saturates_on_what_was_calibrated() -> None:
    toy = task()
    for state_bits in (8, 12):
        frozen, report = freeze(network(), toy, state_bits=state_bits)
        result = reference.run(frozen, quantise_inputs(frozen, toy.train.x), return_states=True)
        assert np.abs(result.states).max() <= report.largest_state + 0.05 * report.state_limit + 4
        assert np.abs(result.states).max() > report.state_limit / 2 ** (report.headroom_bits + 0.5)
        assert report.headroom_bits < 1.1  # one more bit would have been a finer unit
        assert report.calibration_sequences == 50


def test_real_inputs_are_calibrated_and_signed() -> None:
    toy, one = task(integers=False), network(1, block_size=16)
    frozen, _ = freeze(one, toy, state_bits=14, input_bits=10)
    assert (frozen.input_bits, frozen.input_signed) == (10, True)
    assert frozen.input_scale == pytest.approx(np.abs(toy.train.x).max() / 511)
    result = reference.run(frozen, quantise_inputs(frozen, toy.test.x))
    with torch.no_grad():
        logits = one(torch.from_numpy(toy.test.x)).numpy()
    assert np.abs(result.logits * frozen.logit_scale - logits).max() < 0.02 * np.abs(logits).max()


@pytest.mark.parametrize(("readout", "activation"), [("last", "none"), ("every", "relu")])
def test_read_out_is_carried_over(readout: str, activation: str) -> None:
    toy, one = task(), network(readout=readout, readout_activation=activation)
    frozen, _ = freeze(one, toy, state_bits=16)
    assert (frozen.readout, frozen.readout_activation) == (readout, activation)
    result = reference.run(frozen, quantise_inputs(frozen, toy.test.x))
    with torch.no_grad():
        logits = one(torch.from_numpy(toy.test.x)).numpy()
    assert result.logits.shape == logits.shape
    assert np.abs(result.logits * frozen.logit_scale - logits).max() < 0.01 * np.abs(logits).max()


def test_file_and_origin(tmp_path: Any) -> None:
    frozen, report = freeze(network(), task(), trained={"seed": 3})
    write_network(frozen, tmp_path / "n.safetensors")
    assert read_network(tmp_path / "n.safetensors") == frozen
    assert (frozen.labels, frozen.trained) == (("no", "yes"), {"seed": 3})
    assert report.to_json()["input_shift"] == frozen.input_shift


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"state_bits": 3}, "state_bits must be 4 to 24, not 3"),
        ({"state_bits": 25}, "state_bits must be 4 to 24, not 25"),
        ({"input_bits": 0}, "input_bits must be 1 to 16, not 0"),
    ],
)
def test_refuses_bits_that_cannot_be(options: dict[str, int], message: str) -> None:
    with pytest.raises(InputError) as error:
        freeze(network(), task(), **options)
    assert str(error.value) == message


def test_refuses_networks_without_integers() -> None:
    plain = HadamardRNN(input_size=1, hidden_size=8, output_size=2)
    with pytest.raises(InputError, match=r"^sign_quantiser must be a Quantiser .* not StraightThroughSign$"):
        freeze(plain, task())


@pytest.mark.parametrize("name", ["bias", "input_weight"])
@pytest.mark.parametrize("value", [torch.inf, torch.nan])
def test_refuses_weights_that_are_not_finite(name: str, value: float) -> None:
    one = network()
    with torch.no_grad():
        getattr(one, name)[0] = value
    with pytest.raises(InputError, match=r"^states must be finite to be calibrated"):
        freeze(one, task())
