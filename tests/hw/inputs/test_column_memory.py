"""The input side for indices: the shifted column and the bias of every row, under any back-pressure."""

from typing import Any

import numpy as np
import pytest

from hadamrnn.hw.inputs.column_memory import ColumnMemory, column_words
from hadamrnn.quant.integer import IntegerNetwork, shift_round

from ..drives import expected_rows
from ..networks import random_inputs, random_network
from ..streams import StreamBench, Transfer, payloads_of

START = 2  # the memory of biases holds its first word out from the second clock on


def run(
    network: IntegerNetwork, lanes: int, inputs: np.ndarray, *, stall: float = 0.0
) -> tuple[ColumnMemory, list[Transfer], list[Transfer]]:
    component = ColumnMemory(network, lanes)
    steps = [
        {"base": index * component.rows, "first": int(t == 0), "last": int(t == len(inputs) - 1)}
        for t, index in enumerate(inputs.tolist())
    ]
    bench = StreamBench(component, stall=stall, seed=lanes, patient=stall > 0 and lanes > 1)
    sent = bench.send(component.step, steps, start=START)
    received = bench.receive(component.drive, len(inputs) * component.rows)
    bench.run()
    assert payloads_of(received) == expected_rows(network, lanes, inputs)
    return component, sent, received


@pytest.mark.quick(12)
@pytest.mark.parametrize("stall", [0.0, 0.4])
@pytest.mark.parametrize("hidden_size, lanes", [(8, 1), (8, 2), (8, 8), (12, 4), (24, 2), (1, 1)])
@pytest.mark.parametrize("input_size", [1, 2, 5, 33])
def test_every_column(input_size: int, hidden_size: int, lanes: int, stall: float) -> None:
    """R a power of two and not, one word and many."""
    network = random_network(hidden_size, 1, input_size=input_size, input_kind="index", input_shift=2)
    inputs = np.concatenate([random_inputs(network, 1, 8, seed=lanes)[0], [0, input_size - 1, 0]])
    run(network, lanes, inputs, stall=stall)


@pytest.mark.quick(20)
@pytest.mark.parametrize("corners", [False, True])
@pytest.mark.parametrize("weight_bits", [1, 4, 8])
@pytest.mark.parametrize("input_shift", [-32, -8, -4, -2, -1, 0, 1, 32])
def test_shifts_of_both_signs(input_shift: int, weight_bits: int, corners: bool) -> None:
    formats: dict[str, Any] = {"weight_bits": weight_bits, "corners": corners, "input_shift": input_shift}
    network = random_network(8, 8, input_size=6, input_kind="index", **formats)
    run(network, 4, random_inputs(network, 1, 8)[0])


def test_ties_round_to_even_and_take_fewer_bits() -> None:
    network = random_network(32, 32, input_size=8, input_kind="index", input_shift=-2)
    entries = shift_round(network.input_weight.astype(np.int64), -2)
    ties = network.input_weight[network.input_weight % 4 == 2] // 4
    assert {0, 1} == set(ties % 2)
    words, bits = column_words(network, 1)
    assert bits == 3  # of −2 to 2
    assert words == [int(entry) % 8 for entry in entries.T.ravel()]
    run(network, 4, np.arange(8))


def test_latency_and_one_row_per_clock() -> None:
    network = random_network(8, 8, input_size=5, input_kind="index")
    component, sent, received = run(network, 2, random_inputs(network, 1, 6)[0])
    offered = START + 1
    assert sent[0].clock == offered + component.rows - 1
    assert [transfer.clock for transfer in received] == list(range(offered + 4, offered + 4 + 6 * component.rows))
