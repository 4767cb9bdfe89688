"""The processor alone: frames in, beats and replies out, the core played by the test."""

import random
from typing import Any

import pytest

from hadamrnn.hw.boards.frame_processor import FrameProcessor
from hadamrnn.hw.boards.frame_receiver import NOTE
from hadamrnn.hw.boards.protocol import FIRST, LAST, Fault, FrameType

from ..simulation import plain
from ..streams import StreamBench

DATA, ONLY = FrameType.DATA, FrameType.DATA | FIRST | LAST
BEGINS, ENDS = FrameType.DATA | FIRST, FrameType.DATA | LAST


def frame(kind: int, number: int, payload: bytes = b"") -> bytes:
    return bytes([kind, number, len(payload)]) + payload


def answer(
    data: bytes, *, beat_bytes: int = 1, beats_per_step: int = 1, every_step: bool = False, stall: float = 0.0
) -> tuple[list[tuple[int, bool]], list[tuple[Any, ...]]]:
    """What becomes of frames: the beats with their ``last``, and the replies with whether the core was reset.

    The core answers each sequence, or each step, a while after its last beat. A reply is ``(type, number)``, for a
    fault ``(type, number, fault, dropped)``; a reset is ``"reset"`` before it. The core refuses a beat of the value
    ``#``, and then has no result for its sequence.
    """
    processor = FrameProcessor(beat_bytes=beat_bytes, beats_per_step=beats_per_step, every_step=every_step)
    bench = StreamBench(processor, stall=stall, limit=20_000)
    bench.send(processor.byte, data)
    beats: list[tuple[int, bool]] = []
    replies: list[tuple[Any, ...]] = []
    chance = random.Random(1)

    async def core(ctx: Any) -> None:
        owed: list[int] = []
        refuses = False
        for clock in range(12 * len(data) + 400):
            ready = chance.random() >= stall
            reply_ready = chance.random() >= stall
            sends = bool(owed) and clock >= owed[0]
            ctx.set(processor.beat.ready, ready)
            ctx.set(processor.reply.ready, reply_ready)
            ctx.set(processor.result_sent, sends)
            ctx.set(processor.refused, refuses)
            if sends:
                owed.pop(0)
                replies.append(("result", ctx.get(processor.sequence)))
            beat, reply = processor.beat, processor.reply
            _, _, valid, value, last, asks, asked, drop = await ctx.tick().sample(
                beat.valid, beat.payload.data, beat.payload.last, reply.valid, reply.payload, processor.drop
            )
            if drop:
                owed.clear()
                replies.append(("reset",))
            if asks and reply_ready:
                replies.append(_reply(plain(asked)))
            else:
                assert not drop
            refuses = bool(valid and ready and value == ord("#"))
            if valid and ready:
                beats.append((value, bool(last)))
                if refuses:
                    continue
                if last or (every_step and len(beats) % beats_per_step == 0):
                    owed.append(clock + 30)

    bench.simulator.add_testbench(core)
    bench.run()
    return beats, replies


def _reply(asked: dict[str, int]) -> tuple[Any, ...]:
    kind = FrameType(asked["type"])
    if kind == FrameType.FAULT:
        return kind, asked["number"], Fault(asked["fault"]), bool(asked["dropped"])
    return kind, asked["number"]


def taken(number: int) -> tuple[Any, ...]:
    return FrameType.TAKEN, number


def fault(number: int, reason: Fault, *, dropped: bool) -> tuple[Any, ...]:
    return FrameType.FAULT, number, reason, dropped


@pytest.mark.parametrize("stall", [0.0, 0.7])
def test_sequences_of_one_and_of_several_frames(stall: float) -> None:
    data = frame(ONLY, 5, b"ab") + frame(BEGINS, 255, b"c") + frame(DATA, 0, b"de") + frame(ENDS, 1, b"f")
    beats, replies = answer(data, stall=stall)
    assert beats == [(ord(c), c in "bf") for c in "abcdef"]
    # The first beat of the second sequence waits for the result of the first one.
    assert replies == [taken(5), ("result", 5), taken(255), taken(0), taken(1), ("result", 255)]


@pytest.mark.parametrize("stall", [0.0, 0.5])
def test_beats_of_several_bytes_may_lie_in_two_frames(stall: float) -> None:
    data = frame(BEGINS, 0, b"abcd") + frame(DATA, 1, b"e") + frame(ENDS, 2, b"fghijkl")
    beats, replies = answer(data, beat_bytes=3, beats_per_step=2, stall=stall)
    values = [int.from_bytes(part, "little") for part in (b"abc", b"def", b"ghi", b"jkl")]
    assert beats == [(value, value == values[-1]) for value in values]
    assert replies == [taken(0), taken(1), taken(2), ("result", 0)]


def test_a_result_for_every_step_is_waited_for() -> None:
    data = frame(ONLY, 3, b"abcd") + frame(ONLY, 4, b"ef")
    beats, replies = answer(data, beats_per_step=2, every_step=True)
    assert len(beats) == 6
    assert replies == [taken(3), ("result", 3), ("result", 3), taken(4), ("result", 4)]


def test_identify_waits_for_results_and_drops_what_is_begun() -> None:
    data = frame(ONLY, 1, b"a") + frame(FrameType.IDENTIFY, 2) + frame(BEGINS, 3, b"b") + frame(FrameType.IDENTIFY, 4)
    beats, replies = answer(data + frame(ENDS, 5, b"c"))
    assert beats == [(ord("a"), True), (ord("b"), False)]
    identity = FrameType.IDENTITY
    after = [taken(3), ("reset",), (identity, 4), fault(3, Fault.ORDER, dropped=False)]
    assert replies == [taken(1), ("result", 1), (identity, 2), *after]


@pytest.mark.quick(4)
@pytest.mark.parametrize(
    "bad, reason",
    [
        (frame(NOTE, Fault.CHECKSUM), Fault.CHECKSUM),
        (frame(NOTE, Fault.OVERRUN), Fault.OVERRUN),
        (frame(DATA, 9, b"x"), Fault.ORDER),  # not the next number
        (frame(BEGINS, 7, b"x"), Fault.ORDER),  # the end is missing
        (frame(DATA, 7), Fault.LENGTH),
        (frame(FrameType.IDENTIFY, 7, b"x"), Fault.LENGTH),
        (frame(0x20, 7, b"xyz"), Fault.TYPE),
        (frame(0x14, 7, b"xyz"), Fault.TYPE),
    ],
)
def test_a_fault_drops_the_sequence_and_what_follows_of_it(bad: bytes, reason: Fault) -> None:
    data = frame(BEGINS, 6, b"ab") + bad + frame(DATA, 8, b"cd") + frame(ENDS, 9, b"e") + frame(ONLY, 10, b"z")
    beats, replies = answer(data)
    assert beats == [(ord("a"), False), (ord("b"), False), (ord("z"), True)]
    rest = [taken(8), taken(9), taken(10), ("result", 10)]
    assert replies == [taken(6), ("reset",), fault(6, reason, dropped=True), *rest]


def test_a_fault_between_sequences_leaves_the_result_of_the_one_before_alone() -> None:
    data = frame(ONLY, 1, b"a") + frame(NOTE, Fault.CHECKSUM) + frame(ENDS, 3, b"x") + frame(ONLY, 4, b"b")
    beats, replies = answer(data)
    assert beats == [(ord("a"), True), (ord("b"), True)]
    faulty = fault(1, Fault.CHECKSUM, dropped=False)
    assert replies == [taken(1), faulty, taken(3), ("result", 1), taken(4), ("result", 4)]


@pytest.mark.parametrize("payload, beats", [(b"abc", 1), (b"abcdef", 2), (b"a", 0), (b"ab", 0)])
def test_an_end_in_the_middle_of_a_step(payload: bytes, beats: int) -> None:
    """With two bytes a beat and two beats a step, the beat that would end it wrongly never reaches the core."""
    data = frame(ONLY, 0, payload) + frame(ONLY, 1, b"wxyz")
    passed, replies = answer(data, beat_bytes=2, beats_per_step=2)
    assert [last for _, last in passed] == [False] * beats + [False, True]
    dropped = [("reset",), fault(0, Fault.STEP, dropped=True)]
    assert replies == [*dropped, taken(1), ("result", 1)]


@pytest.mark.quick(6)
@pytest.mark.parametrize("stall", [0.0, 0.5])
@pytest.mark.parametrize("every_step", [False, True])
@pytest.mark.parametrize("payload", [b"#", b"a#", b"#b", b"a#bc"])
def test_a_sequence_that_the_core_refuses_is_not_waited_for(payload: bytes, every_step: bool, stall: float) -> None:
    """Wherever in a sequence of one frame: a fault in place of the result, and the next sequence has its own."""
    data = frame(ONLY, 5, payload) + frame(FrameType.IDENTIFY, 6) + frame(ONLY, 7, b"z")
    beats, replies = answer(data, every_step=every_step, stall=stall)
    up_to = payload[: payload.index(b"#") + 1]
    assert [value for value, _ in beats] == [*up_to, ord("z")]
    refused = [("reset",), fault(5, Fault.INDEX, dropped=True), (FrameType.IDENTITY, 6)]
    assert [reply for reply in replies if reply != ("result", 5)] == [*refused, taken(7), ("result", 7)]


def test_the_frames_behind_a_refused_index_are_taken_and_ignored() -> None:
    data = frame(BEGINS, 5, b"a#b") + frame(DATA, 6, b"#c") + frame(ENDS, 7, b"d") + frame(ONLY, 8, b"z")
    beats, replies = answer(data)
    assert beats == [(ord("a"), False), (ord("#"), False), (ord("z"), True)]
    refused = [("reset",), fault(5, Fault.INDEX, dropped=True)]
    assert replies == [*refused, taken(6), taken(7), taken(8), ("result", 8)]
