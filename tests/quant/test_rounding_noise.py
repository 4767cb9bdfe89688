"""The noise that training adds is that which the integer loop makes."""

import dataclasses
import math
from pathlib import Path

import numpy as np
import pytest
import torch

from hadamrnn.errors import InputError
from hadamrnn.model.network import HadamardRNN
from hadamrnn.model.task import Split, Task
from hadamrnn.model.walsh_hadamard import recurrent_gain
from hadamrnn.quant.configuration import parse_config
from hadamrnn.quant.experiment import train
from hadamrnn.quant.freeze import freeze
from hadamrnn.quant.integer import quantise_inputs, round_half_even_shift, walsh_hadamard
from hadamrnn.quant.integer_loop import IntegerLoop
from hadamrnn.quant.rounding_noise import check_noise, rounding_error, rounding_noise, state_rounding

from .tasks import toy_network, toy_task

STEPS = 300


def task() -> Task:
    """Pixels of 8 bits, centred, for many steps."""
    x = np.random.default_rng(0).integers(0, 256, (200, STEPS, 1)).astype(np.float32) / 255
    part = Split(x=x, y=np.arange(200) % 2)
    toy = toy_task()
    return dataclasses.replace(toy, train=part, validation=part, test=part, input_scale=1 / 255, input_bits=8)


def network(block_size: int) -> HadamardRNN:
    """Without a bias, whose rounding is no noise."""
    drawn = toy_network(task(), hidden_size=64, block_size=block_size)
    with torch.no_grad():
        drawn.bias.zero_()
        drawn.input_mean = None
    return drawn


@pytest.mark.parametrize("sqrt_half_bits", [1, 3, 15])
@pytest.mark.parametrize("block_size", [1, 2, 4, 8, 16])
def test_the_mean_square_is_that_of_rounding_states(block_size: int, sqrt_half_bits: int) -> None:
    random, k = np.random.default_rng(0), block_size.bit_length() - 1
    values = walsh_hadamard(random.integers(-2000, 2000, (2**20 // block_size, block_size)), block_size)
    shift = k // 2
    if k % 2:
        values, shift = values * round(2**sqrt_half_bits / math.sqrt(2)), shift + sqrt_half_bits
    measured = np.square(round_half_even_shift(values, shift) - values / 2**shift).mean()
    assert state_rounding(recurrent_gain(block_size, sqrt_half_bits)) == pytest.approx(measured, rel=0.01)
    assert (measured == 0) == (block_size == 1)


@pytest.mark.parametrize("block_size", [64, 16, 8, 2, 1])
def test_the_standard_deviation_is_that_of_the_integer_loop(block_size: int) -> None:
    data, drawn = task(), network(block_size)
    frozen, report = freeze(drawn, data, state_bits=12)
    assert report.headroom_bits >= 0  # nothing saturates, which would be no noise
    integers = IntegerLoop(frozen).run(torch.from_numpy(quantise_inputs(frozen, data.train.x))).last.double()
    exact = drawn.double().last_state(torch.from_numpy(data.train.x).double()).detach()
    error = integers * frozen.state_scale - exact
    expected = rounding_error(drawn.float(), data, 12, finest=2**report.headroom_bits) * math.sqrt(STEPS)
    assert float(error.std()) == pytest.approx(expected, rel=0.1)
    assert abs(float(error.mean())) < 0.1 * expected


def test_a_bit_more_halves_it() -> None:
    """But for inputs, whose rounding depends on the unit."""
    data, drawn = task(), network(16)
    assert rounding_noise(drawn, data, 7) == pytest.approx(2 * rounding_noise(drawn, data, 8), rel=0.1)


def test_a_unit_that_holds_the_products_rounds_the_states_only() -> None:
    data, drawn = task(), network(16)
    _, report = freeze(drawn, data, state_bits=24)
    unit = report.state_scale * 2**-report.headroom_bits
    expected = unit * math.sqrt((1 + 2 / 16) / 12)
    assert rounding_error(drawn, data, 24, finest=1) == pytest.approx(expected, rel=1e-3)


def test_it_is_a_share_of_the_states() -> None:
    """Which a network whose U is four times as large has four times as large, with a unit as many times as coarse."""
    data, drawn = task(), network(16)
    before = rounding_error(drawn, data, 8), rounding_noise(drawn, data, 8)
    states = drawn.last_state(torch.from_numpy(data.train.x))  # fewer than are looked at
    assert before[0] / before[1] == pytest.approx(float(states.detach().square().mean().sqrt()), rel=1e-5)
    with torch.no_grad():
        drawn.input_weight.mul_(4)
    after = rounding_error(drawn, data, 8), rounding_noise(drawn, data, 8)
    assert after == pytest.approx((4 * before[0], before[1]), rel=1e-5)


def test_states_that_are_all_zero_have_none() -> None:
    data, drawn = task(), network(16)
    with torch.no_grad():
        drawn.input_weight.zero_()
    assert rounding_noise(drawn, data, 8) == 0


@pytest.mark.parametrize(("changes", "bits"), [({"readout": "every"}, 8), ({}, 3), ({}, 25)])
def test_refusals(changes: dict, bits: int) -> None:
    data = toy_task(readout=changes.get("readout", "last"))
    with pytest.raises(InputError, match="state_bits"):
        check_noise(toy_network(data), bits)


def test_training_adds_it(tmp_path: Path) -> None:
    """Runs with it and without differ, and one that is stopped goes on to the same weights."""
    text = '[task]\nname = "digits"\n[network]\nhidden_size = 16\nsigns = "drawn"\n[training]\nepochs = 2\n'
    config = parse_config(text)
    weights = [
        train(config.replace(state_bits=bits), tmp_path / str(bits)).network.output_weight for bits in (0, 4, 24)
    ]
    assert not torch.equal(weights[0], weights[1])
    assert (weights[0] - weights[1]).abs().max() > 10 * (weights[0] - weights[2]).abs().max()  # noise of 4 bits, of 24
