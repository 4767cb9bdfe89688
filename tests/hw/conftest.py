"""Settings of the tests of the hardware."""

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """A component that refuses its parameters is never elaborated; Amaranth warns of it whenever it is collected."""
    config.addinivalue_line("filterwarnings", "ignore::amaranth.hdl.UnusedElaboratable")
