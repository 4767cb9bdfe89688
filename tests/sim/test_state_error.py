from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from hadamrnn.errors import InputError
from hadamrnn.quant.integer import walsh_hadamard
from hadamrnn.sim.reference import run
from hadamrnn.sim.state_error import state_error
from hadamrnn.sim.stimulus import random_network

from ..quant.dense_networks import dense_inputs, dense_network


@pytest.mark.parametrize(("block_size", "shift"), [(16, 0), (8, 1), (8, -3)])
def test_it_is_the_distance_from_the_matrix_written_out(block_size: int, shift: int) -> None:
    network = random_network(0, hidden_size=16, block_size=block_size, input_size=2, input_shift=shift, state_bits=18)
    random = np.random.default_rng(1)
    inputs = random.integers(0, 256, (3, 20, 2))
    lengths = np.array([20, 7, 1])
    found = state_error(network, inputs, lengths=lengths)

    matrix = network.signs[:, None] * walsh_hadamard(np.eye(16), block_size).T / np.sqrt(block_size)
    assert np.allclose(matrix @ matrix.T, np.eye(16))
    integers = run(network, inputs, lengths=lengths, return_states=True)
    assert integers.states is not None
    exact = np.zeros((3, 16))
    for t in range(20):
        exact = exact @ matrix.T + inputs[:, t] @ network.input_weight.T.astype(float) * 2.0**shift + network.bias
        distance = np.abs(integers.states[:, t] - exact)[t < lengths]
        assert found.mean[t] == pytest.approx(distance.mean(), abs=1e-9)
        assert found.largest[t] == pytest.approx(distance.max(), abs=1e-9)
    assert found.sequences.tolist() == [3] + [2] * 6 + [1] * 13
    assert found.states == 16 * (20 + 7 + 1)
    assert found.saturations == integers.saturations


def test_saturation_is_counted_by_step_and_grows_the_error() -> None:
    network = random_network(0, hidden_size=8, block_size=4, state_bits=8, input_shift=2)
    loud = np.full((2, 5, 1), network.input_range[1])
    found = state_error(network, loud)
    assert found.saturations == run(network, loud).saturations > 0
    assert found.saturated[0] > 0
    assert found.largest[0] > 1
    wide = random_network(0, hidden_size=8, block_size=4, state_bits=20, input_shift=0)
    quiet = state_error(replace(wide, bias=np.arange(8) % 3), loud)
    assert quiet.saturations == 0
    assert quiet.largest[0] == 0  # the first step adds an integer to zero: nothing is rounded
    assert 0 < quiet.largest[1:].max() < 4


def test_a_single_sequence_ends_where_its_length_says() -> None:
    network = random_network(0, hidden_size=8, block_size=8)
    inputs = np.random.default_rng(0).integers(0, 256, (2, 9, 1))
    assert len(state_error(network, inputs, lengths=[4, 2]).mean) == 4


@pytest.mark.parametrize(
    "fields", [{}, {"activation": "relu", "input_kind": "index"}, {"activation": "modrelu", "input_shift": -2}]
)
def test_a_dense_network_against_its_matrix_written_out(fields: dict[str, Any]) -> None:
    """M / 2^S = 1/8 nearly, and modReLU with thresholds of both signs."""
    network = dense_network(**({"recurrent_shift": 18, "state_bits": 12} | fields))
    inputs = dense_inputs(network, 4, 12)
    found = state_error(network, inputs)
    integers = run(network, inputs, return_states=True)
    assert integers.states is not None
    matrix = network.recurrent_weight * (network.recurrent_multiplier / 2**18)
    exact = np.zeros((4, 8))
    for t in range(12):
        driven = network.input_weight[:, inputs[:, t]].T if inputs.ndim == 2 else inputs[:, t] @ network.input_weight.T
        exact = exact @ matrix.T + driven * 2.0**network.input_shift + network.bias
        if network.activation == "relu":
            exact = np.where(exact > 0, exact, 0)
        elif network.threshold is not None:
            moved = np.where(exact > 0, exact + network.threshold, -exact + network.threshold)
            exact = np.where(moved > 0, np.copysign(moved, exact), 0) * (exact != 0)
        distance = np.abs(integers.states[:, t] - exact)
        assert found.mean[t] == pytest.approx(distance.mean(), abs=1e-9)
        assert found.largest[t] == pytest.approx(distance.max(), abs=1e-9)
    assert found.largest.max() > 0
    assert found.saturations == integers.saturations


def test_what_has_no_such_states_is_refused() -> None:
    network = random_network(0, hidden_size=8, block_size=8)
    with pytest.raises(InputError, match="inputs must have shape"):
        state_error(network, np.zeros((2, 3), dtype=np.int64))
