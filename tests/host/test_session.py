"""The host program against the simulated board: every byte passes as bits through the pins of the UART."""

import re
from collections import deque
from typing import Any

import numpy as np
import pytest

from hadamrnn.errors import InputError
from hadamrnn.host.frame_decoder import FrameDecoder
from hadamrnn.host.line import LineError
from hadamrnn.host.session import Session
from hadamrnn.hw.boards import protocol
from hadamrnn.hw.boards.protocol import Fault, Frame, FrameType
from hadamrnn.hw.verilog.generation import fingerprint
from hadamrnn.quant.integer import read_network
from hadamrnn.sim.stimulus import random_dense_network
from hadamrnn.zoo.catalogue import path

from .boards import TIMEOUT, board_of, check, serial_core_of, session_on, small_network
from .lines import SILENCE, FaultyLine

NETWORK = small_network()


@pytest.mark.quick("fields0-parameters0")
@pytest.mark.parametrize(
    "fields, parameters",
    [
        ({}, {}),
        ({"input_size": 3, "input_bits": 11, "input_signed": True}, {"output": "logits"}),
        pytest.param({"input_bits": 20, "state_bits": 20}, {"output": "logits", "lanes": 4}, marks=pytest.mark.long),
        pytest.param(
            {"output_size": 300}, {"readout_multipliers": 4, "lanes": 8}, marks=pytest.mark.long
        ),  # classes of two bytes
    ],
)
def test_back_to_back_sequences_are_those_of_the_reference(fields: dict[str, Any], parameters: dict[str, Any]) -> None:
    network = small_network(**fields)
    line = board_of(network, **parameters)
    session = session_on(line, network)
    assert session.identity.fingerprint.hex() == fingerprint(network)
    check(session, network, sequences=4)
    check(session, network, sequences=2, seed=1)
    assert session.repairs == 0


@pytest.mark.parametrize(
    "fields, parameters",
    [
        ({"activation": "modrelu", "readout": "every"}, {"recurrent_multipliers": 4}),
        pytest.param(
            {"binary": True, "recurrent_bits": 2, "input_size": 2},
            {"recurrent_multipliers": 2, "output": "logits"},
            marks=pytest.mark.long,
        ),
    ],
)
def test_dense_networks(fields: dict[str, Any], parameters: dict[str, Any]) -> None:
    """Also after a sequence that was dropped within a step: the core is then reset in the middle of its work."""
    network = random_dense_network(1, **({"hidden_size": 8, "output_size": 3} | fields))
    line = board_of(network, **parameters)
    session = session_on(line, network)
    check(session, network, sequences=3)
    begun = Frame(FrameType.DATA | protocol.FIRST, 9, bytes(3 * network.input_size))
    assert exchanged(line, begun, Frame(0x44, 10))[-1] == (FrameType.FAULT, 9, bytes([Fault.TYPE, True]))
    again = session_on(line, network)
    check(again, network, sequences=2, seed=1)
    assert (session.repairs, again.repairs) == (0, 0)


@pytest.mark.long
def test_the_network_of_the_digits() -> None:
    network = read_network(path("digits-d64"))
    session = session_on(board_of(network, output="logits"), network)
    check(session, network, sequences=2, steps=64)
    assert (session.identity.hidden_size, session.repairs) == (64, 0)


@pytest.mark.long
def test_a_sequence_longer_than_the_store_waits_for_room() -> None:
    line = board_of(NETWORK)
    session = session_on(line, NETWORK)
    check(session, NETWORK, sequences=1, steps=600)
    assert session.repairs == 0
    assert session.identity.store_bytes == 504 < 600


@pytest.mark.parametrize("place", [5, *(pytest.param(place, marks=pytest.mark.long) for place in (0, 3, -1))])
def test_a_byte_changed_on_its_way_to_the_board(place: int) -> None:
    """In the first frame of three sequences: its start, type, number, length, payload or checksum."""
    line = board_of(NETWORK)
    session_on(line, NETWORK)
    begins = 2 * protocol.OVERHEAD_BYTES  # behind the two identifications
    frame = protocol.OVERHEAD_BYTES + 9
    spoilt = begins - protocol.OVERHEAD_BYTES + (place % frame)
    faulty = FaultyLine(line, to_board=lambda at, byte: bytes([byte ^ 0x10 * (at == spoilt)]))
    session = session_on(faulty, NETWORK)
    check(session, NETWORK, sequences=3)
    assert session.repairs >= 1


@pytest.mark.parametrize("place", [5, *(pytest.param(place, marks=pytest.mark.long) for place in (0, 3, 6))])
def test_a_byte_changed_on_its_way_to_the_host(place: int) -> None:
    line = board_of(NETWORK)
    identity = protocol.OVERHEAD_BYTES + 74
    faulty = FaultyLine(line, to_host=lambda at, byte: bytes([byte ^ 0x10 * (at == identity + place)]))
    session = session_on(faulty, NETWORK)
    check(session, NETWORK, sequences=3)
    assert session.repairs >= 1


@pytest.mark.parametrize("lost", [3, pytest.param(15, marks=pytest.mark.long)])
def test_a_byte_lost_on_its_way_to_the_board(lost: int) -> None:
    line = board_of(NETWORK)
    spoilt = protocol.OVERHEAD_BYTES + lost
    faulty = FaultyLine(line, to_board=lambda at, byte: b"" if at == spoilt else bytes([byte]))
    session = session_on(faulty, NETWORK)
    check(session, NETWORK, sequences=3)
    assert session.repairs >= 1


@pytest.mark.long
def test_bytes_lost_and_changed_all_the_time() -> None:
    """One byte in 97 towards the board and one in 211 towards the host is changed, lost or doubled."""
    line = board_of(NETWORK)
    ways = (lambda byte: bytes([byte ^ 0x41]), lambda byte: b"", lambda byte: bytes([byte, byte]))

    def every(period: int) -> Any:
        return lambda at, byte: ways[at // period % 3](byte) if at % period == period - 1 else bytes([byte])

    session = session_on(FaultyLine(line, to_board=every(97), to_host=every(211)), NETWORK)
    check(session, NETWORK, sequences=12)
    assert session.repairs >= 2


def test_noise_before_a_frame_and_what_another_session_left() -> None:
    line = board_of(NETWORK)
    line.write(bytes([0, 0xFF, 0xA5]))  # the last one begins a frame that never ends
    line.write_broken_byte()
    line.write(Frame(FrameType.DATA | protocol.FIRST, 3, bytes(20)).encode())
    line.write(Frame(FrameType.DATA | protocol.LAST, 4, bytes(20)).encode()[:-5])
    session = session_on(line, NETWORK)
    check(session, NETWORK, sequences=3)
    assert session.repairs == 0


def exchanged(line: Any, *frames: Frame) -> list[tuple[int, int, bytes]]:
    """What the board answers to frames."""
    for frame in frames:
        line.write(frame.encode())
    decoder, found = FrameDecoder(), []
    while (data := line.read(TIMEOUT)) or line.busy:
        found += decoder.feed(data)
    assert decoder.skipped == 0
    return [(frame.type, frame.number, frame.payload) for frame in found]


def test_the_faults_that_a_board_reports() -> None:
    data, first, last = FrameType.DATA, protocol.FIRST, protocol.LAST
    line = board_of(small_network(input_size=2))
    begun = Frame(data | first, 8, b"ab")
    whole = Frame(data | first | last, 20, b"abcd")

    def fault(reason: Fault, *, dropped: bool) -> tuple[int, int, bytes]:
        return (FrameType.FAULT, 8, bytes([reason, dropped]))

    taken = (FrameType.TAKEN, 8, b"")
    order, step, kind = ((begun, bad) for bad in (Frame(data, 10, b"c"), Frame(data | last, 9, b"c"), Frame(0x44, 9)))
    assert exchanged(line, *order) == [taken, fault(Fault.ORDER, dropped=True)]
    assert exchanged(line, *step) == [taken, fault(Fault.STEP, dropped=True)]
    assert exchanged(line, *kind) == [taken, fault(Fault.TYPE, dropped=True)]
    assert exchanged(line, begun, Frame(data, 9)) == [taken, fault(Fault.LENGTH, dropped=True)]
    assert exchanged(line, Frame(data | last, 9, b"c")) == [(FrameType.TAKEN, 9, b"")]  # of what was dropped
    line.write(begun.encode())
    line.write_broken_byte()  # between frames: noise
    assert exchanged(line) == [taken]
    line.write(whole.encode()[:-3])
    assert exchanged(line) == [fault(Fault.SILENCE, dropped=True)]
    line.write(whole.encode()[:4])
    line.write_broken_byte()
    assert exchanged(line) == [fault(Fault.LINE, dropped=False)]
    answers = exchanged(line, whole)
    assert [(kind, number) for kind, number, _ in answers] == [(FrameType.TAKEN, 20), (FrameType.RESULT, 20)]


@pytest.mark.quick("last")
@pytest.mark.parametrize("readout", ["last", "every"])
def test_an_index_that_the_network_does_not_have(readout: str) -> None:
    """Whichever host sends it, in the last beat too: a fault, and the next sequence has its results."""
    network = small_network(input_kind="index", input_size=5, readout=readout)
    line = board_of(network)
    data, first, last = FrameType.DATA, protocol.FIRST, protocol.LAST
    whole = data | first | last
    refused = (FrameType.FAULT, 9, bytes([Fault.INDEX, True]))
    assert exchanged(line, Frame(whole, 9, bytes([5]))) == [refused]
    answers = exchanged(line, Frame(data | first, 9, bytes([0])), Frame(data | last, 10, bytes([4, 255])))
    assert [answer for answer in answers if answer[0] != FrameType.RESULT] == [(FrameType.TAKEN, 9, b""), refused]
    assert len(answers) <= 2 + 2 * (readout == "every")
    session = session_on(line, network)
    check(session, network, sequences=3, steps=4)
    assert session.repairs == 0


def test_a_board_with_another_network_is_refused() -> None:
    other = small_network(seed=2)
    message = f"the board holds another network: its fingerprint is {fingerprint(other)[:16]}…, "
    with pytest.raises(InputError, match=re.escape(message + f"expected {fingerprint(NETWORK)[:16]}…")):
        session_on(board_of(other), NETWORK)


class ScriptedLine:
    """Answers each write with the next of ``answers``; then there is silence, or ``chatter``."""

    def __init__(self, *answers: bytes, chatter: bytes = b"") -> None:
        self._answers, self._chatter = deque(answers), chatter
        self._arrived = b""
        self.written: list[bytes] = []

    def write(self, data: bytes) -> None:
        self.written.append(data)
        self._arrived += self._answers.popleft() if self._answers else b""

    def read(self, seconds: float) -> bytes:
        data, self._arrived = self._arrived or self._chatter, b""
        return data


def test_a_line_without_a_board() -> None:
    line = ScriptedLine()
    with pytest.raises(LineError, match=re.escape("no identity within 0.004 s, 3 times in a row")):
        session_on(line, NETWORK)
    assert line.written == [Frame(FrameType.IDENTIFY, number).encode() for number in range(3)]


def test_something_else_that_talks_all_the_time() -> None:
    with pytest.raises(LineError, match="131072 bytes and more came that are no frames"):
        session_on(ScriptedLine(chatter=b"login: " * 1000), NETWORK)


def test_another_version_of_the_protocol() -> None:
    line = ScriptedLine(Frame(FrameType.IDENTITY, 0, b"\2" + bytes(80)).encode())
    with pytest.raises(LineError, match="the board speaks another protocol: version 2 of the protocol, expected 1"):
        session_on(line, NETWORK)


def identified(number: int = 0) -> bytes:
    return Frame(FrameType.IDENTITY, number, serial_core_of(NETWORK).identity.encode()).encode()


@pytest.mark.parametrize(
    "answer, message",
    [
        (b"", "no answer within 0.004 s"),
        (Frame(FrameType.FAULT, 1, bytes([Fault.STEP, 1])).encode(), "the board reports: a sequence ended in the"),
        (Frame(FrameType.FAULT, 1, b"").encode(), "an unexpected frame came (type 0x9f, number 1)"),
        (Frame(FrameType.RESULT, 7, b"x").encode(), "an unexpected frame came (type 0x90, number 7)"),
        (b"\0", "bytes came that are no frame"),
    ],
)
def test_a_board_that_never_brings_a_result(answer: bytes, message: str) -> None:
    line = ScriptedLine(identified(0), answer, identified(2), answer, identified(4), answer)
    session = session_on(line, NETWORK)
    with pytest.raises(LineError, match=re.escape(message) + ".*, 3 times in a row"):
        session.run(np.zeros((1, 4, 1), dtype=np.int64))


def test_progress_counts_sequences() -> None:
    line = board_of(NETWORK)
    done: list[int] = []
    session = Session(line, NETWORK, timeout=TIMEOUT, silence=SILENCE)
    session.run(np.zeros((5, 4, 1), dtype=np.int64), progress=done.append)
    assert done == sorted(set(done))
    assert done[-1] == 5
