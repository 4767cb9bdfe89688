"""Bytes from a board to frames, whatever lies between them."""

from ..hw.boards import protocol
from ..hw.boards.protocol import Frame, checksum


class FrameDecoder:
    """Finds whole frames with right checksums in a stream of bytes.

    Bytes that begin no such frame are skipped one by one, so that a damaged frame never hides the one behind it.

    Attributes
    ----------
    skipped : int
        Bytes that belonged to no good frame, so far.
    """

    def __init__(self) -> None:
        self.skipped = 0
        self._waiting = bytearray()

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that ``data`` completes, in their order."""
        self._waiting += data
        frames = []
        while (frame := self._next()) is not None:
            frames.append(frame)
        return frames

    def give_up(self) -> list[Frame]:
        """Wait for nothing more: the frames behind one that never came to its end."""
        frames = []
        while self._waiting:
            self._skip(1)
            frames += self.feed(b"")
        return frames

    def _next(self) -> Frame | None:
        waiting = self._waiting
        while True:
            start = waiting.find(protocol.START)
            self._skip(len(waiting) if start < 0 else start)
            if len(waiting) < protocol.OVERHEAD_BYTES:
                return None
            length = int.from_bytes(waiting[3:5], "little")
            size = protocol.OVERHEAD_BYTES + length
            if len(waiting) < size:
                return None
            if checksum(bytes(waiting[1 : size - 2])) == int.from_bytes(waiting[size - 2 : size], "big"):
                frame = Frame(waiting[1], waiting[2], bytes(waiting[5 : size - 2]))
                del waiting[:size]
                return frame
            self._skip(1)

    def _skip(self, count: int) -> None:
        self.skipped += count
        del self._waiting[:count]
