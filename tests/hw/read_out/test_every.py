"""The read-out of every step: exact logits at every fold, results that leave while the next add up, in exact clocks."""

import numpy as np
import pytest

from hadamrnn.hw.read_out.arg_max import ArgMax
from hadamrnn.hw.read_out.every import ReadOutEvery
from hadamrnn.quant.integer import IntegerNetwork

from ..networks import random_network
from ..streams import StreamBench, Transfer, payloads_of

HIDDEN = 8


def network_of(outputs: int, **formats: object) -> IntegerNetwork:
    return random_network(HIDDEN, HIDDEN, output_size=outputs, readout="every", seed=outputs, **formats)


def random_states(network: IntegerNetwork, count: int, seed: int) -> np.ndarray:
    """States of shape ``(count, d)``, the first three of them the smallest, the largest and zero everywhere."""
    half = 1 << (network.state_bits - 1)
    states = np.random.default_rng(seed).integers(-half, half, (count, network.hidden_size))
    states[:3] = np.array([[-half], [half - 1], [0]])[:count]
    return states


def run(
    network: IntegerNetwork, lanes: int, multipliers: int, states: np.ndarray, *, stall: float = 0.0
) -> tuple[ReadOutEvery, list[Transfer], list[Transfer]]:
    """Every third state ends a sequence."""
    component = ReadOutEvery(network, lanes, multipliers)
    active = np.maximum(states, 0) if network.readout_activation == "relu" else states
    logits = active @ network.output_weight.T.astype(np.int64) + network.output_bias
    rows = [
        {"words": words, "last": int(t % 3 == 2)}
        for t, state in enumerate(states)
        for words in state.reshape(-1, lanes).tolist()
    ]
    expected = [
        {"logit": logit, "last": int(i == network.output_size - 1), "end": int(t % 3 == 2)}
        for t, result in enumerate(logits.tolist())
        for i, logit in enumerate(result)
    ]
    bench = StreamBench(component, stall=stall, seed=lanes + multipliers, patient=stall > 0 and lanes > 1)
    sent = bench.send(component.state, rows, start=2)
    received = bench.receive(component.logits, len(expected))
    bench.run()
    assert payloads_of(received) == expected
    return component, sent, received


@pytest.mark.quick(12)
@pytest.mark.parametrize("stall", [0.0, 0.5])
@pytest.mark.parametrize("lanes", [1, 2, 8])
@pytest.mark.parametrize("outputs, multipliers", [(1, 1), (2, 1), (3, 2), (3, 3), (5, 3), (7, 3), (10, 10)])
def test_every_fold(outputs: int, multipliers: int, lanes: int, stall: float) -> None:
    network = network_of(outputs)
    run(network, lanes, multipliers, random_states(network, 7, outputs), stall=stall)


@pytest.mark.parametrize("activation", ["relu", "none"])
@pytest.mark.parametrize("state_bits, weight_bits", [(2, 1), (2, 8), (12, 4), (16, 8), (32, 2)])
def test_formats(state_bits: int, weight_bits: int, activation: str) -> None:
    network = network_of(3, state_bits=state_bits, weight_bits=weight_bits, readout_activation=activation, corners=True)
    run(network, 2, 2, random_states(network, 6, state_bits), stall=0.2)


@pytest.mark.parametrize("lanes", [1, 2, 8])
@pytest.mark.parametrize("outputs, multipliers", [(1, 1), (3, 1), (3, 2), (10, 3), (10, 10), (20, 20)])
def test_latency_and_clocks_of_a_result(outputs: int, multipliers: int, lanes: int) -> None:
    """The last row is taken with the first of its products; a result takes its rows or its logits."""
    network = network_of(outputs)
    component, sent, received = run(network, lanes, multipliers, random_states(network, 5, 0))
    assert component.latency == 3 + int(np.log2(lanes))
    assert component.fold == -(-outputs // multipliers)
    rows = HIDDEN // lanes
    first = [transfer.clock for transfer in received[::outputs]]
    assert first[0] == sent[rows - 1].clock + component.fold - 1 + component.latency
    assert set(np.diff(first)) == {max(rows * component.fold, outputs)}
    assert sent[rows - 1].clock - sent[0].clock == (rows - 1) * component.fold


def test_result_comes_without_further_rows() -> None:
    network = network_of(3)
    run(network, 1, 1, random_states(network, 1, 3))


@pytest.mark.parametrize("stall", [0.0, 0.4])
@pytest.mark.parametrize("outputs", [1, 2, 5])
def test_classes_follow_each_other_without_a_gap(outputs: int, stall: float) -> None:
    network = network_of(outputs)
    component = ArgMax(network)
    results = np.random.default_rng(outputs).integers(-9, 9, (9, outputs))
    logits = [
        {"logit": logit, "last": int(i == outputs - 1), "end": int(t % 4 == 3)}
        for t, result in enumerate(results.tolist())
        for i, logit in enumerate(result)
    ]
    bench = StreamBench(component, stall=stall, seed=outputs, patient=stall > 0)
    bench.send(component.logits, logits)
    received = bench.receive(component.best, len(results))
    bench.run()
    best = np.argmax(results, axis=1).tolist()
    assert payloads_of(received) == [{"index": index, "last": int(t % 4 == 3)} for t, index in enumerate(best)]
    if not stall:
        assert set(np.diff([transfer.clock for transfer in received])) == {2 * outputs}
