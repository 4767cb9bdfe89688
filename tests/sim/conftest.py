"""Settings and fixtures of the tests of co-simulation."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def builds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of compiled simulations that all tests of a worker share: equal Verilog is compiled once."""
    return tmp_path_factory.mktemp("builds")
