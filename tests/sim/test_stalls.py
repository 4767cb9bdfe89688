from itertools import groupby, islice

import pytest

from hadamrnn.sim.stalls import PATTERNS, pauses


def test_none_never_pauses() -> None:
    assert not any(islice(pauses("none", 0), 1000))


def test_random_is_seeded_and_mixes_all_kinds_of_bursts() -> None:
    first, again, other = (list(islice(pauses("random", seed, lambda: True), 20000)) for seed in (1, 1, 2))
    assert first == again
    assert first != other
    runs = [(pause, len(list(run))) for pause, run in groupby(first)]
    assert 0.2 < sum(first) / len(first) < 0.8
    assert max(length for pause, length in runs if pause) >= 30  # a long stall
    assert max(length for pause, length in runs if not pause) >= 100  # and none for long
    assert sum(length == 1 for _, length in runs) > 1000  # back and forth


@pytest.mark.parametrize("pattern", ["random", "worst"])
def test_a_sink_does_not_stop_for_ever(pattern: str) -> None:
    """No stall outlasts the patience of the bench, which is above 1000 clocks, while a beat waits."""
    for seed in range(20):
        runs = [len(list(run)) for pause, run in groupby(islice(pauses(pattern, seed, lambda: True), 20000)) if pause]
        assert max(runs) < 400


@pytest.mark.parametrize("pattern", ["random", "worst"])
def test_a_sink_waits_for_the_core_first(pattern: str) -> None:
    """Some beats get ready only after they are offered, so that a core whose valid waits for ready stands still."""
    assert all(list(islice(pauses(pattern, 0, lambda: False), 100000))[-1000:])


def test_worst_takes_one_beat_after_eight_clocks() -> None:
    offered = iter([False] * 5 + [True] * 100)
    pattern = list(islice(pauses("worst", 0, lambda: next(offered)), 24))
    assert pattern == [True] * 13 + [False] + [True] * 8 + [False] + [True]
    source = list(islice(pauses("worst", 0), 18))
    assert source == ([False] + [True] * 8) * 2


def test_an_unknown_pattern_is_refused() -> None:
    with pytest.raises(ValueError, match=f"pattern must be one of {', '.join(PATTERNS)}, not 'some'"):
        pauses("some", 0)
