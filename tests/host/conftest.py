"""Settings of the tests of the host program."""

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """A design that only says who it is is never elaborated; Amaranth warns of it whenever it is collected."""
    config.addinivalue_line("filterwarnings", "ignore::amaranth.hdl.UnusedElaboratable")
