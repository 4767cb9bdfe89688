import random

import pytest

from hadamrnn.host.frame_decoder import FrameDecoder
from hadamrnn.hw.boards.protocol import Frame

FRAMES = [Frame(0x91, 7), Frame(0x90, 165, bytes([165, 0, 165])), Frame(0x81, 0, bytes(range(256)) * 3)]


@pytest.mark.parametrize("step", [1, 2, 7, 10_000])
def test_frames_in_pieces_of_any_size(step: int) -> None:
    line = b"".join(frame.encode() for frame in FRAMES)
    decoder = FrameDecoder()
    found = [frame for i in range(0, len(line), step) for frame in decoder.feed(line[i : i + step])]
    assert found == FRAMES
    assert decoder.skipped == 0


def test_noise_and_damaged_frames_hide_no_good_one() -> None:
    """Noise without a start byte; a frame with any one byte changed; half a frame: then a good one, each time."""
    generator = random.Random(0)
    line, expected = bytearray(), []
    for place in range(len(FRAMES[1].encode())):
        damaged = bytearray(FRAMES[1].encode())
        damaged[place] ^= generator.randint(1, 255)
        noise = bytes(generator.choice([value for value in range(256) if value != 0xA5]) for _ in range(9))
        line += noise + damaged + FRAMES[1].encode()[:place] + FRAMES[0].encode()
        expected.append(FRAMES[0])
    decoder = FrameDecoder()
    found = decoder.feed(bytes(line))
    found += decoder.give_up()
    assert found == expected
    assert decoder.skipped == len(line) - len(expected) * 7


def test_a_length_that_never_comes_is_given_up() -> None:
    decoder = FrameDecoder()
    endless = bytes([0xA5, 0x90, 0, 0xFF, 0xFF])
    assert decoder.feed(endless + FRAMES[0].encode()) == []
    assert decoder.give_up() == [FRAMES[0]]
    assert decoder.skipped == 5
    assert decoder.feed(FRAMES[1].encode()) == [FRAMES[1]]
