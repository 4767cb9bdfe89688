"""Sequences with their labels or targets: held in memory, or generated when they are read. Numpy only."""

from collections.abc import Callable

import numpy as np

Batch = tuple[np.ndarray, np.ndarray, np.ndarray | None]


class Split:
    """N sequences of T steps with what is to be said of them.

    Parameters
    ----------
    x : float32 of shape ``(N, T, m)``, or int32 tokens of shape ``(N, T)``.
    y : classes, int64 of shape ``(N,)`` or, one a step, ``(N, T)``; targets of a regression, float32 of shape
        ``(N, o)`` or ``(N, T, o)``.
    lengths : int64 of shape ``(N,)``, the steps of each sequence, 1 to T; T where left out. What follows is padding:
        zeros in ``x``, anything in ``y``, and it counts nowhere.
    """

    def __init__(self, *, x: np.ndarray, y: np.ndarray, lengths: np.ndarray | None = None) -> None:
        self._x, self._y, self._lengths = x, y, lengths

    def __len__(self) -> int:
        return len(self._y)

    @property
    def x(self) -> np.ndarray:
        """All inputs."""
        return self._x

    @property
    def y(self) -> np.ndarray:
        """All labels or targets."""
        return self._y

    @property
    def lengths(self) -> np.ndarray | None:
        """Steps of every sequence, or ``None`` where all have T."""
        return self._lengths

    @property
    def x_shape(self) -> tuple[int, ...]:
        """Shape of one sequence: ``(T, m)`` or ``(T,)``."""
        return self._x.shape[1:]

    @property
    def y_shape(self) -> tuple[int, ...]:
        """Shape of what is to be said of one sequence: ``()``, ``(T,)``, ``(o,)`` or ``(T, o)``."""
        return self._y.shape[1:]

    def batch(self, indices: np.ndarray) -> Batch:
        """``x``, ``y`` and ``lengths`` of the sequences ``indices``, in their order: how training reads data."""
        return self._x[indices], self._y[indices], None if self._lengths is None else self._lengths[indices]

    def first(self, count: int) -> "Split":
        """The first ``count`` sequences, in memory; the split itself where it has no more."""
        if len(self) <= count:
            return self
        x, y, lengths = self.batch(np.arange(count))
        return Split(x=x, y=y, lengths=lengths)

    def sample(self) -> Batch:
        """The arrays by which a task judges the split: all of them."""
        return self._x, self._y, self._lengths


class GeneratedSplit(Split):
    """Sequences that are made when they are read, so that half a million of them take no memory.

    ``x``, ``y`` and ``lengths`` are generated in full at every access: fit for small splits, while :meth:`batch` is for
    any.

    Parameters
    ----------
    count : N.
    generate : makes ``x``, ``y`` and ``lengths`` of the sequences at the indices given, the same ones at every call.
    """

    SAMPLE = 100

    def __init__(self, count: int, generate: Callable[[np.ndarray], Batch]) -> None:
        self._count, self._generate = count, generate
        x, y, _ = generate(np.arange(min(count, 1)))
        self._x_shape, self._y_shape = x.shape[1:], y.shape[1:]

    def __len__(self) -> int:
        return self._count

    @property
    def x(self) -> np.ndarray:
        return self._generate(np.arange(self._count))[0]

    @property
    def y(self) -> np.ndarray:
        return self._generate(np.arange(self._count))[1]

    @property
    def lengths(self) -> np.ndarray | None:
        return self._generate(np.arange(self._count))[2]

    @property
    def x_shape(self) -> tuple[int, ...]:
        return self._x_shape

    @property
    def y_shape(self) -> tuple[int, ...]:
        return self._y_shape

    def batch(self, indices: np.ndarray) -> Batch:
        return self._generate(np.asarray(indices))

    def sample(self) -> Batch:
        """The first :data:`SAMPLE` sequences."""
        return self.batch(np.arange(min(self._count, self.SAMPLE)))
