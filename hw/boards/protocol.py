"""The serial protocol between a host and a core on a board: constants, checksum, frames, identity (docs/boards.md).

Plain Python, one definition for both ends: the hardware takes its constants from here, the host its functions too.
"""

import binascii
import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Self

from amaranth.lib.crc import catalog

VERSION = 1
START = 0xA5  # of every frame
HEADER_BYTES = 5  # start, type, number, length low, length high
OVERHEAD_BYTES = HEADER_BYTES + 2  # and the checksum
LARGEST_PAYLOAD = 255  # of a frame from the host
STORED_HEADER_BYTES = 3  # what a frame takes in the board's frame store beside its payload
CHECKSUM = catalog.CRC16_IBM_3740  # of type, number, length and payload; on the line high byte first
SILENCE_SECONDS = 0.05  # inside a frame, after which the board gives it up


class FrameType(IntEnum):
    """The second byte of a frame: below 0x80 from the host, else from the board."""

    IDENTIFY = 0x01
    DATA = 0x10  # with FIRST and LAST
    IDENTITY = 0x81
    RESULT = 0x90
    TAKEN = 0x91
    FAULT = 0x9F


FIRST, LAST = 0x01, 0x02  # added to DATA: the frame begins a sequence, ends a sequence


class Fault(IntEnum):
    """What the board found wrong: the first byte of the payload of a FAULT."""

    CHECKSUM = 1
    LENGTH = 2
    SILENCE = 3
    OVERRUN = 4
    LINE = 5
    ORDER = 6
    TYPE = 7
    STEP = 8
    INDEX = 9

    @property
    def meaning(self) -> str:
        """What it means, for a message."""
        return _MEANINGS[self]


_MEANINGS = {
    Fault.CHECKSUM: "the checksum of a frame is wrong",
    Fault.LENGTH: "a frame has a length that its type cannot have",
    Fault.SILENCE: "a frame ended early",
    Fault.OVERRUN: "more was sent than the board has room for",
    Fault.LINE: "a byte had no stop bit",
    Fault.ORDER: "a frame is missing or out of order",
    Fault.TYPE: "a frame has an unknown type",
    Fault.STEP: "a sequence ended in the middle of a step",
    Fault.INDEX: "a sequence holds an index that the network does not have",
}


def checksum(data: bytes) -> int:
    """CRC-16/IBM-3740 (polynomial 0x1021, begins with 0xFFFF): 16 bits."""
    return binascii.crc_hqx(data, CHECKSUM.initial_crc)


@dataclass(frozen=True)
class Frame:
    """One frame, either way.

    Attributes
    ----------
    type : from 0 to 255
    number : from 0 to 255
    payload : at most 65535 bytes; :data:`LARGEST_PAYLOAD` from the host
    """

    type: int
    number: int
    payload: bytes = b""

    @property
    def stored_bytes(self) -> int:
        """Room that it takes in the frame store of a board."""
        return STORED_HEADER_BYTES + len(self.payload)

    def encode(self) -> bytes:
        """The bytes on the line."""
        body = struct.pack("<BBH", self.type, self.number, len(self.payload)) + self.payload
        return bytes([START]) + body + checksum(body).to_bytes(2, "big")


@dataclass(frozen=True, kw_only=True)
class Identity:
    """What a board says of itself: the payload of an IDENTITY.

    Attributes
    ----------
    fingerprint : SHA-256 of the network (:func:`~hadamrnn.hw.verilog.generation.fingerprint`), 32 bytes
    logits : whether a result is every logit, and not the class alone
    signed_results : whether the values of a result are in two's complement
    every_step : whether each step has a result, and not the last one alone
    index_input : whether an input is an index
    hidden_size, input_size, output_size : d, m, o
    beat_bytes : of one input beat
    beat_elements : elements in one input beat
    beats_per_step : input beats of a step
    value_bytes : of one value of a result
    values_per_result : 1 for a class, o for logits
    store_bytes : room for frames that are not yet TAKEN, each its payload and :data:`STORED_HEADER_BYTES`
    clock_hz : clock of the core
    """

    fingerprint: bytes
    logits: bool
    signed_results: bool
    every_step: bool
    index_input: bool
    hidden_size: int
    input_size: int
    output_size: int
    beat_bytes: int
    beat_elements: int
    beats_per_step: int
    value_bytes: int
    values_per_result: int
    store_bytes: int
    clock_hz: int

    _LAYOUT = struct.Struct("<BB32s10I")
    _FLAGS = ("logits", "signed_results", "every_step", "index_input")
    _SIZES = (
        "hidden_size",
        "input_size",
        "output_size",
        "beat_bytes",
        "beat_elements",
        "beats_per_step",
        "value_bytes",
        "values_per_result",
        "store_bytes",
        "clock_hz",
    )

    @property
    def result_bytes(self) -> int:
        """Bytes of one result."""
        return self.value_bytes * self.values_per_result

    def encode(self) -> bytes:
        """The payload: version, flags (bit 0 is ``logits``), fingerprint, sizes as 32-bit words, low byte first."""
        flags = sum(getattr(self, name) << bit for bit, name in enumerate(self._FLAGS))
        sizes = (getattr(self, name) for name in self._SIZES)
        return self._LAYOUT.pack(VERSION, flags, self.fingerprint, *sizes)

    @classmethod
    def decode(cls, payload: bytes) -> Self:
        """The identity in a payload.

        Raises
        ------
        ValueError
            Another version of the protocol, or another number of bytes.
        """
        if payload[:1] != bytes([VERSION]):
            raise ValueError(f"version {payload[0] if payload else None} of the protocol, expected {VERSION}")
        if len(payload) != cls._LAYOUT.size:
            raise ValueError(f"{len(payload)} bytes of identity, expected {cls._LAYOUT.size}")
        _, flags, fingerprint, *sizes = cls._LAYOUT.unpack(payload)
        fields = {name: bool(flags >> bit & 1) for bit, name in enumerate(cls._FLAGS)}
        return cls(fingerprint=fingerprint, **fields, **dict(zip(cls._SIZES, sizes, strict=True)))
