"""Where drawn networks and cores get their values from: seeded numpy, or Hypothesis, which can shrink them."""

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from hypothesis import strategies

_LONGEST = 24  # list of drawn elements of an array


class Choices(Protocol):
    """Draws values; where they can shrink, they shrink towards the first value, the smallest magnitude, the low end."""

    def choose(self, *values: Any) -> Any:
        """One of ``values``."""
        ...

    def integer(self, low: int, high: int) -> int:
        """An integer from ``low`` to ``high``, both included."""
        ...


class SeededChoices:
    """Equal seeds draw equal values."""

    def __init__(self, *seed: int) -> None:
        self._random = np.random.default_rng(seed)

    def choose(self, *values: Any) -> Any:
        return values[self._random.integers(len(values))]

    def integer(self, low: int, high: int) -> int:
        return int(self._random.integers(low, high, endpoint=True))


class ShrinkingChoices:
    """Drawn by Hypothesis; ``draw`` is what ``hypothesis.strategies.composite`` hands over."""

    def __init__(self, draw: Callable[[strategies.SearchStrategy], Any]) -> None:
        self._draw = draw

    def choose(self, *values: Any) -> Any:
        return self._draw(strategies.sampled_from(values))

    def integer(self, low: int, high: int) -> int:
        return self._draw(strategies.integers(low, high))

    def array(self, shape: tuple[int, ...], *values: int | range) -> np.ndarray:
        """Integers of a format, with many corners; a drawn list, round and round.

        How much is drawn does not depend on the shape, so that a network shrinks while its weights stay as they are.

        Parameters
        ----------
        values : a range with its corners, or all that there are
        """
        (first, *rest) = values
        if isinstance(first, range):
            elements = strategies.integers(first[0], first[-1]) | strategies.sampled_from([first[0], first[-1]])
        else:
            elements = strategies.sampled_from([first, *rest])
        drawn = self._draw(strategies.lists(elements, min_size=1, max_size=_LONGEST))
        return np.resize(np.array(drawn, dtype=np.int64), shape)
