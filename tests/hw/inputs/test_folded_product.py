"""The folded input side: bias and shifted products of every row from its parts, under any back-pressure."""

from typing import Any

import numpy as np
import pytest

from hadamrnn.hw.inputs.folded_product import FoldedProduct
from hadamrnn.hw.inputs.input_format import InputFormat
from hadamrnn.hw.parameters import CoreParameters
from hadamrnn.quant.integer import IntegerNetwork

from ..drives import expected_rows
from ..networks import random_inputs, random_network
from ..streams import StreamBench, Transfer, payloads_of

START = 2  # the coefficient memory holds its first word out from the second clock on


def parts_of(network: IntegerNetwork, form: InputFormat, rows: int, inputs: np.ndarray) -> list[dict[str, Any]]:
    """One sequence of inputs, shape ``(T, m)``, as parts."""
    padded = np.zeros((len(inputs), form.fold * form.multipliers), dtype=np.int64)
    padded[:, : network.input_size] = inputs
    return [
        {"elements": elements, "first": int(t == 0), "last": int(t == len(inputs) - 1)}
        for t, step in enumerate(padded.reshape(len(inputs), form.fold, -1).tolist())
        for elements in step * rows
    ]


def run(
    network: IntegerNetwork, lanes: int, multipliers: int, inputs: np.ndarray, *, stall: float = 0.0
) -> tuple[FoldedProduct, list[Transfer], list[Transfer]]:
    form = InputFormat.of(network, CoreParameters(input_multipliers=multipliers))
    component = FoldedProduct(network, form, lanes)
    rows = network.hidden_size // lanes
    bench = StreamBench(component, stall=stall, seed=lanes, patient=stall > 0 and lanes > 1)
    sent = bench.send(component.part, parts_of(network, form, rows, inputs), start=START)
    received = bench.receive(component.drive, len(inputs) * rows)
    bench.run()
    assert payloads_of(received) == expected_rows(network, lanes, inputs)
    return component, sent, received


@pytest.mark.quick(16)
@pytest.mark.parametrize("stall", [0.0, 0.4])
@pytest.mark.parametrize("lanes", [1, 2, 8])
@pytest.mark.parametrize("input_size, multipliers", [(2, 1), (5, 1), (5, 2), (5, 4), (9, 3)])
def test_every_fold(input_size: int, multipliers: int, lanes: int, stall: float) -> None:
    signed = input_size == 5
    network = random_network(8, 8, input_size=input_size, input_signed=signed, input_shift=-2, corners=lanes == 2)
    run(network, lanes, multipliers, random_inputs(network, 1, 5, seed=input_size)[0], stall=stall)


@pytest.mark.parametrize("input_shift", [-32, -13, -4, -1, 0, 1, 32])
def test_shifts_of_both_signs(input_shift: int) -> None:
    network = random_network(8, 8, input_size=3, input_shift=input_shift, seed=input_shift + 40)
    run(network, 4, 2, random_inputs(network, 1, 8)[0], stall=0.2)


def test_ties_are_rounded_after_the_sum() -> None:
    network = random_network(16, 16, input_size=4, input_bits=4, input_shift=-3)
    inputs = random_inputs(network, 1, 16, seed=2)[0]
    products = inputs @ network.input_weight.T.astype(np.int64)
    assert {0, 1} == set(products[products % 8 == 4] // 8 % 2)
    run(network, 4, 1, inputs)


@pytest.mark.parametrize("input_bits, weight_bits", [(1, 1), (1, 8), (16, 2), (32, 4)])
def test_formats(input_bits: int, weight_bits: int) -> None:
    formats: dict[str, Any] = {"input_bits": input_bits, "input_signed": True, "weight_bits": weight_bits}
    network = random_network(8, 8, input_size=3, input_shift=-1, **formats)
    run(network, 8, 1, random_inputs(network, 1, 8)[0], stall=0.2)


@pytest.mark.parametrize("lanes", [1, 8])
@pytest.mark.parametrize("input_size, multipliers", [(2, 1), (5, 2), (9, 4)])
def test_latency_and_one_part_per_clock(input_size: int, multipliers: int, lanes: int) -> None:
    network = random_network(8, 8, input_size=input_size)
    component, sent, received = run(network, lanes, multipliers, random_inputs(network, 1, 4)[0])
    assert component.latency == 4 + int(np.ceil(np.log2(multipliers)))
    assert set(np.diff([transfer.clock for transfer in sent])) == {1}
    fold = component.form.fold
    assert received[0].clock == sent[fold - 1].clock + component.latency
    assert set(np.diff([transfer.clock for transfer in received])) == {fold}


@pytest.mark.parametrize("stall", [0.0, 0.4])
def test_void_parts_are_rows_and_use_no_coefficients(stall: float) -> None:
    network, lanes, channels = random_network(8, 8, input_size=5), 2, 3
    form = InputFormat.of(network, CoreParameters(input_multipliers=2))
    component = FoldedProduct(network, form, lanes, channels)
    inputs = random_inputs(network, 1, 4)[0]
    rows = network.hidden_size // lanes
    parts, expected = [], []
    own = parts_of(network, form, rows, inputs)
    own_rows = expected_rows(network, lanes, inputs)
    for step in range(len(inputs)):
        slot = {"void": 0, "channel": step % channels}
        parts += [part | slot for part in own[step * rows * form.fold :][: rows * form.fold]]
        expected += [row | slot for row in own_rows[step * rows :][:rows]]
        for _ in range(step):
            void = {"void": 1, "channel": (step + 1) % channels}
            parts.append({"elements": [255] * form.multipliers, "first": 1, "last": 1} | void)
            expected.append(void)
    bench = StreamBench(component, stall=stall, seed=5)
    bench.send(component.part, parts, start=START)
    received = bench.receive(component.drive, len(expected))
    bench.run()
    found = payloads_of(received)
    assert [{key: row[key] for key in want} for row, want in zip(found, expected, strict=True)] == expected
