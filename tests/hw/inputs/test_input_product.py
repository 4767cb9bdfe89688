"""The input side: bias and shifted products of every row, half to even, under any back-pressure."""

from typing import Any

import numpy as np
import pytest

from hadamrnn.hw.inputs.input_product import InputProduct
from hadamrnn.quant.integer import IntegerNetwork

from ..drives import expected_rows
from ..networks import random_inputs, random_network
from ..streams import StreamBench, Transfer, payloads_of

START = 2  # the coefficient memory holds its first word out from the second clock on


def steps_of(inputs: np.ndarray) -> list[dict[str, Any]]:
    """One sequence of inputs, shape ``(T, m)``, as steps."""
    return [
        {"elements": elements, "first": int(t == 0), "last": int(t == len(inputs) - 1)}
        for t, elements in enumerate(inputs.tolist())
    ]


def run(
    network: IntegerNetwork, lanes: int, inputs: np.ndarray, *, stall: float = 0.0, patient: bool = False
) -> tuple[InputProduct, list[Transfer], list[Transfer]]:
    component = InputProduct(network, lanes)
    bench = StreamBench(component, stall=stall, seed=lanes, patient=patient)
    sent = bench.send(component.step, steps_of(inputs), start=START)
    received = bench.receive(component.drive, len(inputs) * network.hidden_size // lanes)
    bench.run()
    return component, sent, received


@pytest.mark.quick(16)
@pytest.mark.parametrize("stall, patient", [(0.0, False), (0.4, False), (0.2, True)])
@pytest.mark.parametrize("input_signed", [False, True])
@pytest.mark.parametrize("input_size", [1, 2, 3, 4, 5])
def test_vectors(input_size: int, input_signed: bool, stall: float, patient: bool) -> None:
    network = random_network(
        8, 8, input_size=input_size, input_signed=input_signed, input_shift=-2, corners=input_size == 2
    )
    inputs = random_inputs(network, 1, 8, seed=input_size)[0]
    _, _, received = run(network, 2, inputs, stall=stall, patient=patient)
    assert payloads_of(received) == expected_rows(network, 2, inputs)


@pytest.mark.quick(10)
@pytest.mark.parametrize("corners", [False, True])
@pytest.mark.parametrize("input_shift", [-32, -13, -12, -11, -4, -1, 0, 1, 7, 32])
def test_shifts_of_both_signs(input_shift: int, corners: bool) -> None:
    network = random_network(8, 8, input_shift=input_shift, corners=corners, seed=input_shift + 40)
    inputs = np.concatenate([random_inputs(network, 1, 10)[0], [[0], [255], [128]]])
    _, _, received = run(network, 4, inputs, stall=0.2)
    assert payloads_of(received) == expected_rows(network, 4, inputs)


def test_ties_round_to_even() -> None:
    network = random_network(16, 16, input_bits=4, input_shift=-3)
    inputs = np.arange(16)[:, None]
    products = inputs @ network.input_weight.T.astype(np.int64)
    ties = products[products % 8 == 4] // 8
    assert {0, 1} == set(ties % 2)
    _, _, received = run(network, 4, inputs)
    assert payloads_of(received) == expected_rows(network, 4, inputs)


@pytest.mark.parametrize("input_bits, weight_bits", [(1, 1), (1, 8), (16, 2), (32, 4)])
def test_formats(input_bits: int, weight_bits: int) -> None:
    network = random_network(
        8, 8, input_size=2, input_bits=input_bits, input_signed=True, weight_bits=weight_bits, input_shift=-1
    )
    inputs = random_inputs(network, 1, 8)[0]
    _, _, received = run(network, 8, inputs, stall=0.2)
    assert payloads_of(received) == expected_rows(network, 8, inputs)


@pytest.mark.quick(10)
@pytest.mark.parametrize("lanes", [1, 2, 8])
@pytest.mark.parametrize("input_size", [1, 2, 3, 4, 5, 8, 9])
def test_latency_and_one_row_per_clock(input_size: int, lanes: int) -> None:
    network = random_network(8, 8, input_size=input_size)
    component, sent, received = run(network, lanes, random_inputs(network, 1, 5)[0])
    assert component.latency == 3 + int(np.ceil(np.log2(input_size)))
    offered = START + 1  # the clock edge at which row 0 of the first step is issued
    assert sent[0].clock == offered + component.rows - 1
    first = offered + component.latency
    assert [transfer.clock for transfer in received] == list(range(first, first + 5 * component.rows))
