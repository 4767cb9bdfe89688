from dataclasses import replace

import numpy as np
import pytest

from hadamrnn.errors import InputError
from hadamrnn.quant.integer import walsh_hadamard
from hadamrnn.sim.reference import run
from hadamrnn.sim.state_error import state_error
from hadamrnn.sim.stimulus import random_network

from ..quant.dense_networks import dense_network


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


def test_what_has_no_such_states_is_refused() -> None:
    network = random_network(0, hidden_size=8, block_size=8)
    with pytest.raises(InputError, match="inputs must have shape"):
        state_error(network, np.zeros((2, 3), dtype=np.int64))
    with pytest.raises(InputError, match="must be of family hadamard"):
        state_error(dense_network(), np.zeros((1, 1, 1), dtype=np.int64))  # type: ignore[arg-type]
