import re
from typing import Any

import pytest

from hadamrnn.errors import InputError
from hadamrnn.hw.boards.serial_core import SerialCore, bit_clocks
from hadamrnn.hw.parameters import CoreParameters
from hadamrnn.hw.verilog.generation import fingerprint

from ..networks import random_network

NETWORK = random_network(8, 4, input_size=3, input_bits=11, output_size=5)


@pytest.mark.parametrize(
    "clock_hz, baud, clocks",
    [(36_000_000, 1_000_000, 36), (12_000_000, 115_200, 104), (25_000_000, 921_600, 27), (4, 1, 4)],
)
def test_clocks_of_a_bit(clock_hz: int, baud: int, clocks: int) -> None:
    assert bit_clocks(clock_hz, baud) == clocks


@pytest.mark.parametrize(
    "clock_hz, baud, message",
    [
        (25_000_000, 2_300_000, None),
        (25_000_000, 4_500_000, "baud must be within 2 % of 25000000 Hz divided by a whole number, not 4500000"),
        (12_000_000, 3_000_001, "baud must be an integer from 1 to 3000000, a quarter of the clock, not 3000001"),
        (12_000_000, 0, "baud must be an integer from 1 to 3000000, a quarter of the clock, not 0"),
        (36_000_000, 34, "baud must be at least 35 at 36000000 Hz, not 34"),
        (12_000_000, 9600.0, "baud must be an integer from 1 to 3000000, a quarter of the clock, not 9600.0"),
    ],
)
def test_rates_that_a_clock_cannot_make(clock_hz: int, baud: int, message: str | None) -> None:
    if message is None:
        assert bit_clocks(clock_hz, baud) == 11
        return
    with pytest.raises(InputError, match=re.escape(message)):
        bit_clocks(clock_hz, baud)


def serial_core(**options: Any) -> SerialCore:
    parameters = options.pop("parameters", CoreParameters())
    return SerialCore(
        options.pop("network", NETWORK), parameters, **({"clock_hz": 1_000_000, "baud": 250_000} | options)
    )


def test_it_says_who_it_is() -> None:
    identity = serial_core().identity
    assert identity.fingerprint.hex() == fingerprint(NETWORK)
    assert (identity.hidden_size, identity.input_size, identity.output_size) == (8, 3, 5)
    assert (identity.beat_bytes, identity.beats_per_step) == (2, 3)
    assert (identity.logits, identity.signed_results, identity.value_bytes, identity.values_per_result) == (0, 0, 1, 1)
    assert (identity.every_step, identity.index_input) == (False, False)
    assert (identity.store_bytes, identity.clock_hz) == (2040, 1_000_000)
    logits = serial_core(parameters=CoreParameters(output="logits")).identity
    assert (logits.logits, logits.signed_results, logits.value_bytes, logits.values_per_result) == (1, 1, 2, 5)


def test_a_frame_is_given_up_after_50_milliseconds() -> None:
    assert serial_core().silence_clocks == 50_000


@pytest.mark.parametrize(
    "options, message",
    [
        ({"parameters": CoreParameters(trace=True)}, "trace must be false on a board"),
        ({"parameters": CoreParameters(channels=2)}, "channels must be 1 on a board, whose line is one stream, not 2"),
        ({"parameters": CoreParameters(lanes=16)}, "lanes must divide the hidden size 8"),
        ({"store_depth": 256}, "store_depth must be at least 512, the largest frame, not 256"),
        ({"store_depth": 600}, "depth must be a power of two of at least 16, not 600"),
        ({"baud": 300_000}, "baud must be an integer from 1 to 250000"),
    ],
)
def test_what_a_board_cannot_have(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        serial_core(**options)


def test_a_result_that_no_frame_holds() -> None:
    network = random_network(2, 2, output_size=32_768)
    assert serial_core(network=network).identity.result_bytes == 2  # the class
    message = re.escape("a result must have at most 65535 bytes on a board, not 65536")
    with pytest.raises(InputError, match=message):
        serial_core(network=network, parameters=CoreParameters(output="logits"))
