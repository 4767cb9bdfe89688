"""The read-out and the choice of a class: exact logits at every fold, in order, under any back-pressure."""

import random
from typing import Any

import numpy as np
import pytest

from hadamrnn.hw.read_out.arg_max import ArgMax
from hadamrnn.hw.read_out.last import ReadOutLast
from hadamrnn.hw.widths import Widths
from hadamrnn.quant.integer import IntegerNetwork

from ..networks import random_network
from ..streams import StreamBench, Transfer, payloads_of

HIDDEN = 8


def random_states(network: IntegerNetwork, count: int, seed: int) -> np.ndarray:
    """States of shape ``(count, d)``, the first three of them the smallest, the largest and zero everywhere."""
    half = 1 << (network.state_bits - 1)
    states = np.random.default_rng(seed).integers(-half, half, (count, network.hidden_size))
    states[:3] = np.array([[-half], [half - 1], [0]])[:count]
    return states


def expected_logits(network: IntegerNetwork, states: np.ndarray) -> list[dict[str, int]]:
    if network.readout_activation == "relu":
        states = np.maximum(states, 0)
    logits = states @ network.output_weight.T.astype(np.int64) + network.output_bias
    final = network.output_size - 1
    return [{"logit": logit, "last": int(i == final)} for row in logits.tolist() for i, logit in enumerate(row)]


def run(
    network: IntegerNetwork, lanes: int, multipliers: int, states: np.ndarray, *, stall: float = 0.0
) -> tuple[ReadOutLast, list[Transfer], list[Transfer]]:
    component = ReadOutLast(network, lanes, multipliers)
    bench = StreamBench(component, stall=stall, seed=lanes + multipliers, patient=stall > 0 and lanes > 1)
    # After reset the output biases are shifted in first: one clock each, and one for the padding of the last part.
    start = component.fold * multipliers + 2
    sent = bench.send(component.state, states.reshape(-1, lanes).tolist(), start=0 if stall else start)
    received = bench.receive(component.logits, len(states) * network.output_size)
    bench.run()
    assert payloads_of(received) == expected_logits(network, states)
    return component, sent, received


@pytest.mark.quick(18)
@pytest.mark.parametrize("stall", [0.0, 0.5])
@pytest.mark.parametrize("lanes", [1, 2, 8])
@pytest.mark.parametrize(
    "outputs, multipliers",
    [(1, 1), (2, 1), (2, 2), (3, 1), (3, 2), (3, 3), (5, 2), (5, 3), (5, 4), (7, 3), (10, 1), (10, 10)],
)
def test_every_fold(outputs: int, multipliers: int, lanes: int, stall: float) -> None:
    network = random_network(HIDDEN, HIDDEN, output_size=outputs, seed=outputs)
    component, _, _ = run(network, lanes, multipliers, random_states(network, 5, outputs), stall=stall)
    assert component.fold == -(-outputs // multipliers)


@pytest.mark.parametrize("corners", [False, True])
@pytest.mark.parametrize("activation", ["relu", "none"])
@pytest.mark.parametrize("state_bits, weight_bits", [(2, 1), (2, 8), (12, 4), (16, 8), (32, 2)])
def test_formats(state_bits: int, weight_bits: int, activation: str, corners: bool) -> None:
    network = random_network(
        HIDDEN,
        HIDDEN,
        state_bits=state_bits,
        weight_bits=weight_bits,
        readout_activation=activation,
        corners=corners,
        seed=state_bits,
    )
    run(network, 2, 2, random_states(network, 6, state_bits), stall=0.2)


def test_large_biases() -> None:
    formats: dict[str, Any] = vars(random_network(HIDDEN, HIDDEN)) | {"output_bias": [(1 << 61) - 1, -(1 << 61) + 1, 0]}
    network = IntegerNetwork(**formats)
    run(network, 2, 1, random_states(network, 4, 0))


@pytest.mark.parametrize("lanes", [1, 2, 8])
@pytest.mark.parametrize("outputs, multipliers", [(1, 1), (3, 1), (3, 2), (4, 4), (10, 3)])
def test_latency_and_clocks_per_row(outputs: int, multipliers: int, lanes: int) -> None:
    network = random_network(HIDDEN, HIDDEN, output_size=outputs)
    component, sent, received = run(network, lanes, multipliers, random_states(network, 3, 0))
    assert component.latency == 3 + int(np.log2(lanes))
    for result in range(3):
        rows = [transfer.clock for transfer in sent[result * component.rows : (result + 1) * component.rows]]
        logits = [transfer.clock for transfer in received[result * outputs : (result + 1) * outputs]]
        assert set(np.diff(rows)) <= {component.fold}
        assert logits == list(range(rows[-1] + component.latency, rows[-1] + component.latency + outputs))


def test_result_comes_without_further_rows() -> None:
    network = random_network(HIDDEN, HIDDEN)
    run(network, 1, 1, random_states(network, 1, 3))


def choose(network: IntegerNetwork, results: np.ndarray, *, stall: float = 0.0) -> tuple[list, list]:
    component = ArgMax(network)
    final = network.output_size - 1
    logits = [{"logit": logit, "last": int(i == final)} for row in results.tolist() for i, logit in enumerate(row)]
    bench = StreamBench(component, stall=stall, seed=len(results), patient=stall > 0 and final % 2 == 0)
    sent = bench.send(component.logits, logits)
    received = bench.receive(component.best, len(results))
    bench.run()
    assert payloads_of(received) == [{"index": best, "last": 1} for best in np.argmax(results, axis=1).tolist()]
    return sent, received


@pytest.mark.parametrize("stall", [0.0, 0.5])
@pytest.mark.parametrize("outputs", [1, 2, 3, 4, 5, 10])
def test_class_is_the_smallest_index_of_a_largest_logit(outputs: int, stall: float) -> None:
    network = random_network(HIDDEN, HIDDEN, output_size=outputs)
    half = 1 << (Widths.of(network).logit - 1)
    generator = np.random.default_rng(outputs)
    ties = generator.integers(-3, 0, (12, outputs))  # all negative, many equal
    corners = generator.choice([-half, half - 1, 0], (12, outputs))
    constant = np.array([[-half], [half - 1], [0], [-1]]) * np.ones((1, outputs), dtype=np.int64)
    falling = -np.arange(outputs)[None, :] - 1
    choose(network, np.concatenate([constant, ties, corners, falling, falling[:, ::-1]]), stall=stall)


def test_two_clocks_per_logit_and_one_for_the_class() -> None:
    network = random_network(HIDDEN, HIDDEN, output_size=4)
    sent, received = choose(network, np.random.default_rng(0).integers(-9, 9, (3, 4)))
    for result, transfer in enumerate(received):
        clocks = [sent[4 * result + i].clock for i in range(4)]
        assert set(np.diff(clocks)) == {2}
        assert transfer.clock == clocks[-1] + 1


@pytest.mark.parametrize("seed", range(3))
def test_read_out_and_class_together(seed: int) -> None:
    network = random_network(HIDDEN, HIDDEN, output_size=6, seed=seed, readout_activation="none")
    states = random_states(network, 6, seed)
    _, _, received = run(network, 2, 4, states, stall=0.3)
    logits = np.array([payload["logit"] for payload in payloads_of(received)]).reshape(6, 6)
    choose(network, logits, stall=random.Random(seed).random() / 2)
