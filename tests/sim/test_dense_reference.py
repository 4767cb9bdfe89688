"""The reference of a dense network against its definition, unit by unit."""

from typing import Any

import numpy as np
import pytest

from hadamrnn.sim import reference

from ..quant.dense_networks import GRID, dense_inputs, dense_network
from .scalar_dense_model import step
from .scalar_model import read_out


@pytest.mark.parametrize("options", GRID, ids=str)
def test_every_state_and_logit_equals_the_definition(options: dict[str, Any]) -> None:
    network = dense_network(**options)
    inputs = dense_inputs(network, 8, 12)
    lengths = np.random.default_rng(5).integers(1, 13, 8)
    found = reference.run(network, inputs, lengths=lengths, return_states=True)
    assert found.states is not None
    saturations = 0
    for number, length in enumerate(lengths.tolist()):
        state = [0] * network.hidden_size
        for t in range(length):
            state, clipped, _ = step(network, state, inputs[number, t])
            saturations += clipped
            assert found.states[number, t].tolist() == state
            if network.readout == "every":
                assert found.logits[number, t].tolist() == read_out(network, state)
        if network.readout == "last":
            assert found.logits[number].tolist() == read_out(network, state)
    assert found.saturations == saturations


def test_the_grid_meets_ties_and_saturation() -> None:
    clipped_in, tied_in = 0, 0
    for options in GRID:
        network = dense_network(**options)
        state, clips, ties = [0] * 8, 0, 0
        for x in dense_inputs(network, 8, 12)[0]:
            state, clipped, tied = step(network, state, x)
            clips, ties = clips + clipped, ties + tied
        clipped_in += clips > 0
        tied_in += ties > 0
    assert clipped_in >= 3
    assert tied_in >= 2


def test_the_largest_products_are_exact() -> None:
    """|W_int H| · M just below 2^61, and a shift of 62: one step from the smallest state, by hand."""
    network = dense_network(
        recurrent_weight=np.full((8, 8), -128),
        recurrent_bits=8,
        recurrent_multiplier=(1 << 15) - 1,
        recurrent_shift=0,
        state_bits=32,
        activation="modrelu",
        threshold=np.full(8, -(1 << 31)),
    )
    state = np.full((1, 8), -(1 << 31))
    following, clipped = reference.step(network, state, np.zeros((1, 2), np.int64))
    assert clipped.all()
    assert (following == (1 << 31) - 1).all()
    halved = dense_network(recurrent_weight=np.eye(8, dtype=int) * -1, recurrent_shift=62, state_bits=32)
    assert reference.step(halved, state, np.zeros((1, 2), np.int64))[0].tolist() == [halved.bias.tolist()]
