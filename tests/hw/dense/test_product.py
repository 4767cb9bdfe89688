"""The recurrent product and its state memory equal a matrix product, for parts of every kind."""

from typing import Any

import numpy as np
import pytest
from amaranth.hdl import Module, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hadamrnn.hw.dense.binary_weights import is_binary
from hadamrnn.hw.dense.dense_widths import dense_widths
from hadamrnn.hw.dense.product import RecurrentProduct
from hadamrnn.hw.dense.schedule import DenseSchedule
from hadamrnn.hw.dense.state_memory import StateMemory
from hadamrnn.hw.parameters import CoreParameters
from hadamrnn.hw.row_layouts import state_layout
from hadamrnn.quant.integer import DenseNetwork

from ..simulation import plain, simulator_of
from .networks import small_dense

FLUSH = 12  # enabled clocks in which the last sums leave


class MemoryAndProduct(wiring.Component):
    """Both of them, connected."""

    def __init__(self, network: DenseNetwork, lanes: int, multipliers: int) -> None:
        parameters = CoreParameters(lanes=lanes, recurrent_multipliers=multipliers)
        self.memory = StateMemory(network, DenseSchedule.of(network, parameters), lanes, multipliers)
        self.product = RecurrentProduct(network, lanes, multipliers)
        sums = data.ArrayLayout(signed(dense_widths(network).recurrent_sum), lanes)
        super().__init__(
            {
                "enable": In(1),
                "row": In(state_layout(network, lanes)),
                "write": In(1),
                "sums": Out(sums),
                "valid": Out(1),
                "final": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.memory, m.submodules.product = memory, product = self.memory, self.product
        m.d.comb += [
            *(port.eq(self.enable) for port in (memory.enable, memory.issue, product.enable, product.issue)),
            *(getattr(product, name).eq(getattr(memory, name)) for name in ("begins", "ends", "part")),
            *(getattr(memory, name).eq(getattr(self, name)) for name in ("row", "write")),
            self.sums.eq(product.sums),
            self.valid.eq(product.valid),
            self.final.eq(memory.final),
        ]
        return m


@pytest.mark.quick(16)
@pytest.mark.parametrize("binary", [False, True])
@pytest.mark.parametrize("corners", [False, True])
@pytest.mark.parametrize(
    "hidden_size, lanes, multipliers",
    [(6, 1, 1), (7, 1, 3), (8, 4, 1), (12, 4, 2), (12, 3, 6), (10, 2, 4), (5, 5, 5), (6, 3, 6)],
)
def test_sums_of_every_row(hidden_size: int, lanes: int, multipliers: int, corners: bool, binary: bool) -> None:
    """State after state, the next one written while this one is read, with clocks that are not enabled."""
    options = {"recurrent_bits": 3, "extremes": float(corners), "binary": binary}
    network = small_dense(hidden_size, seed=hidden_size, **options)
    assert is_binary(network, multipliers) == (binary and hidden_size % multipliers == 0)
    random = np.random.default_rng(hidden_size)
    low, high = -(1 << 7), (1 << 7) - 1
    states = random.integers(low, high, (4, hidden_size), endpoint=True)
    if corners:  # the sums that their width was made for
        states = np.where(random.random(states.shape) < 0.5, low, high)
        states[1] = np.where(network.recurrent_weight[0] < 0, low, high)
    rows, parts = hidden_size // lanes, -(-hidden_size // multipliers)
    component, got = MemoryAndProduct(network, lanes, multipliers), []

    async def testbench(ctx: Any) -> None:
        for state in [*states, None]:  # each is written while the one before is read, which is 0 at first
            waiting = [] if state is None else state.reshape(rows, lanes).tolist()
            issued = 0
            while waiting or issued < rows * parts + FLUSH * (state is None):
                enabled = (issued < rows * parts or state is None) and random.random() < 0.7
                written = bool(waiting) and random.random() < 0.5
                ctx.set(component.enable, enabled)
                ctx.set(component.write, written)
                ctx.set(component.row, waiting[0] if waiting else [0] * lanes)
                if ctx.get(component.valid) and enabled:
                    got.append(plain(ctx.get(component.sums)))
                assert ctx.get(component.final) == (issued % (rows * parts) == rows * parts - 1)
                await ctx.tick()
                issued += enabled
                del waiting[: int(written)]

    simulator, _ = simulator_of(component)
    simulator.add_testbench(testbench)
    simulator.run()
    before = np.concatenate([np.zeros_like(states[:1]), states])
    expected = (before @ network.recurrent_weight.T.astype(np.int64)).reshape(-1, lanes)
    np.testing.assert_array_equal(np.array(got)[: len(expected)], expected)
