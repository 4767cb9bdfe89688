"""A conversation with a core on a board: who it is, then sequences and their results (docs/boards.md)."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from ..errors import InputError
from ..hw.boards import protocol
from ..hw.boards.protocol import Fault, Frame, FrameType, Identity
from ..hw.verilog.generation import fingerprint
from ..quant.integer import FrozenNetwork
from .exchange import Exchange
from .frame_decoder import FrameDecoder
from .line import Line, LineError

_ATTEMPTS = 3  # in a row, none of which brings anything new
_MOST_FRAMES = 128  # underway: half of the numbers there are
_MOST_NOISE = 1 << 17  # bytes; a frame that is damaged in its length has half of them at most


class Session:
    """A conversation with one board.

    Parameters
    ----------
    line : Line
    network : FrozenNetwork
        The network that the board must hold.
    timeout : seconds without an answer after which one that is due counts as lost
    byte_seconds : seconds that a byte takes on the line: what is underway is waited for in addition
    silence : seconds without a byte after which the board has given up whatever frame it was in

    Attributes
    ----------
    identity : Identity
        What the board says of itself.
    repairs : int
        How often something went wrong and was put right, so far.

    Raises
    ------
    InputError
        The board holds another network.
    LineError
        No answer, or none that this protocol knows.
    """

    def __init__(
        self,
        line: Line,
        network: FrozenNetwork,
        *,
        timeout: float = 1.0,
        byte_seconds: float = 0.0,
        silence: float = 2 * protocol.SILENCE_SECONDS,
    ) -> None:
        self.timeout = timeout
        self.byte_seconds = byte_seconds
        self.silence = silence
        self.repairs = 0
        self._line = line
        self._decoder = FrameDecoder()
        self._number = 0  # of the next frame
        self._underway: deque[tuple[int, int]] = deque()  # number and room of each frame that is not yet TAKEN
        self._unsent: deque[Frame] = deque()  # of the last exchange begun
        self._waiting: deque[Exchange] = deque()
        self._begun: deque[Exchange] = deque()
        self._trouble = ""
        self.identity = self._identify()
        self._trouble = ""  # what a session before this one left on the line
        self._check(network)

    def run(
        self,
        inputs: np.ndarray,
        lengths: np.ndarray | Sequence[int] | None = None,
        *,
        progress: Callable[[int], None] = lambda done: None,
    ) -> list[np.ndarray]:
        """Send sequences and collect their results; sequences that a fault touches are sent again.

        Parameters
        ----------
        inputs : int64, shape ``(N, T, m)``, or ``(N, T)`` for ``input_kind`` ``index``
        lengths : of each sequence, shape ``(N,)``; all T unless given
        progress : called with the number of sequences done

        Returns
        -------
        list of ndarray
            For each sequence its results, int64 of shape ``(results, values)``: one result, or one a step; of one
            value, the class, or of o logits.

        Raises
        ------
        LineError
            Where three attempts in a row bring no result.
        """
        lengths = [inputs.shape[1]] * len(inputs) if lengths is None else lengths
        exchanges = [
            Exchange.of(index, sequence[:length], self.identity)
            for index, (sequence, length) in enumerate(zip(inputs, lengths, strict=True))
        ]
        self._waiting.extend(exchanges)
        attempts = 0
        while left := len(self._waiting) + len(self._begun):
            self._send()
            self._listen()
            if len(self._waiting) + len(self._begun) < left:
                attempts = 0
                progress(len(exchanges) - len(self._waiting) - len(self._begun))
            if self._trouble:
                attempts += 1
                if attempts == _ATTEMPTS:
                    self._waiting.clear()
                    self._begun.clear()
                    raise LineError(f"{self._trouble}, {_ATTEMPTS} times in a row")
                self._repair()
        return [exchange.values(self.identity) for exchange in exchanges]

    def _check(self, network: FrozenNetwork) -> None:
        expected = fingerprint(network)
        if self.identity.fingerprint.hex() != expected:
            raise InputError(
                f"the board holds another network: its fingerprint is {self.identity.fingerprint.hex()[:16]}…, "
                f"expected {expected[:16]}…"
            )

    def _patience(self) -> float:
        """Seconds to wait for the next answer."""
        return self.timeout + self.byte_seconds * sum(size + protocol.OVERHEAD_BYTES for _, size in self._underway)

    def _send(self) -> None:
        """Send what the board has room for."""
        room = self.identity.store_bytes - sum(size for _, size in self._underway)
        while len(self._underway) < _MOST_FRAMES and len(self._begun) < _MOST_FRAMES:
            if not self._unsent:
                if not self._waiting:
                    return
                exchange = self._waiting.popleft()
                self._begun.append(exchange)
                self._unsent.extend(exchange.begin(self._number))
                self._number = (self._number + len(self._unsent)) % 256
            frame = self._unsent[0]
            room -= frame.stored_bytes
            if room < 0:
                return
            self._unsent.popleft()
            self._underway.append((frame.number, frame.stored_bytes))
            self._line.write(frame.encode())

    def _listen(self) -> None:
        """Take what comes within ``timeout``."""
        skipped = self._decoder.skipped
        data = self._line.read(self._patience())
        for frame in self._decoder.feed(data) if data else self._decoder.give_up():
            self._take(frame)
        if not data:
            self._trouble = self._trouble or f"no answer within {self.timeout} s"
        elif self._decoder.skipped > skipped:
            self._trouble = self._trouble or "bytes came that are no frame"

    def _take(self, frame: Frame) -> None:
        """Note what a frame says of the frames underway and of the sequences begun."""
        if frame.type == FrameType.TAKEN and self._underway and frame.number == self._underway[0][0]:
            self._underway.popleft()
        elif frame.type == FrameType.RESULT and self._begun and frame.number == self._begun[0].number:
            self._begun[0].results.append(frame.payload)
            if len(self._begun[0].results) == self._begun[0].expected:
                self._begun.popleft()
        elif frame.type == FrameType.FAULT and frame.payload and frame.payload[0] in list(Fault):
            self._trouble = f"the board reports: {Fault(frame.payload[0]).meaning}"
        else:
            self._trouble = self._trouble or f"an unexpected frame came (type {frame.type:#04x}, number {frame.number})"

    def _repair(self) -> None:
        """Bring both ends together again: all that is not done is to be sent again.

        The identity comes after the answers to all that was sent before it, so that no frame is underway any more.
        """
        self.repairs += 1
        self.identity = self._identify()
        self._underway.clear()
        self._unsent.clear()
        self._waiting.extendleft(reversed(self._begun))
        self._begun.clear()
        self._trouble = ""

    def _identify(self) -> Identity:
        """Drop what the board has begun, and learn who it is."""
        for _ in range(_ATTEMPTS):
            for frame in self._frames_until_silence(self.silence):
                self._take(frame)
            number, self._number = self._number, (self._number + 1) % 256
            self._line.write(Frame(FrameType.IDENTIFY, number).encode())
            for frame in self._frames_until_silence(self._patience()):
                if (frame.type, frame.number) != (FrameType.IDENTITY, number):
                    self._take(frame)
                    continue
                try:
                    return Identity.decode(frame.payload)
                except ValueError as error:
                    raise LineError(f"the board speaks another protocol: {error}") from error
        raise LineError(f"no identity within {self.timeout} s, {_ATTEMPTS} times in a row")

    def _frames_until_silence(self, seconds: float) -> Iterator[Frame]:
        """The frames that come until nothing more comes for ``seconds``."""
        skipped = self._decoder.skipped
        while data := self._line.read(seconds):
            yield from self._decoder.feed(data)
            if self._decoder.skipped - skipped > _MOST_NOISE:
                raise LineError(f"{_MOST_NOISE} bytes and more came that are no frames: is this the board?")
        yield from self._decoder.give_up()
