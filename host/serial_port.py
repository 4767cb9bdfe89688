"""A line on a serial port of this machine, by pyserial."""

import contextlib
import importlib.util
import types

from ..errors import InputError
from .line import LineError

_WRITE_SECONDS = 10.0


class SerialPort:
    """A serial port: eight data bits, no parity, one stop bit. A :class:`~hadamrnn.host.line.Line`, and a context.

    Parameters
    ----------
    port : name of the device, such as ``/dev/ttyUSB0`` or ``COM3``, or a URL of pyserial
    baud : bits per second

    Raises
    ------
    InputError
        Where pyserial is not installed, or the port cannot be opened.
    """

    def __init__(self, port: str, baud: int) -> None:
        if importlib.util.find_spec("serial") is None:
            raise InputError("pyserial is not installed, expected it from: pip install 'hadamrnn[host]'")
        import serial

        self._errors = (serial.SerialException, OSError)
        self._name = port
        try:
            self._port = serial.serial_for_url(port, baudrate=baud, write_timeout=_WRITE_SECONDS)
        except (serial.SerialException, OSError, ValueError) as error:
            raise InputError(f"port {port} cannot be opened at {baud} baud: {error}") from error
        # Some USB bridges hold bytes back for 16 ms; where the system lets us, they do not.
        with contextlib.suppress(AttributeError, NotImplementedError, ValueError, OSError):
            self._port.set_low_latency_mode(True)

    def write(self, data: bytes) -> None:
        """Send all of ``data``; LineError where the port is gone or takes nothing for 10 s."""
        try:
            self._port.write(data)
        except self._errors as error:
            raise LineError(f"port {self._name}: {error}") from error

    def read(self, seconds: float) -> bytes:
        """What has come, as soon as anything has; nothing after ``seconds``. LineError where the port is gone."""
        try:
            self._port.timeout = seconds
            first = self._port.read(1)
            return first + self._port.read(self._port.in_waiting) if first else b""
        except self._errors as error:
            raise LineError(f"port {self._name}: {error}") from error

    def __enter__(self) -> "SerialPort":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: types.TracebackType | None
    ) -> None:
        self._port.close()
