import re

import pytest

from hadamrnn.hw.boards import protocol
from hadamrnn.hw.boards.protocol import Fault, Frame, FrameType, Identity, checksum

IDENTITY = Identity(
    fingerprint=bytes(range(32)),
    logits=True,
    signed_results=True,
    every_step=False,
    index_input=True,
    hidden_size=64,
    input_size=3,
    output_size=10,
    beat_bytes=2,
    beat_elements=1,
    beats_per_step=3,
    value_bytes=4,
    values_per_result=10,
    store_bytes=2040,
    clock_hz=36_000_000,
)


def test_the_checksum_is_that_of_the_catalogue_and_of_the_hardware() -> None:
    assert checksum(b"123456789") == 0x29B1  # the check value of CRC-16/IBM-3740
    for data in (b"", b"\0", bytes(range(256)), b"\xff" * 300):
        assert checksum(data) == protocol.CHECKSUM(8).compute(data)


def test_a_frame_on_the_line() -> None:
    assert Frame(FrameType.IDENTIFY, 7).encode() == bytes.fromhex("a5 01 07 00 00 77 e4")
    frame = Frame(FrameType.DATA | protocol.FIRST | protocol.LAST, 0xFE, bytes(258))
    encoded = frame.encode()
    assert encoded[:5] == bytes.fromhex("a5 13 fe 02 01")
    assert len(encoded) == protocol.OVERHEAD_BYTES + 258
    assert checksum(encoded[1:]) == 0  # what a receiver sees that takes the checksum along


def test_an_identity_comes_back() -> None:
    payload = IDENTITY.encode()
    assert payload[:3] == bytes([1, 0b1011, 0])
    assert len(payload) == 74
    assert Identity.decode(payload) == IDENTITY
    assert IDENTITY.result_bytes == 40


@pytest.mark.parametrize(
    "payload, message",
    [
        (b"", "version None of the protocol, expected 1"),
        (b"\2" + IDENTITY.encode()[1:], "version 2 of the protocol, expected 1"),
        (IDENTITY.encode()[:-1], "73 bytes of identity, expected 74"),
    ],
)
def test_another_version_or_length_is_refused(payload: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        Identity.decode(payload)


def test_types_from_host_and_board_differ_in_their_top_bit_and_every_fault_has_words() -> None:
    assert all((kind >= 0x80) == (kind.name in ("IDENTITY", "RESULT", "TAKEN", "FAULT")) for kind in FrameType)
    assert len({fault.meaning for fault in Fault}) == len(Fault)
