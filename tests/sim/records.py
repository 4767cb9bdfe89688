"""Records of a core that does everything right, made from what is expected of it, for tests that then spoil them."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from hadamrnn.hw.verilog.generation import fingerprint
from hadamrnn.quant.integer import IntegerNetwork
from hadamrnn.sim.beats import to_bytes
from hadamrnn.sim.description import CoreDescription
from hadamrnn.sim.expectation import Expectation
from hadamrnn.sim.job import Record, Transfers

LATENCY = 40


def description(
    network: IntegerNetwork, *, lanes: int = 4, output: str = "logits", trace: bool = True
) -> CoreDescription:
    """Of a core with E = 1 whose steps take one clock more than it has rows."""
    rows = network.hidden_size // lanes
    return CoreDescription(
        name="core",
        verilog=Path("core.v"),
        verilog_sha256="",
        fingerprint=fingerprint(network),
        output=output,
        lanes=lanes,
        rows=rows,
        trace=trace,
        streams=("s_axis", "m_axis", "m_trace")[: 2 + trace],
        element_bytes=1,
        beat_elements=1,
        beats_per_step=network.input_size,
        beats_per_result=network.output_size if output == "logits" else 1,
        result_bytes=4,
        row_bytes=2 * lanes * trace,
        cycles_per_step=rows + 1,
        latency_of_one_step=LATENCY,
    )


def perfect_record(core: CoreDescription, expectation: Expectation) -> Record:
    """Each sequence starts when the one before has ended, each step takes ``cycles_per_step`` clocks."""
    inputs, results, rows, start = [], [], [], 1
    for number, sequence in enumerate(expectation.sequences):
        steps = int(np.count_nonzero(expectation.step_sequence == number))
        end = start + core.sequence_latency(max(steps, 1))
        inputs += range(start, start + len(sequence.beats))
        count = sequence.results // core.beats_per_result
        for back in reversed(range(count)):
            last = end - back * core.cycles_per_step
            results += range(last - core.beats_per_result + 1, last + 1)
        if core.trace:
            rows += [start + 9 + t * core.cycles_per_step + row for t in range(steps) for row in range(core.rows)]
        start = end + 100
    words = to_bytes(expectation.states.reshape(-1, core.lanes), 2).reshape(-1, 2 * core.lanes)
    sent = np.concatenate([sequence.beats for sequence in expectation.sequences])
    last_rows = np.arange(len(rows)) % core.rows == core.rows - 1
    return Record(
        violation="",
        clocks=start,
        errors=expectation.errors,
        seconds=1.0,
        inputs=Transfers(sent, np.zeros(len(sent), bool), _clocks(inputs)),
        results=Transfers(
            to_bytes(expectation.results.ravel(), 3), expectation.result_last.ravel().copy(), _clocks(results)
        ),
        rows=Transfers(words[: len(rows)], last_rows, _clocks(rows)),
    )


def spoil(transfers: Transfers, *, keep: int | None = None, repeat: int = 0) -> Transfers:
    """Copies that may be written to: the first ``keep`` beats, and the last one ``repeat`` times more."""
    index = np.arange(len(transfers.beats))[:keep]
    index = np.concatenate([index, np.repeat(index[-1:], repeat)])
    return Transfers(transfers.beats[index].copy(), transfers.last[index].copy(), transfers.clocks[index].copy())


def with_rows(record: Record, rows: Transfers) -> Record:
    return replace(record, rows=rows)


def with_results(record: Record, results: Transfers) -> Record:
    return replace(record, results=results)


def _clocks(numbers: list[int]) -> np.ndarray:
    return np.array(numbers, dtype=np.int64)
