"""The command over a pseudo-terminal, at whose far end a thread plays the board with the integer reference."""

import json
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from hadamrnn.host.frame_decoder import FrameDecoder
from hadamrnn.hw.boards.protocol import LAST, Frame, FrameType, Identity
from hadamrnn.hw.boards.serial_core import SerialCore
from hadamrnn.hw.parameters import CoreParameters
from hadamrnn.quant.integer import FrozenNetwork, IntegerNetwork, read_network, write_network
from hadamrnn.sim import reference
from hadamrnn.sim.stimulus import random_dense_network

from .conftest import Run, random_network

pytest.importorskip("serial", reason="pyserial is not installed: pip install 'hadamrnn[host]'")
pty = pytest.importorskip("pty", reason="no pseudo-terminals on this system")


class PlayedBoard(threading.Thread):
    """Answers as docs/boards.md says; ``wrong`` is added to every class."""

    def __init__(self, far: int, network: FrozenNetwork, wrong: int = 0) -> None:
        super().__init__(daemon=True)
        self.far, self.network, self.wrong = far, network, wrong
        core = SerialCore(network, CoreParameters(), clock_hz=1_000_000, baud=250_000)
        self.identity: Identity = core.identity

    def run(self) -> None:
        decoder, payload, begun = FrameDecoder(), b"", 0
        while True:
            try:
                data = os.read(self.far, 4096)
            except OSError:
                return
            for frame in decoder.feed(data):
                if frame.type == FrameType.IDENTIFY:
                    self.answer(Frame(FrameType.IDENTITY, frame.number, self.identity.encode()))
                    continue
                if frame.type & 1:
                    payload, begun = b"", frame.number
                payload += frame.payload
                self.answer(Frame(FrameType.TAKEN, frame.number))
                if frame.type & LAST:
                    inputs = np.frombuffer(payload, dtype=np.uint8).astype(np.int64)[None, :, None]
                    value = int(reference.run(self.network, inputs).classes[0]) + self.wrong
                    self.answer(Frame(FrameType.RESULT, begun, bytes([value])))

    def answer(self, frame: Frame) -> None:
        os.write(self.far, frame.encode())


Connect = Callable[..., str]


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Start a board at the far end of a pseudo-terminal; returns the name of the port."""
    ends: list[int] = []

    def start(network: FrozenNetwork | None, wrong: int = 0) -> str:
        far, near = pty.openpty()
        ends.extend((near, far))
        if network is not None:
            PlayedBoard(far, network, wrong).start()
        return os.ttyname(near)

    yield start
    for end in ends:
        os.close(end)


@pytest.fixture
def inputs_file(tmp_path: Path) -> Path:
    path = tmp_path / "inputs.npz"
    np.savez(path, x=np.random.default_rng(0).integers(0, 16, (4, 300, 1)), lengths=[300, 1, 7, 256])
    return path


def test_classes_are_printed_and_compared(
    run: Run, connect: Connect, network: IntegerNetwork, network_file: Path, inputs_file: Path
) -> None:
    outcome = run("host", network_file, "--port", connect(network), "--inputs", inputs_file)
    assert outcome.status == 0, outcome
    archive = np.load(inputs_file)
    classes = reference.run(network, archive["x"], lengths=archive["lengths"]).classes
    names = ("left", "right", "none")
    for index, one in enumerate(classes):
        assert f"  sequence {index}: {names[one]}" in outcome.out.splitlines()
    assert "4 values compared, 0 differences\nequal, bit for bit" in outcome.out
    assert "host: 4 of 4" in outcome.err


def test_json(run: Run, connect: Connect, network: IntegerNetwork, network_file: Path, inputs_file: Path) -> None:
    outcome = run("host", network_file, "--port", connect(network), "--inputs", inputs_file, "--json")
    assert outcome.status == 0, outcome
    answer = json.loads(outcome.out)
    assert (answer["values_compared"], answer["differences"], answer["first_difference"]) == (4, 0, None)
    assert [len(one["classes"]) for one in answer["sequences"]] == [1] * 4
    assert answer["board"]["hidden_size"] == 8


def test_a_difference_is_status_1_and_named(
    run: Run, connect: Connect, network: IntegerNetwork, network_file: Path, inputs_file: Path
) -> None:
    archive = np.load(inputs_file)
    first = int(reference.run(network, archive["x"], lengths=archive["lengths"]).classes[0])
    outcome = run("host", network_file, "--port", connect(network, wrong=3), "--inputs", inputs_file, "--json")
    assert outcome.status == 1
    answer = json.loads(outcome.out)
    assert answer["differences"] == 4
    assert answer["first_difference"] == f"sequence 0, result 0, value 0: expected {first}, got {first + 3}"


def test_without_sequences_it_only_asks(
    run: Run, connect: Connect, network: IntegerNetwork, network_file: Path
) -> None:
    outcome = run("host", network_file, "--port", connect(network))
    assert outcome.status == 0
    assert outcome.out.endswith(": d = 8, m = 1, o = 3, class output, 1 MHz\n")


def test_a_task(run: Run, connect: Connect, tmp_path: Path) -> None:
    network = read_network(Path(__file__).parents[2] / "zoo" / "digits-d32.safetensors")
    path = tmp_path / "digits.safetensors"
    write_network(network, path)
    outcome = run("host", path, "--port", connect(network), "--task", "digits", "--sequences", "5")
    assert outcome.status == 0, outcome
    assert "5 values compared, 0 differences" in outcome.out


def test_a_dense_network(run: Run, connect: Connect, inputs_file: Path, tmp_path: Path) -> None:
    network = random_dense_network(1, hidden_size=6, output_size=3)
    path = tmp_path / "dense.safetensors"
    write_network(network, path)
    outcome = run("host", path, "--port", connect(network), "--inputs", inputs_file)
    assert outcome.status == 0, outcome
    assert ": d = 6, m = 1, o = 3, class output, 1 MHz" in outcome.out
    assert "4 values compared, 0 differences\nequal, bit for bit" in outcome.out


def test_a_board_that_does_not_answer_is_status_3(run: Run, connect: Connect, network_file: Path) -> None:
    port = connect(None)
    outcome = run("host", network_file, "--port", port, "--timeout", "0.05")
    assert outcome.status == 3
    assert outcome.err == f"hadamrnn: error: {port}: no identity within 0.05 s, 3 times in a row\n"


def test_bad_input(
    refused: Callable[..., str], connect: Connect, network_file: Path, inputs_file: Path, tmp_path: Path
) -> None:
    port = connect(random_network(seed=1))
    assert refused("host", network_file, "--port", port).startswith("the board holds another network: its fingerprint")
    assert refused("host", network_file).startswith("Missing option '--port'")
    missing = refused("host", network_file, "--port", tmp_path / "tty")
    assert missing.startswith(f"port {tmp_path / 'tty'} cannot be opened at 1000000 baud: ")
    call = ("host", network_file, "--port", port)
    assert refused(*call, "--inputs", tmp_path / "none.npy").startswith(f"{tmp_path / 'none.npy'}: cannot be read")
    assert refused(*call, "--inputs", inputs_file, "--task", "digits") == "--inputs does not go with --task" + HINT
    assert refused(*call, "--sequences", "3") == "--sequences goes with --task" + HINT
    assert refused(*call, "--task", "digits", "--sequences", "0") == "--sequences must be at least 1, not 0" + HINT
    assert refused(*call, "--timeout", "0").startswith("--timeout must be above 0 and below 3600 seconds, not 0")
    assert refused(*call, "--baud", "0").startswith("--baud must be at least 1, not 0")


HINT = " (see: hadamrnn host --help)"
