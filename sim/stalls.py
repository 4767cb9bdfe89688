"""When the ends of a stream hold it up: patterns of pauses, seeded.

A pattern is an iterator with one value for each clock: whether the end pauses there. A source that pauses offers no
beat, a sink that pauses is not ready.
"""

import random
from collections.abc import Callable, Iterator

from ..errors import InputError

PATTERNS = ("none", "random", "worst")


def check_pattern(stalls: object) -> None:
    """Raise :class:`~hadamrnn.errors.InputError` unless ``stalls`` is one of :data:`PATTERNS`."""
    if stalls not in PATTERNS:
        raise InputError(f"stalls must be one of {', '.join(PATTERNS)}, not {stalls!r}")


def pauses(pattern: str, seed: int, waiting: Callable[[], bool] | None = None) -> Iterator[bool]:
    """The pauses of one end of a stream, without end.

    Parameters
    ----------
    pattern :
        ``"none"``: never.
        ``"random"``: bursts of never, now and then, mostly, and always, and, at a sink, of waiting for the core first.
        ``"worst"``: a sink is ready only after a beat has waited for eight clocks, and then for one beat; a source
        offers one beat in nine clocks. A core that waits for ready before it offers a beat stands still.
    seed : for ``"random"``
    waiting : at a sink, whether the core offers a beat now; None at a source
    """
    if pattern == "none":
        return _never()
    if pattern == "random":
        return _random(random.Random(seed), waiting)
    if pattern == "worst":
        return _rarely() if waiting is None else _reluctant(8, waiting)
    raise ValueError(f"pattern must be one of {', '.join(PATTERNS)}, not {pattern!r}")


def _never() -> Iterator[bool]:
    while True:
        yield False


def _rarely() -> Iterator[bool]:
    while True:
        yield False
        yield from (True,) * 8


def _reluctant(patience: int, waiting: Callable[[], bool]) -> Iterator[bool]:
    while True:
        while not waiting():
            yield True
        yield from (True,) * patience
        yield False


def _random(generator: random.Random, waiting: Callable[[], bool] | None) -> Iterator[bool]:
    while True:
        burst = generator.choice(("never", "some", "most", "always", "reluctant"))
        if burst == "never":
            yield from (False,) * generator.randint(1, 200)
        elif burst == "always":
            yield from (True,) * generator.randint(1, 60)
        elif burst == "reluctant" and waiting is not None:
            yield from _until_offered(generator, waiting)
        else:
            share = 0.8 if burst == "most" else 0.3
            for _ in range(generator.randint(1, 100)):
                yield generator.random() < share


def _until_offered(generator: random.Random, waiting: Callable[[], bool]) -> Iterator[bool]:
    for _ in range(generator.randint(1, 12)):
        while not waiting():
            yield True
        yield from (True,) * generator.randint(0, 3)
        yield False
