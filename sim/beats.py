"""Integers to the beats of the AXI4-Stream ports, and back (DESIGN.md section 4, ports)."""

import numpy as np


def input_beats(inputs: np.ndarray, *, element_bytes: int, beat_elements: int = 1, seed: int = 0) -> np.ndarray:
    """The beats of one sequence on ``s_axis``.

    Parameters
    ----------
    inputs : int64, shape ``(T, m)``, or ``(T,)`` for one element a step
    element_bytes : bytes of one element
    beat_elements : E, elements in one beat; a step is ceil(m / E) beats
    seed : for the unused elements of a step's last beat, which the core must ignore: they hold random bits

    Returns
    -------
    ndarray of uint8, shape ``(T · ceil(m / E), E · element_bytes)``
        Each row one beat, lowest byte first.
    """
    elements = to_bytes(inputs.reshape(len(inputs), -1), element_bytes)
    steps, count, _ = elements.shape
    beats = -(-count // beat_elements)
    shape = steps, beats * beat_elements, element_bytes
    padded = np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)
    padded[:, :count] = elements
    return padded.reshape(steps * beats, beat_elements * element_bytes)


def to_bytes(values: np.ndarray, count: int) -> np.ndarray:
    """The lowest ``count`` bytes of each value in two's complement: uint8, shape ``(*values.shape, count)``."""
    eight = np.ascontiguousarray(values, dtype="<i8")[..., None].view(np.uint8)
    return eight[..., :count]


def from_bytes(data: np.ndarray, *, signed: bool) -> np.ndarray:
    """The integers of byte rows, lowest byte first: int64, shape ``data.shape[:-1]``; at most 8 bytes each."""
    count = data.shape[-1]
    if not 1 <= count <= 8:
        raise ValueError(f"data must have 1 to 8 bytes a value, not {count}")
    eight = np.zeros((*data.shape[:-1], 8), dtype=np.uint8)
    eight[..., :count] = data
    if signed:
        eight[..., count:] = np.where(data[..., -1:] & 0x80, 0xFF, 0)
    return eight.view("<i8")[..., 0].astype(np.int64)
