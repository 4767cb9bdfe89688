import pytest

from hadamrnn.hw.boards.frame_transmitter import FrameTransmitter
from hadamrnn.hw.boards.protocol import Fault, Frame, FrameType

from ..streams import StreamBench, payloads_of
from .uart_lines import random_bytes

IDENTITY = bytes(random_bytes(74))


def reply(kind: FrameType, number: int, fault: int = 0, dropped: int = 0) -> dict[str, int]:
    return {"type": kind, "number": number, "fault": fault, "dropped": dropped}


@pytest.mark.parametrize("stall", [0.0, 0.6])
def test_replies(stall: float) -> None:
    transmitter = FrameTransmitter(IDENTITY, 3)
    bench = StreamBench(transmitter, stall=stall)
    asked = [
        reply(FrameType.TAKEN, 255),
        reply(FrameType.IDENTITY, 1),
        reply(FrameType.FAULT, 2, Fault.STEP, 1),
        reply(FrameType.FAULT, 3, Fault.LINE, 0),
        reply(FrameType.IDENTITY, 4),
    ]
    frames = [
        Frame(FrameType.TAKEN, 255),
        Frame(FrameType.IDENTITY, 1, IDENTITY),
        Frame(FrameType.FAULT, 2, bytes([Fault.STEP, 1])),
        Frame(FrameType.FAULT, 3, bytes([Fault.LINE, 0])),
        Frame(FrameType.IDENTITY, 4, IDENTITY),
    ]
    expected = b"".join(frame.encode() for frame in frames)
    bench.send(transmitter.reply, asked)
    received = bench.receive(transmitter.byte, len(expected))
    bench.run()
    assert bytes(payloads_of(received)) == expected


@pytest.mark.parametrize("size", [1, 3, 300])
@pytest.mark.parametrize("stall", [0.0, 0.6])
def test_results_go_with_the_number_of_their_sequence(size: int, stall: float) -> None:
    transmitter = FrameTransmitter(IDENTITY, size)
    bench = StreamBench(transmitter, stall=stall, seed=size)
    results = [bytes(random_bytes(size, seed)) for seed in range(3)]
    expected = b"".join(Frame(FrameType.RESULT, 9, result).encode() for result in results)
    bench.send(transmitter.result, b"".join(results))
    received = bench.receive(transmitter.byte, len(expected))
    sent = bench.count_high(transmitter.result_sent)

    async def number(ctx: object) -> None:
        ctx.set(transmitter.sequence, 9)  # type: ignore[attr-defined]

    bench.simulator.add_testbench(number)
    bench.run()
    assert bytes(payloads_of(received)) == expected
    assert len(sent) == 3
    whole = len(expected) // 3
    assert sent == [received[whole * place + 4 + size].clock for place in range(3)]


def test_a_reply_is_taken_between_frames_only() -> None:
    transmitter = FrameTransmitter(IDENTITY, 4)
    bench = StreamBench(transmitter)
    bench.send(transmitter.result, b"abcdefgh")
    replies = bench.send(transmitter.reply, [reply(FrameType.TAKEN, 1)], start=3)
    frames = [Frame(FrameType.RESULT, 0, b"abcd"), Frame(FrameType.TAKEN, 1), Frame(FrameType.RESULT, 0, b"efgh")]
    expected = b"".join(frame.encode() for frame in frames)
    received = bench.receive(transmitter.byte, len(expected))
    bench.run()
    assert bytes(payloads_of(received)) == expected
    assert received[10].clock < replies[0].clock < received[11].clock
