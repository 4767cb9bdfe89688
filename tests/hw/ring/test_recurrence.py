"""The circulating state equals the definition in every row of every step, and turns in exactly the clocks it says."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from amaranth.hdl import Module, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hadamrnn.errors import InputError
from hadamrnn.hw.parameters import CoreParameters
from hadamrnn.hw.ring.recurrence import RingRecurrence, saturated
from hadamrnn.hw.widths import Widths
from hadamrnn.quant.integer import IntegerNetwork, round_half_even_shift, saturate, walsh_hadamard

from ..networks import random_network
from ..rows import settle
from ..streams import StreamBench, Transfer, payloads_of


@dataclass(frozen=True)
class Drives:
    """What is added in each step, of shape ``(steps, d)``, and which steps are the first and last of a sequence."""

    values: np.ndarray
    first: np.ndarray
    last: np.ndarray


def random_drives(network: IntegerNetwork, lengths: list[int], seed: int) -> Drives:
    """Drives over all of their width, many at its ends, some small."""
    half = 1 << (Widths.of(network).drive - 1)
    generator = np.random.default_rng(seed)
    shape = (sum(lengths), network.hidden_size)
    values = generator.integers(-half, half, shape) >> generator.integers(0, 6, shape)
    values = np.where(generator.random(shape) < 0.2, generator.choice([-half, half - 1, 0], shape), values)
    ends = np.cumsum(lengths) - 1
    last = np.isin(np.arange(shape[0]), ends)
    return Drives(values, np.roll(last, 1), last)


def expected_states(network: IntegerNetwork, drives: Drives) -> np.ndarray:
    """H_t = sat(round(s · (I ⊗ H_n) H_{t−1} / √n) + drive), of shape ``(steps, d)``."""
    state = np.zeros(network.hidden_size, dtype=np.int64)
    states = []
    for values, first in zip(drives.values, drives.first, strict=True):
        rotated = network.signs * walsh_hadamard(np.zeros_like(state) if first else state, network.block_size)
        shift = network.block_bits // 2
        if network.block_bits % 2:
            rotated, shift = rotated * network.sqrt_half, shift + network.sqrt_half_bits
        state, _ = saturate(round_half_even_shift(rotated, shift) + values, network.state_bits)
        states.append(state)
    return np.array(states)


def rows_of(network: IntegerNetwork, drives: Drives, lanes: int) -> list[dict[str, Any]]:
    negative = (network.signs < 0).reshape(-1, lanes) @ (1 << np.arange(lanes, dtype=np.int64))
    return [
        {"values": values, "negative": int(bits), "first": int(first), "last": int(last)}
        for step, first, last in zip(drives.values, drives.first, drives.last, strict=True)
        for values, bits in zip(step.reshape(-1, lanes).tolist(), negative, strict=True)
    ]


def check(
    network: IntegerNetwork, lengths: list[int], *, stall: float = 0.0, seed: int = 0, **choices: Any
) -> tuple[RingRecurrence, list[Transfer]]:
    """Run sequences of the given lengths; every state and every last state must be right. Returns the trace."""
    recurrence = RingRecurrence(network, CoreParameters(trace=True, **choices))
    lanes, drives = recurrence.parameters.lanes, random_drives(network, lengths, seed)
    states = expected_states(network, drives)
    bench = StreamBench(recurrence, stall=stall, seed=seed, patient=stall > 0 and seed % 2 == 1)
    bench.send(recurrence.drive, rows_of(network, drives, lanes))
    trace = bench.receive(recurrence.trace, states.size // lanes)
    last_state = bench.receive(recurrence.last_state, states[drives.last].size // lanes)
    bench.run()
    np.testing.assert_array_equal(np.array(payloads_of(trace)).reshape(states.shape), states)
    np.testing.assert_array_equal(
        np.array(payloads_of(last_state)).reshape(-1, network.hidden_size), states[drives.last]
    )
    return recurrence, trace


@pytest.mark.quick(12)
@pytest.mark.parametrize("stages_per_register", [0, 1, 2, 3])
@pytest.mark.parametrize(
    "hidden_size, block_size, lanes",
    [(16, 16, 1), (16, 8, 1), (16, 4, 2), (8, 8, 8), (8, 2, 8), (8, 1, 1), (8, 4, 4), (24, 8, 2), (2, 2, 2), (1, 1, 1)],
)
def test_every_state(hidden_size: int, block_size: int, lanes: int, stages_per_register: int) -> None:
    network = random_network(hidden_size, block_size, seed=block_size)
    check(network, [3, 1, 2], lanes=lanes, stages_per_register=stages_per_register)


@pytest.mark.quick(12)
@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("hidden_size, block_size, lanes", [(16, 16, 2), (16, 8, 4), (8, 4, 1), (8, 8, 8), (8, 1, 8)])
def test_back_pressure(hidden_size: int, block_size: int, lanes: int, seed: int) -> None:
    network = random_network(hidden_size, block_size, seed=seed)
    check(network, [2, 1, 3], stall=0.3 + 0.1 * (seed % 3), seed=seed, lanes=lanes, stages_per_register=seed % 4)


@pytest.mark.parametrize("memory_depth", [2, 3, 4, 100])
@pytest.mark.parametrize("block_size", [4, 16])
def test_delay_lines_and_fifo_in_memories(block_size: int, memory_depth: int) -> None:
    check(random_network(16, block_size), [3, 2], stall=0.2, lanes=1, memory_depth=memory_depth)


@pytest.mark.parametrize("state_bits, sqrt_half_bits", [(2, 1), (2, 15), (3, 2), (8, 8), (16, 15), (24, 20), (32, 20)])
@pytest.mark.parametrize("block_size", [4, 8])
def test_formats(state_bits: int, sqrt_half_bits: int, block_size: int) -> None:
    network = random_network(8, block_size, state_bits=state_bits, sqrt_half_bits=sqrt_half_bits, input_shift=-2)
    check(network, [4, 2], lanes=2)


@pytest.mark.parametrize("stages_per_register", [0, 1, 2])
@pytest.mark.parametrize("hidden_size, block_size, lanes", [(16, 16, 1), (16, 4, 1), (16, 8, 4), (8, 8, 8), (24, 8, 1)])
def test_cycles_per_step_exactly(hidden_size: int, block_size: int, lanes: int, stages_per_register: int) -> None:
    network = random_network(hidden_size, block_size)
    recurrence, trace = check(network, [4, 3], lanes=lanes, stages_per_register=stages_per_register)
    first_rows = [transfer.clock for transfer in trace[:: recurrence.schedule.rows]]
    assert {later - earlier for earlier, later in pairwise(first_rows)} == {recurrence.schedule.cycles_per_step}


def test_without_trace() -> None:
    network = random_network(8, 8)
    recurrence = RingRecurrence(network, CoreParameters(lanes=2))
    assert "trace" not in recurrence.signature.members
    drives = random_drives(network, [3, 2], 0)
    bench = StreamBench(recurrence, stall=0.3)
    bench.send(recurrence.drive, rows_of(network, drives, 2))
    last_state = bench.receive(recurrence.last_state, 8)
    bench.run()
    expected = expected_states(network, drives)[drives.last]
    assert payloads_of(last_state) == expected.reshape(-1, 2).tolist()


class Saturation(wiring.Component):
    """:func:`saturated` as a component."""

    def __init__(self, width: int, bits: int) -> None:
        self.bits = bits
        super().__init__({"input": In(signed(width)), "output": Out(signed(bits))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.d.comb += self.output.eq(saturated(Signal.cast(self.input), self.bits))
        return m


@pytest.mark.parametrize("width, bits", [(6, 4), (6, 2), (4, 4), (3, 2), (5, 4)])
def test_saturation_of_every_value(width: int, bits: int) -> None:
    component = Saturation(width, bits)
    values = list(range(-(1 << (width - 1)), 1 << (width - 1)))
    low, high = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
    settled = settle(component, values, [component.output])
    assert settled == [(min(max(value, low), high),) for value in values]


def test_parameters_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InputError, match=r"^lanes must divide the hidden size 8 and be at most 8, not 16$"):
        RingRecurrence(random_network(8, 8), CoreParameters(lanes=16))
