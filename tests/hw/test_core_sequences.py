"""Sequence after sequence through one core: back to back, malformed, cut off by a reset."""

import random
from typing import Any

import numpy as np
import pytest

from .cores import CoreBench, InputSequence, beats_of, random_sequences
from .networks import random_inputs, random_network
from .streams import axi_port


@pytest.mark.quick(6)
@pytest.mark.parametrize("stall", [0.0, 0.4])
@pytest.mark.parametrize("hidden_size, block_size, lanes", [(16, 16, 1), (16, 4, 2), (8, 8, 8)])
@pytest.mark.parametrize("output", ["class", "logits"])
def test_one_step_sequences_back_to_back(
    hidden_size: int, block_size: int, lanes: int, output: str, stall: float
) -> None:
    network = random_network(hidden_size, block_size)
    bench = CoreBench(network, stall=stall, trace=True, lanes=lanes, output=output)
    bench.run(random_sequences(network, [1] * 8))


@pytest.mark.parametrize("stages_per_register", [0, 1])
def test_result_comes_although_no_further_input_is_offered(stages_per_register: int) -> None:
    network = random_network(16, 16)
    bench = CoreBench(network, stages_per_register=stages_per_register)
    bench.run(random_sequences(network, [2]))
    assert bench.results[-1].clock > bench.sent[-1].clock


@pytest.mark.quick(6)
@pytest.mark.parametrize("lanes", [1, 2, 16])
@pytest.mark.parametrize("start", [0, 1, 2, 3])
def test_first_sequence_right_after_reset(start: int, lanes: int) -> None:
    network = random_network(16, 16, output_size=5)
    bench = CoreBench(network, trace=True, lanes=lanes, output="logits")
    bench.run(random_sequences(network, [1, 2]), start=start)


@pytest.mark.quick(5)
@pytest.mark.parametrize("stall", [0.0, pytest.param(0.3, marks=pytest.mark.long)])
@pytest.mark.parametrize("lanes", [1, 4])
@pytest.mark.parametrize("moment", [1, 2, 5, 11, 19, 26, 34, 47, 61])
def test_reset_in_the_middle_of_a_sequence(moment: int, lanes: int, stall: float) -> None:
    network = random_network(16, 8, input_size=2, output_size=3)
    bench = CoreBench(network, stall=stall, seed=moment, trace=True, lanes=lanes, output="logits")
    before = beats_of(bench.core, random_sequences(network, [4, 4, 4], seed=1))
    bench.bench.send(bench.input, before, until=moment)
    bench.bench.reset(moment)
    bench.run(random_sequences(network, [2, 3], seed=2), start=moment + 1)


@pytest.mark.quick(5)
@pytest.mark.parametrize("stall", [0.0, 0.4])
@pytest.mark.parametrize("input_size, surplus", [(2, 1), (3, 1), (3, 2), (4, 3)])
@pytest.mark.parametrize("steps", [0, 1, 3])
def test_malformed_sequence_between_others(steps: int, input_size: int, surplus: int, stall: float) -> None:
    network = random_network(8, 4, input_size=input_size)
    good = random_sequences(network, [2, 1])
    malformed = InputSequence(random_inputs(network, 1, 4)[0, :steps], surplus)
    bench = CoreBench(network, stall=stall, trace=True, lanes=2, output="logits")
    bench.run([good[0], malformed, good[1]])


@pytest.mark.parametrize("seed", range(4))
def test_many_malformed_sequences(seed: int) -> None:
    generator = random.Random(seed)
    network = random_network(8, 8, input_size=3, seed=seed)
    inputs = random_inputs(network, 14, 3, seed=seed)
    sequences = [
        InputSequence(inputs[i, : generator.randint(0, 3)], generator.choice([1, 2]))
        if generator.random() < 0.6
        else InputSequence(inputs[i, : generator.randint(1, 3)])
        for i in range(len(inputs))
    ]
    bench = CoreBench(network, stall=0.2 * seed, seed=seed, trace=True, lanes=(1, 8)[seed % 2])
    bench.run(sequences)


@pytest.mark.parametrize("pause", [200, 203, 210, 222])
@pytest.mark.parametrize("stages_per_register", [0, 1])
def test_latency_does_not_depend_on_the_pause_before(stages_per_register: int, pause: int) -> None:
    network = random_network(16, 16, output_size=4)
    bench = CoreBench(network, stages_per_register=stages_per_register)
    first, second = random_sequences(network, [2, 3])
    bench.bench.send(bench.input, beats_of(bench.core, [first]))
    sent = bench.bench.send(bench.input, beats_of(bench.core, [second]), start=pause)
    results = bench.bench.receive(axi_port(bench.core, "m_axis"), 2)
    bench.bench.run()
    assert results[0].clock < sent[0].clock
    assert results[1].clock - sent[0].clock == bench.core.data_sheet.sequence_latency(3)


def test_malformed_sequence_alone_gives_nothing() -> None:
    network = random_network(8, 8, input_size=2)
    bench = CoreBench(network, trace=True)
    bench.run([InputSequence(np.zeros((0, 2), dtype=np.int64), 1)])
    assert bench.errors == [bench.sent[0].clock + 1]
    assert bench.results == []


def test_sink_that_takes_nothing_stops_the_source() -> None:
    network = random_network(8, 8)
    bench = CoreBench(network, lanes=1)
    beats = beats_of(bench.core, random_sequences(network, [1] * 40))
    sent = bench.bench.send(bench.input, beats, until=600)
    bench.bench.run()
    assert 0 < len(sent) < 8


@pytest.mark.quick(5)
@pytest.mark.parametrize("stall", [0.0, 0.4])
@pytest.mark.parametrize("readout", ["last", "every"])
@pytest.mark.parametrize("steps, rest", [(0, 0), (0, 2), (1, 0), (3, 1)])
def test_wrong_index_drops_the_rest_of_its_sequence(steps: int, rest: int, readout: str, stall: float) -> None:
    network = random_network(8, 4, input_size=5, input_kind="index", readout=readout)
    good = random_sequences(network, [2, 1])
    malformed = InputSequence(random_inputs(network, 1, 4)[0, :steps], wrong=rest)
    bench = CoreBench(network, stall=stall, trace=True, lanes=2, output=("class", "logits")[steps % 2])
    bench.run([good[0], malformed, malformed, good[1]])


@pytest.mark.quick(6)
@pytest.mark.parametrize("stall", [0.0, 0.4])
@pytest.mark.parametrize("surplus", [1, 2])
@pytest.mark.parametrize("input_beat, input_multipliers", [(1, 1), (2, 2), (2, 4), (3, 1)])
def test_malformed_sequence_where_products_are_folded(
    input_beat: int, input_multipliers: int, surplus: int, stall: float
) -> None:
    network = random_network(8, 4, input_size=7, readout=("last", "every")[surplus % 2])
    good = random_sequences(network, [2, 1])
    malformed = InputSequence(random_inputs(network, 1, 4)[0, :2], surplus)
    choices = {"input_beat": input_beat, "input_multipliers": input_multipliers}
    bench = CoreBench(network, stall=stall, trace=True, lanes=2, output="logits", **choices)
    bench.run([good[0], malformed, good[1]])


@pytest.mark.quick(6)
@pytest.mark.parametrize("moment", [1, 2, 5, 11, 19, 26, 34, 47])
@pytest.mark.parametrize("formats", [{"input_kind": "index", "input_size": 3}, {"input_size": 9}])
def test_reset_in_the_middle_where_every_step_has_a_result(formats: dict[str, Any], moment: int) -> None:
    network = random_network(16, 8, readout="every", **formats)
    bench = CoreBench(network, stall=0.3, seed=moment, trace=True, lanes=2, output="logits")
    before = beats_of(bench.core, random_sequences(network, [4, 4, 4], seed=1))
    bench.bench.send(bench.input, before, until=moment)
    bench.bench.reset(moment)
    bench.run(random_sequences(network, [2, 3], seed=2), start=moment + 1)
