"""Every activation, and the saturation behind it, for every total around the thresholds and the ends of the state."""

from typing import Any

import numpy as np
import pytest

from hadamrnn.hw.dense.activation import Activation
from hadamrnn.hw.dense.dense_widths import dense_widths
from hadamrnn.quant.integer import DenseNetwork

from ..simulation import plain, simulator_of
from .networks import activated, small_dense


def passed(network: DenseNetwork, totals: np.ndarray) -> np.ndarray:
    """The states for totals of shape ``(rows, d)``, all units in one row."""
    component, states = Activation(network, network.hidden_size), []

    async def testbench(ctx: Any) -> None:
        await ctx.tick()  # after which the first thresholds are there
        for row in totals.tolist():
            ctx.set(component.advance, 1)
            ctx.set(component.enable, 0)
            await ctx.tick()
            ctx.set(component.totals, row)
            ctx.set(component.advance, 0)
            ctx.set(component.enable, 1)
            await ctx.tick()
            ctx.set(component.enable, 0)
            states.append(plain(ctx.get(component.states)))

    simulator, _ = simulator_of(component)
    simulator.add_testbench(testbench)
    simulator.run()
    return np.array(states)


@pytest.mark.parametrize("activation", ["none", "relu", "modrelu"])
def test_every_total(activation: str) -> None:
    """Thresholds of both signs, 0, and so large that they leave nothing or saturate everything."""
    extra = {"threshold": np.array([0, -1, 1, -3, 9, -40, 40, -16])} if activation == "modrelu" else {}
    network = DenseNetwork(
        recurrent_weight=np.full((8, 8), 1),
        recurrent_bits=3,
        recurrent_multiplier=1,
        recurrent_shift=2,
        input_weight=np.zeros((8, 1), dtype=int),
        bias=np.full(8, 1),
        output_weight=np.ones((1, 8), dtype=int),
        output_bias=np.zeros(1, dtype=int),
        state_bits=5,
        activation=activation,
        **extra,
    )
    totals = np.repeat(np.arange(-32, 32)[:, None], 8, axis=1)
    assert dense_widths(network).total == 6
    np.testing.assert_array_equal(passed(network, totals), activated(network, totals))


@pytest.mark.parametrize("state_bits", [2, 16, 32])
def test_the_largest_thresholds(state_bits: int) -> None:
    limit = 1 << 31
    threshold = np.array([-limit, limit - 1, -limit, limit - 1])
    network = small_dense(4, activation="modrelu", state_bits=state_bits, threshold=threshold)
    half = 1 << (dense_widths(network).total - 1)
    totals = np.repeat(np.array([-half, -half + 1, -1, 0, 1, half - 1])[:, None], 4, axis=1)
    np.testing.assert_array_equal(passed(network, totals), activated(network, totals))
