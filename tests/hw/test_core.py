"""The whole core equals the integer reference in every state of every step, in exactly the clocks that it says."""

from itertools import pairwise
from typing import Any

import pytest

from hadamrnn.errors import InputError
from hadamrnn.hw.core import HadamardCore
from hadamrnn.hw.parameters import CoreParameters

from .cores import CoreBench, random_sequences
from .networks import random_network

IDLE = 40  # clocks after which a core that was reset has nothing left to do

# hidden size, block size, lanes: one lane to all of them, blocks of one unit to one block, odd and even log2.
SHAPES = [
    (16, 16, 1),
    (16, 8, 1),
    (16, 4, 2),
    (16, 2, 4),
    (16, 1, 16),
    (16, 16, 16),
    (8, 8, 2),
    (8, 1, 1),
    (8, 2, 8),
    (24, 8, 4),
    (1, 1, 1),
    (2, 2, 1),
]
LONG_STAGES = [pytest.param(count, marks=pytest.mark.long) for count in (2, 3)]


@pytest.mark.quick(8)
@pytest.mark.parametrize("stages_per_register", [0, 1, *LONG_STAGES])
@pytest.mark.parametrize("hidden_size, block_size, lanes", SHAPES)
def test_shapes(hidden_size: int, block_size: int, lanes: int, stages_per_register: int) -> None:
    network = random_network(hidden_size, block_size, seed=lanes)
    output = ("class", "logits")[(hidden_size + stages_per_register) % 2]
    bench = CoreBench(network, trace=True, lanes=lanes, stages_per_register=stages_per_register, output=output)
    bench.run(random_sequences(network, [3, 1, 4]))


@pytest.mark.long
@pytest.mark.parametrize("stall", [0.0, 0.3])
@pytest.mark.parametrize("stages_per_register", [0, 1, 2])
@pytest.mark.parametrize(
    "hidden_size, block_size, lanes", [(64, 64, 1), (64, 32, 2), (64, 16, 8), (64, 64, 64), (128, 128, 1), (96, 32, 4)]
)
def test_large_cores(hidden_size: int, block_size: int, lanes: int, stages_per_register: int, stall: float) -> None:
    network = random_network(hidden_size, block_size, output_size=10, state_bits=12, corners=lanes == 2)
    bench = CoreBench(
        network, stall=stall, trace=True, lanes=lanes, stages_per_register=stages_per_register, output="logits"
    )
    bench.run(random_sequences(network, [6, 1, 3]))


@pytest.mark.parametrize("seed", range(8))
def test_back_pressure(seed: int) -> None:
    hidden_size, block_size, lanes = SHAPES[seed]
    network = random_network(hidden_size, block_size, input_size=1 + seed % 3, output_size=1 + seed % 5, seed=seed)
    output = ("class", "logits")[seed // 2 % 2]
    multipliers = 1 + seed % network.output_size
    bench = CoreBench(
        network,
        stall=0.2 + 0.1 * (seed % 5),
        patient=seed > 3,
        seed=seed,
        trace=True,
        lanes=lanes,
        output=output,
        readout_multipliers=multipliers,
    )
    bench.run(random_sequences(network, [3, 1, 1, 2], seed=seed))


@pytest.mark.quick(10)
@pytest.mark.parametrize(
    "formats",
    [
        {"state_bits": 2, "sqrt_half_bits": 1},
        {"state_bits": 8, "input_shift": 3},
        {"state_bits": 16, "weight_bits": 8, "input_bits": 16, "input_signed": True, "input_shift": -9},
        {"state_bits": 32, "weight_bits": 2, "input_bits": 32, "input_shift": -1},
        {"state_bits": 12, "weight_bits": 1, "input_bits": 1},
        {"state_bits": 12, "input_shift": -32, "input_signed": True},
        {"state_bits": 9, "readout_activation": "none", "input_bits": 5},
    ],
)
@pytest.mark.parametrize("corners", [False, True])
@pytest.mark.parametrize("block_size", [8, 4])
def test_formats(formats: dict[str, Any], corners: bool, block_size: int) -> None:
    network = random_network(8, block_size, input_size=2, corners=corners, **formats)
    bench = CoreBench(network, stall=0.1, trace=True, lanes=2, output="logits", memory_depth=2)
    bench.run(random_sequences(network, [5, 2]))


# Input kind, its size, E and M (None: what is chosen).
INPUTS = [("index", 1, 1, None), ("index", 7, 1, None), ("vector", 7, 1, 1), ("vector", 7, 3, 6), ("vector", 7, 4, 2)]


@pytest.mark.quick(8)
@pytest.mark.parametrize("readout, output", [("last", "logits"), ("every", "class"), ("every", "logits")])
@pytest.mark.parametrize(
    "hidden_size, block_size, lanes",
    [(16, 16, 1), *(pytest.param(*shape, marks=pytest.mark.long) for shape in ((24, 8, 4), (8, 8, 8))), (1, 1, 1)],
)
@pytest.mark.parametrize("kind, input_size, input_beat, multipliers", INPUTS)
def test_inputs_and_read_outs(
    kind: str,
    input_size: int,
    input_beat: int,
    multipliers: int | None,
    hidden_size: int,
    block_size: int,
    lanes: int,
    readout: str,
    output: str,
) -> None:
    """States and results under back-pressure, then the clocks of one sequence alone."""
    formats = {"input_kind": kind, "input_size": input_size, "readout": readout, "output_size": 1 + lanes % 5}
    network = random_network(hidden_size, block_size, seed=lanes, input_shift=-1, **formats)
    choices = {"lanes": lanes, "output": output, "input_beat": input_beat, "input_multipliers": multipliers}
    bench = CoreBench(network, stall=0.3, seed=lanes, patient=lanes > 1, trace=True, **choices)
    bench.run(random_sequences(network, [3, 1, 1, 2]))
    for steps in (1, 3):
        alone = CoreBench(network, trace=True, **choices)
        alone.run(random_sequences(network, [steps]), start=IDLE)
        sheet = alone.core.data_sheet
        assert alone.results[-1].clock - alone.sent[0].clock == sheet.sequence_latency(steps)
        beats = len(alone.results) // (steps if readout == "every" else 1)
        starts = alone.results[::beats] if readout == "every" else alone.rows[:: sheet.schedule.rows]
        assert {b.clock - a.clock for a, b in pairwise(starts)} <= {sheet.cycles_per_step}


@pytest.mark.parametrize("memory_depth", [2, 3, 8, 1000])
def test_memory_depths(memory_depth: int) -> None:
    network = random_network(32, 16)
    bench = CoreBench(network, trace=True, stages_per_register=2, memory_depth=memory_depth)
    bench.run(random_sequences(network, [3, 2]))


@pytest.mark.quick("16-16-1-1-1", "16-4-1-3-0", "16-8-4-5-2", "16-8-16-9-1")
@pytest.mark.parametrize("stages_per_register", [0, 1, 2])
@pytest.mark.parametrize(
    "hidden_size, block_size, lanes, input_size", [(16, 16, 1, 1), (16, 4, 1, 3), (16, 8, 4, 5), (16, 8, 16, 9)]
)
def test_cycles_per_step_exactly(
    hidden_size: int, block_size: int, lanes: int, input_size: int, stages_per_register: int
) -> None:
    network = random_network(hidden_size, block_size, input_size=input_size)
    choices = {"lanes": lanes, "stages_per_register": stages_per_register, "input_multipliers": input_size}
    bench = CoreBench(network, trace=True, **choices)
    bench.run(random_sequences(network, [5]), start=IDLE)
    core = bench.core
    assert core.data_sheet.cycles_per_step == max(core.data_sheet.schedule.cycles_per_step, input_size)
    first_rows = [transfer.clock for transfer in bench.rows[:: core.data_sheet.schedule.rows]]
    assert {later - earlier for earlier, later in pairwise(first_rows)} == {core.data_sheet.cycles_per_step}


@pytest.mark.quick(10)
@pytest.mark.parametrize("steps", [1, 4])
@pytest.mark.parametrize(
    "outputs, readout_multipliers, output",
    [(1, 1, "class"), (1, 1, "logits"), (2, 1, "logits"), (5, 2, "class"), (5, 2, "logits"), (4, 4, "class")],
)
@pytest.mark.parametrize(
    "hidden_size, block_size, lanes, input_size", [(8, 8, 1, 1), (8, 4, 2, 3), (8, 8, 8, 1), (8, 2, 8, 7)]
)
def test_sequence_latency_exactly(
    hidden_size: int,
    block_size: int,
    lanes: int,
    input_size: int,
    outputs: int,
    readout_multipliers: int,
    output: str,
    steps: int,
) -> None:
    network = random_network(hidden_size, block_size, input_size=input_size, output_size=outputs)
    bench = CoreBench(network, lanes=lanes, output=output, readout_multipliers=readout_multipliers)
    bench.run(random_sequences(network, [steps]), start=IDLE)
    assert bench.results[-1].clock - bench.sent[0].clock == bench.core.data_sheet.sequence_latency(steps)


@pytest.mark.parametrize(
    "choices, message",
    [
        ({"lanes": 16}, "lanes must divide the hidden size 8 and be at most 8, not 16"),
        ({"readout_multipliers": 4}, "readout_multipliers must be at most the number of logits, 3, not 4"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(choices: dict[str, int], message: str) -> None:
    with pytest.raises(InputError, match=f"^{message}$"):
        HadamardCore(random_network(8, 8), CoreParameters(**choices))
