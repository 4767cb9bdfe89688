"""A whole core under test: sequences in as AXI-Stream beats, results and states out, against the integer reference."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hadamrnn.hw.core import HadamardCore
from hadamrnn.hw.parameters import CoreParameters
from hadamrnn.quant.integer import FrozenNetwork, IntegerNetwork
from hadamrnn.sim import reference

from .networks import random_inputs
from .simulation import sign_extended
from .streams import Port, StreamBench, Transfer, axi_port


@dataclass(frozen=True)
class InputSequence:
    """One sequence: ``inputs`` of shape ``(T, m)``, or ``(T,)`` for indices, and what makes it malformed.

    Attributes
    ----------
    surplus : how many beats of one more step end it too early
    wrong : for indices, how many steps come after one more with an index that is none; None for no such step
    """

    inputs: np.ndarray
    surplus: int = 0
    wrong: int | None = None

    @property
    def malformed(self) -> bool:
        return self.surplus > 0 or self.wrong is not None


def random_sequences(network: IntegerNetwork, lengths: Sequence[int], *, seed: int = 0) -> list[InputSequence]:
    """One well-formed sequence for each length."""
    inputs = random_inputs(network, len(lengths), max(lengths), seed=seed)
    return [InputSequence(inputs[index, :length]) for index, length in enumerate(lengths)]


def beats_of(core: HadamardCore, sequences: Sequence[InputSequence]) -> list[dict[str, int]]:
    """The beats of all sequences, each element extended to whole bytes; unused ones all ones."""
    form = core.data_sheet.input_format
    bits = 8 * form.element_bytes
    beats = []
    for sequence in sequences:
        steps = [np.atleast_1d(step).tolist() for step in sequence.inputs]
        if sequence.wrong is not None:
            steps += [[core.network.input_size]] + [[(1 << bits) - 1]] * sequence.wrong
        words = [
            [*step, *[-1] * (-len(step) % form.beat_elements)][start : start + form.beat_elements]
            for step in steps
            for start in range(0, len(step), form.beat_elements)
        ]
        words += [[number] * form.beat_elements for number in range(sequence.surplus)]
        packed = [sum(value % (1 << bits) << bits * place for place, value in enumerate(word)) for word in words]
        beats += [{"data": word, "last": int(number == len(packed) - 1)} for number, word in enumerate(packed)]
    return beats


class CoreBench:
    """A core with a source on its input and sinks on its results and, where it has one, its trace.

    Attributes
    ----------
    sent, results, rows : list of Transfer
        What was transferred, after :meth:`run`.
    errors : list of int
        The clocks at which ``error`` was high.
    """

    def __init__(
        self, network: FrozenNetwork, *, stall: float = 0.0, seed: int = 0, patient: bool = False, **choices: Any
    ) -> None:
        self.network = network
        self.core = HadamardCore(network, CoreParameters(**choices))
        self.bench = StreamBench(self.core, stall=stall, seed=seed, patient=patient)
        self.errors = self.bench.count_high(self.core.error)
        self.sent: list[Transfer] = []
        self.results: list[Transfer] = []
        self.rows: list[Transfer] = []

    @property
    def input(self) -> Port:
        return axi_port(self.core, "s_axis")

    def run(self, sequences: Sequence[InputSequence], *, start: int = 0) -> None:
        """Send ``sequences`` from clock ``start`` on; every result and every state must be right.

        With several channels they go to each in turn, and all channels send at once; :attr:`sent` is of the first.
        """
        channels = self.core.parameters.channels
        ports = ["s_axis"] if channels == 1 else [f"s{channel}_axis" for channel in range(channels)]
        streams = [sequences[channel::channels] for channel in range(channels)]
        self.sent, *_ = [
            self.bench.send(axi_port(self.core, port), beats_of(self.core, own), start=start)
            for port, own in zip(ports, streams, strict=True)
        ]
        expected = [self._expected(own) for own in streams]
        count = sum(len(results) for results, _ in expected)
        self.results = self.bench.receive(axi_port(self.core, "m_axis"), count, start=start)
        if self.core.parameters.trace:
            rows = sum(states.size for _, states in expected) // self.core.parameters.lanes
            self.rows = self.bench.receive(axi_port(self.core, "m_trace"), rows, start=start)
        self.bench.run()
        assert len(self.errors) == sum(sequence.malformed for sequence in sequences)
        for channel, (results, states) in enumerate(expected):
            assert [self._result(transfer) for transfer in _of_channel(self.results, channel)] == results
            if self.core.parameters.trace:
                self._check_states(_of_channel(self.rows, channel), states)

    def _expected(self, sequences: Sequence[InputSequence]) -> tuple[list[tuple[int, int]], np.ndarray]:
        """Result beats as ``(value, last)``, and the states of all complete steps, of shape ``(steps, d)``."""
        results: list[tuple[int, int]] = []
        states = [np.zeros((0, self.network.hidden_size), dtype=np.int64)]
        for sequence in sequences:
            if not len(sequence.inputs):
                continue
            run = reference.run(self.network, sequence.inputs[None], return_states=True)
            assert run.states is not None
            states.append(run.states[0])
            every = self.network.readout == "every"
            if sequence.malformed and not every:
                continue
            ends = [0] * (len(run.states[0]) - 1) + [int(not sequence.malformed)] if every else [1]
            final = self.network.output_size - 1
            for end, number, logits in zip(
                ends, run.classes.reshape(-1).tolist(), run.logits.reshape(len(ends), -1).tolist(), strict=True
            ):
                if self.core.parameters.output == "class":
                    results.append((number, end))
                else:
                    results += [(logit, int(i == final)) for i, logit in enumerate(logits)]
        return results, np.concatenate(states)

    def _result(self, transfer: Transfer) -> tuple[int, int]:
        value = transfer.payload["data"]
        if self.core.parameters.output == "logits":
            value = sign_extended(value, 8 * self.core.data_sheet.output_bytes)
        return value, transfer.payload["last"]

    def _check_states(self, transfers: list[Transfer], expected: np.ndarray) -> None:
        lanes, rows = self.core.parameters.lanes, self.core.data_sheet.schedule.rows
        bits = 8 * self.core.data_sheet.trace_bytes // lanes
        words = [
            [sign_extended(transfer.payload["data"] >> bits * lane, bits) for lane in range(lanes)]
            for transfer in transfers
        ]
        np.testing.assert_array_equal(np.array(words).reshape(expected.shape), expected)
        assert [transfer.payload["last"] for transfer in transfers] == [
            int(row % rows == rows - 1) for row in range(len(transfers))
        ]


def _of_channel(transfers: list[Transfer], channel: int) -> list[Transfer]:
    """Those of one channel; all where there is one only."""
    return [transfer for transfer in transfers if transfer.payload.get("id", 0) == channel]
