import pytest

from hadamrnn.hw.boards.beat_bytes import BeatBytes

from ..streams import StreamBench, payloads_of
from .uart_lines import random_bytes


@pytest.mark.parametrize("count", [1, 2, 3, 8])
@pytest.mark.parametrize("stall", [0.0, 0.5])
def test_beats_leave_lowest_byte_first(count: int, stall: float) -> None:
    sent = random_bytes(10 * count, seed=count)
    splitter = BeatBytes(count)
    bench = StreamBench(splitter, stall=stall, seed=count)
    beats = [int.from_bytes(sent[i : i + count], "little") for i in range(0, len(sent), count)]
    bench.send(splitter.beat, beats)
    received = bench.receive(splitter.byte, len(sent))
    bench.run()
    assert payloads_of(received) == sent
    if not stall:
        assert [transfer.clock for transfer in received] == list(range(1, len(sent) + 1))
