"""The dense recurrence equals the definition in every row of every step, and takes exactly the clocks it says."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from hadamrnn.errors import InputError
from hadamrnn.hw.dense.recurrence import DenseRecurrence
from hadamrnn.hw.parameters import CoreParameters
from hadamrnn.hw.widths import drives
from hadamrnn.quant.integer import DenseNetwork

from ..streams import StreamBench, Transfer, payloads_of
from .networks import activated, rounded_product, small_dense


def random_drives(network: DenseNetwork, steps: int, seed: int) -> np.ndarray:
    """What each unit can be driven with, many at the ends, some small; shape ``(steps, d)``."""
    generator = np.random.default_rng(seed)
    low, high = drives(network)
    shape = (steps, network.hidden_size)
    values = np.clip(generator.integers(low, high + 1, shape) >> generator.integers(0, 6, shape), low, high)
    return np.where(generator.random(shape) < 0.2, np.where(generator.random(shape) < 0.5, low, high), values)


def check(
    network: DenseNetwork, lengths: list[int], *, stall: float = 0.0, seed: int = 0, **choices: Any
) -> tuple[DenseRecurrence, list[Transfer]]:
    """Run sequences of the given lengths; every state and every handed state must be right. Returns the trace."""
    recurrence = DenseRecurrence(network, CoreParameters(trace=True, **choices))
    lanes, values = recurrence.parameters.lanes, random_drives(network, sum(lengths), seed)
    last = np.isin(np.arange(len(values)), np.cumsum(lengths) - 1)
    first = np.roll(last, 1)
    states, state = [], np.zeros(network.hidden_size, dtype=np.int64)
    for drive, begins in zip(values, first, strict=True):
        state = activated(network, drive + (0 if begins else rounded_product(network, state)))
        states.append(state)
    states = np.array(states)
    rows = [
        {"values": row, "first": int(begins), "last": int(ends)}
        for drive, begins, ends in zip(values, first, last, strict=True)
        for row in drive.reshape(-1, lanes).tolist()
    ]
    bench = StreamBench(recurrence, stall=stall, seed=seed, patient=stall > 0 and seed % 2 == 1)
    bench.send(recurrence.drive, rows)
    trace = bench.receive(recurrence.trace, len(rows))
    every = network.readout == "every"
    expected = states if every else states[last]
    handed = bench.receive(recurrence.last_state, expected.size // lanes)
    bench.run()
    np.testing.assert_array_equal(np.array(payloads_of(trace)).reshape(states.shape), states)
    got = payloads_of(handed)
    if every:
        assert [row["last"] for row in got] == np.repeat(last, len(rows) // len(last)).tolist()
        got = [row["words"] for row in got]
    np.testing.assert_array_equal(np.array(got).reshape(expected.shape), expected)
    return recurrence, trace


@pytest.mark.parametrize("hidden_size, lanes, multipliers", [(8, 2, 4), (12, 4, 2), (6, 6, 6)])
def test_binary_weights_under_back_pressure(hidden_size: int, lanes: int, multipliers: int) -> None:
    network = small_dense(hidden_size, binary=True, activation="modrelu", seed=hidden_size)
    check(network, [3, 1, 4], stall=0.4, seed=hidden_size, lanes=lanes, recurrent_multipliers=multipliers)


ACTIVATIONS = ("none", "relu", "modrelu")
SHAPES = [  # d, P, M: M a divisor and a multiple of P, whole and not whole parts, one row, one part, all at once
    (8, 1, 1),
    (8, 1, 3),
    (8, 2, 1),
    (8, 2, 4),
    (12, 4, 2),
    (12, 4, 8),
    (12, 6, 2),
    (9, 3, 9),
    (10, 5, 5),
    (8, 8, 1),
    (8, 8, 8),
    (6, 2, 6),
    (1, 1, 1),
]


@pytest.mark.quick(8)
@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("hidden_size, lanes, multipliers", [(8, 1, 3), (12, 4, 2), (8, 2, 4), (6, 6, 6)])
def test_back_pressure(hidden_size: int, lanes: int, multipliers: int, seed: int) -> None:
    readout = ("last", "every")[seed // 3 % 2]
    network = small_dense(hidden_size, activation=ACTIVATIONS[seed % 3], readout=readout, seed=seed)
    stall = 0.3 + 0.2 * (seed % 3)
    check(network, [2, 1, 3], stall=stall, seed=seed, lanes=lanes, recurrent_multipliers=multipliers)


@pytest.mark.quick(6)
@pytest.mark.parametrize("activation", ["relu", "modrelu"])
@pytest.mark.parametrize(
    "state_bits, recurrent_bits, multiplier",
    [(2, 8, 3), (3, 1, 1), (8, 2, 1 << 14), (16, 8, 21845), (24, 3, (1 << 15) - 1), (32, 8, 1 << 14)],
)
def test_formats(state_bits: int, recurrent_bits: int, multiplier: int, activation: str) -> None:
    formats = {"state_bits": state_bits, "recurrent_bits": recurrent_bits, "recurrent_multiplier": multiplier}
    network = small_dense(4, activation=activation, seed=state_bits, input_shift=-2, **formats)
    check(network, [4, 2], lanes=2, recurrent_multipliers=2)


@pytest.mark.quick(10)
@pytest.mark.parametrize("activation", ["none", "modrelu"])
@pytest.mark.parametrize("hidden_size, lanes, multipliers", SHAPES)
def test_cycles_per_step_exactly(hidden_size: int, lanes: int, multipliers: int, activation: str) -> None:
    network = small_dense(hidden_size, activation=activation)
    recurrence, trace = check(network, [4, 3], lanes=lanes, recurrent_multipliers=multipliers)
    schedule = recurrence.schedule
    first_rows = [transfer.clock for transfer in trace[:: schedule.rows]]
    assert {later - earlier for earlier, later in pairwise(first_rows)} == {schedule.cycles_per_step}
    parts = -(-hidden_size // multipliers)
    assert schedule.cycles_per_step == hidden_size // lanes * parts + schedule.idle_cycles


def test_without_trace() -> None:
    recurrence = DenseRecurrence(small_dense(), CoreParameters(lanes=2))
    assert "trace" not in recurrence.signature.members


@pytest.mark.parametrize(
    "choices, message",
    [
        ({"lanes": 3}, "lanes must divide the hidden size 12 and be at most 12, not 5"),
        ({"recurrent_multipliers": 13}, "recurrent_multipliers must be at most the hidden size, 12, not 13"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(choices: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=f"^{message}$"):
        DenseRecurrence(small_dense(12), CoreParameters(**choices | ({"lanes": 5} if "lanes" in choices else {})))
