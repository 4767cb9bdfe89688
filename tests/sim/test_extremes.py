"""Sequences with large sums: they reach farther than many random ones, in every format of network."""

import numpy as np
import pytest

from hadamrnn.quant.integer import FrozenNetwork
from hadamrnn.sim import reference
from hadamrnn.sim.extremes import MOST_SUMS, extreme_inputs
from hadamrnn.sim.mutation.suite import suite
from hadamrnn.sim.stimulus import corner_inputs, random_dense_network


def partial_logits(network: FrozenNetwork, inputs: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Logits of all states as their units add up."""
    states = reference.run(network, inputs, lengths=lengths, return_states=True).states
    assert states is not None
    flat = states.reshape(-1, 1, network.hidden_size).astype(np.int64)
    flat = np.maximum(flat, 0) if network.readout_activation == "relu" else flat
    return np.cumsum(flat * network.output_weight, axis=2) + network.output_bias[:, None]


@pytest.mark.quick("0", "4")
@pytest.mark.parametrize("number", [0, 3, 4, 5])
def test_farther_than_random_sequences(number: int) -> None:
    check_farther(suite()[number].network)


@pytest.mark.parametrize("activation", ["none", "relu", "modrelu"])
def test_of_a_dense_network(activation: str) -> None:
    formats = {"state_bits": 6, "weight_bits": 3, "input_bits": 3}
    check_farther(random_dense_network(3, hidden_size=8, output_size=2, activation=activation, **formats))


def check_farther(network: FrozenNetwork) -> None:
    inputs, lengths = extreme_inputs(network, 0, steps=10)
    assert len(inputs) == len(lengths) <= MOST_SUMS
    assert lengths.min() >= 1
    extreme = partial_logits(network, inputs, lengths)
    random = partial_logits(network, *corner_inputs(network, 0, sequences=4 * len(inputs), steps=10))
    assert extreme.min() <= random.min()
    assert extreme.max() >= random.max()


def test_a_sum_that_needs_its_highest_bit() -> None:
    """A logit below −256 takes several steps, with every unit of a negative weight near its limit."""
    network = suite()[2].network
    inputs, lengths = extreme_inputs(network, 0, steps=10)
    assert partial_logits(network, inputs, lengths).min() < -256
    assert partial_logits(network, inputs[:, :3], np.minimum(lengths, 3)).min() >= -256


def test_drawn_alike() -> None:
    network = suite()[3].network
    first, second = extreme_inputs(network, 5, steps=4), extreme_inputs(network, 5, steps=4)
    assert np.array_equal(first[0], second[0])
    assert np.array_equal(first[1], second[1])
    assert first[0].shape[1:] == (4, network.input_size)
