import numpy as np
import pytest

from hadamrnn.host.exchange import Exchange
from hadamrnn.hw.boards.protocol import FIRST, LAST, Frame, FrameType, Identity

PLAIN = {
    "fingerprint": bytes(32),
    "logits": False,
    "signed_results": False,
    "every_step": False,
    "index_input": False,
    "hidden_size": 8,
    "input_size": 2,
    "output_size": 3,
    "beat_bytes": 2,
    "beat_elements": 1,
    "beats_per_step": 2,
    "value_bytes": 1,
    "values_per_result": 1,
    "store_bytes": 504,
    "clock_hz": 1,
}


def identity(**fields: int) -> Identity:
    return Identity(**(PLAIN | fields))  # type: ignore[arg-type]


def test_a_short_sequence_is_one_frame_that_begins_and_ends_it() -> None:
    exchange = Exchange.of(4, np.array([[1, -2], [300, 4]]), identity())
    assert (exchange.index, exchange.expected) == (4, 1)
    assert exchange.begin(9) == [Frame(FrameType.DATA | FIRST | LAST, 9, bytes.fromhex("0100 feff 2c01 0400"))]
    assert exchange.number == 9


@pytest.mark.parametrize("steps, sizes", [(255, [255]), (256, [255, 1]), (600, [255, 255, 90]), (765, [255] * 3)])
def test_a_long_one_is_cut_and_its_numbers_go_round(steps: int, sizes: list[int]) -> None:
    exchange = Exchange.of(0, np.arange(steps) % 251, identity(beat_bytes=1))
    frames = exchange.begin(255)
    assert [len(frame.payload) for frame in frames] == sizes
    assert [frame.number for frame in frames] == [(255 + i) % 256 for i in range(len(sizes))]
    assert b"".join(frame.payload for frame in frames) == bytes(i % 251 for i in range(steps))
    flags = [frame.type - FrameType.DATA for frame in frames]
    assert [bool(flag & FIRST) for flag in flags] == [True] + [False] * (len(sizes) - 1)
    assert [bool(flag & LAST) for flag in flags] == [False] * (len(sizes) - 1) + [True]


def test_several_elements_a_beat() -> None:
    """Three elements in beats of two: the fourth place holds anything."""
    exchange = Exchange.of(0, np.array([[1, 2, 3]]), identity(beat_bytes=4, beat_elements=2))
    assert exchange.payload[:6] == bytes.fromhex("0100 0200 0300")
    assert len(exchange.payload) == 8


def test_results_are_integers_again() -> None:
    logits = identity(logits=True, signed_results=True, every_step=True, value_bytes=3, values_per_result=2)
    exchange = Exchange.of(0, np.zeros((2, 2), dtype=np.int64), logits)
    assert exchange.expected == 2
    exchange.results += [bytes.fromhex("ffffff 010000"), bytes.fromhex("000080 ffff7f")]
    assert exchange.values(logits).tolist() == [[-1, 1], [-(1 << 23), (1 << 23) - 1]]
    unsigned = identity()
    exchange.results = [b"\xff"]
    assert exchange.values(unsigned).tolist() == [[255]]


def test_another_attempt_forgets_the_results_of_the_one_before() -> None:
    exchange = Exchange.of(0, np.zeros((2, 2), dtype=np.int64), identity())
    exchange.begin(1)
    exchange.results.append(b"x")
    exchange.begin(2)
    assert (exchange.number, exchange.results) == (2, [])
