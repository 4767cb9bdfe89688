"""A small core on a simulated board, and sequences for it."""

from typing import Any

import numpy as np

from hadamrnn.host.comparison import compare, expected_results
from hadamrnn.host.line import Line
from hadamrnn.host.session import Session
from hadamrnn.hw.boards.serial_core import SerialCore
from hadamrnn.hw.parameters import CoreParameters
from hadamrnn.quant.integer import FrozenNetwork, IntegerNetwork
from hadamrnn.sim.stimulus import corner_inputs, random_network

from .lines import BAUD, CLOCK_HZ, SILENCE, SILENCE_CLOCKS, SimulatedLine

TIMEOUT = 0.004  # seconds of simulated time: 100 bytes on the line


def small_network(seed: int = 1, **fields: Any) -> IntegerNetwork:
    """d = 8 in blocks of 4, three classes."""
    return random_network(seed, **({"hidden_size": 8, "block_size": 4, "output_size": 3} | fields))


def serial_core_of(network: FrozenNetwork, **parameters: Any) -> SerialCore:
    """The design of a board with the core of ``network``."""
    return SerialCore(
        network,
        CoreParameters(**parameters),
        clock_hz=CLOCK_HZ,
        baud=BAUD,
        store_depth=512,
        silence_clocks=SILENCE_CLOCKS,
    )


def board_of(network: FrozenNetwork, **parameters: Any) -> SimulatedLine:
    """A line to a simulated board with the core of ``network``."""
    return SimulatedLine(serial_core_of(network, **parameters))


def session_on(line: Line, network: FrozenNetwork) -> Session:
    return Session(line, network, timeout=TIMEOUT, byte_seconds=10 / BAUD, silence=SILENCE)


def check(
    session: Session, network: FrozenNetwork, *, sequences: int = 8, steps: int = 9, seed: int = 0
) -> list[np.ndarray]:
    """Run sequences of many lengths, the first of which has all steps, and compare every value with the reference."""
    inputs, lengths = corner_inputs(network, seed, sequences=sequences, steps=steps)
    results = session.run(inputs, lengths)
    expected = expected_results(network, session.identity, inputs, lengths)
    comparison = compare(expected, results)
    assert not comparison.first
    assert comparison.values == sum(want.size for want in expected) > 0
    return results
