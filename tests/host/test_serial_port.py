"""The serial port over a pseudo-terminal of the system, and what is said of one that is none."""

import os
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from hadamrnn.errors import InputError
from hadamrnn.host.line import LineError
from hadamrnn.host.serial_port import SerialPort

serial = pytest.importorskip("serial", reason="pyserial is not installed: pip install 'hadamrnn[host]'")
pty = pytest.importorskip("pty", reason="no pseudo-terminals on this system")


@pytest.fixture
def terminal() -> Iterator[tuple[int, str]]:
    """The far end of a pseudo-terminal, and the name of its near end."""
    far, near = pty.openpty()
    yield far, os.ttyname(near)
    os.close(near)
    os.close(far)


def test_bytes_of_any_value_both_ways(terminal: tuple[int, str]) -> None:
    far, name = terminal
    everything = bytes(range(256))
    with SerialPort(name, 115200) as port:
        port.write(everything)
        received = b""
        while len(received) < 256:
            received += os.read(far, 256)
        assert received == everything
        os.write(far, everything)
        received = b""
        while len(received) < 256:
            data = port.read(5)
            assert data
            received += data
        assert received == everything


def test_silence_is_no_bytes(terminal: tuple[int, str]) -> None:
    with SerialPort(terminal[1], 115200) as port:
        assert port.read(0.05) == b""


def test_what_comes_is_given_at_once(terminal: tuple[int, str]) -> None:
    """A read that would last for ever ends with the first byte, and does not wait for more."""
    far, name = terminal
    with SerialPort(name, 115200) as port:
        late = threading.Timer(0.1, os.write, (far, b"x"))
        late.start()
        assert port.read(threading.TIMEOUT_MAX / 1e3) == b"x"
        late.join()


def test_a_port_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=re.escape(f"port {tmp_path}/tty cannot be opened at 9600 baud: ")):
        SerialPort(str(tmp_path / "tty"), 9600)


def test_a_port_that_goes_away(terminal: tuple[int, str], monkeypatch: pytest.MonkeyPatch) -> None:
    with SerialPort(terminal[1], 9600) as port:
        monkeypatch.setattr(port._port, "read", _gone)
        monkeypatch.setattr(port._port, "write", _gone)
        for call in (lambda: port.read(1), lambda: port.write(b"x")):
            with pytest.raises(LineError, match=f"port {terminal[1]}: device disconnected"):
                call()


def _gone(*_: object) -> bytes:
    raise serial.SerialException("device disconnected")
