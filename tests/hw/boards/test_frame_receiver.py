"""The receiver with the store that it writes into, byte by byte: what is kept, and what is noted in its place."""

from typing import Any

import pytest
from amaranth.hdl import Elaboratable, Module
from amaranth.lib import wiring

from hadamrnn.hw.boards import protocol
from hadamrnn.hw.boards.frame_receiver import NOTE, FrameReceiver
from hadamrnn.hw.boards.frame_store import FrameStore
from hadamrnn.hw.boards.protocol import Fault, Frame

from ..streams import StreamBench, payloads_of

SILENCE = 200
SPACING = 12  # clocks from byte to byte, the fewest that the receiver takes
BROKEN, QUIET = "broken", "quiet"  # in place of a byte: one that is none, and silence


class ReceiverWithStore(Elaboratable):
    def __init__(self, depth: int) -> None:
        self.receiver = FrameReceiver(SILENCE)
        self.store = FrameStore(depth)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.receiver = receiver = self.receiver
        m.submodules.store = store = self.store
        m.d.comb += receiver.room.eq(store.room)
        m.d.comb += [getattr(store, name).eq(getattr(receiver, name)) for name in ("write", "confirm", "take_back")]
        m.d.comb += store.data.eq(receiver.data)
        return m


def stored(frame: Frame) -> list[int]:
    return [frame.type, frame.number, len(frame.payload), *frame.payload]


def note(fault: Fault) -> list[int]:
    return [NOTE, fault, 0]


def check(line: list[Any], expected: list[int], *, depth: int = 1024, read_from: int = 0) -> None:
    """Send ``line`` and compare what can then be read from the store, from clock ``read_from`` on."""
    top = ReceiverWithStore(depth)
    bench = StreamBench(top, limit=200_000)

    async def source(ctx: Any) -> None:
        receiver = top.receiver
        for one in line:
            if one == QUIET:
                await ctx.tick().repeat(SILENCE + 4)
                continue
            signal = receiver.broken if one == BROKEN else receiver.byte.valid
            if one != BROKEN:
                ctx.set(receiver.byte.payload, one)
            ctx.set(signal, 1)
            await ctx.tick()
            ctx.set(signal, 0)
            await ctx.tick().repeat(SPACING - 1)

    async def sink(ctx: Any) -> None:
        await ctx.tick().repeat(1 + read_from)
        stream = top.store.byte
        ctx.set(stream.ready, 1)
        for _ in range(SPACING * len(line) + 3 * len(expected) + 2 * SILENCE * line.count(QUIET) + 100):
            _, _, valid, payload = await ctx.tick().sample(stream.valid, stream.payload)
            if valid:
                seen.append(payload)

    seen: list[int] = []
    bench.simulator.add_testbench(source)
    bench.simulator.add_testbench(sink)
    bench.run()
    assert seen == expected


EMPTY = Frame(1, 7)
SHORT = Frame(0x13, 255, b"\xa5\x00\xff")
LONG = Frame(0x10, 0, bytes(range(255)))


def test_whole_frames_are_kept() -> None:
    frames = (SHORT, EMPTY, LONG, EMPTY)
    check([*b"".join(f.encode() for f in frames)], [byte for f in frames for byte in stored(f)])


def test_what_is_between_frames_is_skipped() -> None:
    line = [0, 0x5A, BROKEN, *EMPTY.encode(), QUIET, 1, 2, *SHORT.encode(), 3]
    check(line, stored(EMPTY) + stored(SHORT))


@pytest.mark.parametrize("place", range(1, len(SHORT.encode())))
def test_any_bit_error_behind_the_start_is_noted(place: int) -> None:
    line = bytearray(SHORT.encode())
    line[place] ^= 0x01
    # A payload of two bytes in place of three ends early, and its last byte is skipped as noise. One of 259
    # bytes is refused at once, and so is what seems to begin with the 0xA5 in the payload.
    expected = note(Fault.LENGTH) * 2 if place == 4 else note(Fault.CHECKSUM)
    check([*line, QUIET, *EMPTY.encode()], expected + stored(EMPTY))


def test_a_type_that_only_boards_send_is_noted() -> None:
    check([*Frame(NOTE, 1).encode(), *EMPTY.encode()], note(Fault.TYPE) + stored(EMPTY))


def test_a_frame_that_is_too_long_is_noted_and_what_follows_searched_for_the_next() -> None:
    check([*Frame(0x10, 0, bytes(256)).encode(), *EMPTY.encode()], note(Fault.LENGTH) + stored(EMPTY))


@pytest.mark.parametrize("sent", range(1, len(SHORT.encode())))
def test_a_truncated_frame_is_noted_after_silence(sent: int) -> None:
    check([*SHORT.encode()[:sent], QUIET, *EMPTY.encode()], note(Fault.SILENCE) + stored(EMPTY))


def test_silence_is_counted_from_the_last_byte() -> None:
    """A byte just before the silence is over keeps the frame."""
    top = ReceiverWithStore(64)
    bench = StreamBench(top, limit=200_000)
    received = bench.receive(top.store.byte, len(stored(SHORT)))

    async def source(ctx: Any) -> None:
        for byte in SHORT.encode():
            ctx.set(top.receiver.byte.payload, byte)
            ctx.set(top.receiver.byte.valid, 1)
            await ctx.tick()
            ctx.set(top.receiver.byte.valid, 0)
            await ctx.tick().repeat(SILENCE - 1)

    bench.simulator.add_testbench(source)
    bench.run()
    assert payloads_of(received) == stored(SHORT)


def test_a_byte_without_stop_bit_inside_a_frame_is_noted() -> None:
    line = [*SHORT.encode()[:6], BROKEN, *EMPTY.encode()]
    check(line, note(Fault.LINE) + stored(EMPTY))


def test_more_than_there_is_room_for_is_noted_and_nothing_is_lost_that_was_kept() -> None:
    frame = Frame(0x10, 1, bytes(range(20)))
    line = [*frame.encode() * 3, QUIET]
    # Of 64 bytes, two frames take 46, so that the third one does not fit; its note does.
    check(line, stored(frame) * 2 + note(Fault.OVERRUN), depth=64, read_from=SPACING * len(line) + SILENCE)


def test_without_room_for_a_note_there_is_none() -> None:
    frame = Frame(0x10, 1, bytes(range(58)))
    line = [*frame.encode(), *EMPTY.encode() * 2]
    # 61 of 64 bytes are taken: neither a frame nor a note can begin.
    check(line, stored(frame), depth=64, read_from=SPACING * len(line) + SILENCE)


def test_the_signature_fits_the_store() -> None:
    receiver, store = FrameReceiver(SILENCE).signature, FrameStore(64).signature
    for name in ("write", "data", "confirm", "take_back", "room"):
        assert receiver.members[name] == store.members[name].flip()
    assert isinstance(receiver, wiring.Signature)
    assert protocol.START not in (0, NOTE)
