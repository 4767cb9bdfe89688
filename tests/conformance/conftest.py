"""Where compiled cores are kept for a while, and where a network is written that the layers disagree about."""

import os
from pathlib import Path

import pytest
from hypothesis.internal.conjecture.providers import CONSTANTS_CACHE, Constants, HypothesisProvider


@pytest.fixture(scope="session")
def builds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of compiled simulations: what shrinks comes again and again."""
    return tmp_path_factory.mktemp("builds")


@pytest.fixture(autouse=True)
def the_same_draws_whatever_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hypothesis draws constants that it reads in the source of modules that are loaded: a seed would not be enough."""
    CONSTANTS_CACHE.cache.clear()
    monkeypatch.setattr(HypothesisProvider, "_local_constants", Constants())


@pytest.fixture
def saved(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder for the smallest disagreement of a test, in ``HADAMRNN_DISAGREEMENTS`` where that is set."""
    root = os.environ.get("HADAMRNN_DISAGREEMENTS")
    return (Path(root) if root else tmp_path_factory.mktemp("disagreement")) / request.node.name
