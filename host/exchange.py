"""One sequence on its way to a board and back: the frames that carry it, and the results that are its own."""

from dataclasses import dataclass, field

import numpy as np

from ..hw.boards.protocol import FIRST, LARGEST_PAYLOAD, LAST, Frame, FrameType, Identity
from ..sim.beats import from_bytes, input_beats


@dataclass
class Exchange:
    """A sequence and its results.

    Attributes
    ----------
    index : of the sequence among all that are sent
    payload : the bytes of all its beats
    expected : results that it will have
    number : of its first frame, once it is begun
    results : payloads that have come
    """

    index: int
    payload: bytes
    expected: int
    number: int = 0
    results: list[bytes] = field(default_factory=list)

    @classmethod
    def of(cls, index: int, sequence: np.ndarray, identity: Identity) -> "Exchange":
        """The exchange of one sequence: int64, shape ``(T, m)`` or ``(T,)``."""
        beats = input_beats(
            sequence,
            element_bytes=identity.beat_bytes // identity.beat_elements,
            beat_elements=identity.beat_elements,
        )
        return cls(index, beats.tobytes(), len(sequence) if identity.every_step else 1)

    def begin(self, number: int) -> list[Frame]:
        """The frames that carry it, numbered from ``number`` on; results of an earlier attempt are forgotten."""
        self.number, self.results = number, []
        parts = range(0, len(self.payload), LARGEST_PAYLOAD)
        last = parts[-1]
        return [
            Frame(
                FrameType.DATA | FIRST * (start == 0) | LAST * (start == last),
                (number + count) % 256,
                self.payload[start : start + LARGEST_PAYLOAD],
            )
            for count, start in enumerate(parts)
        ]

    def values(self, identity: Identity) -> np.ndarray:
        """The results as integers: int64, shape ``(results, values)``."""
        rows = np.frombuffer(b"".join(self.results), dtype=np.uint8)
        shape = len(self.results), identity.values_per_result, identity.value_bytes
        return from_bytes(rows.reshape(shape), signed=identity.signed_results)
