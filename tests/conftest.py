"""What all tests share: one thread, and nothing may be skipped for want of Icarus Verilog where it is required."""

import os
import shutil
import sys
from collections.abc import Generator, Iterator
from typing import Any

import pytest

ICARUS_REQUIRED = os.environ.get("HADAMRNN_REQUIRE_ICARUS") == "1"


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """Torch on one thread, where tests have imported it: threads that share small products wait for each other."""
    torch = sys.modules.get("torch")
    if torch is None:
        yield
        return
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def icarus() -> None:
    """For a test that needs Icarus Verilog: skips it, with the reason, where there is none."""
    if shutil.which("iverilog") is None:
        pytest.skip("Icarus Verilog (iverilog) is not installed")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skip that names Icarus into a failure where ``HADAMRNN_REQUIRE_ICARUS=1``, as ``.ci/run`` sets it."""
    report = yield
    return _refuse_skip(report)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """The same for a whole file that skips itself."""
    report = yield
    return _refuse_skip(report)


def _refuse_skip(report: Any) -> Any:
    reason = str(report.longrepr[-1] if isinstance(report.longrepr, tuple) else report.longrepr)
    if ICARUS_REQUIRED and report.outcome == "skipped" and "icarus" in reason.lower():
        report.outcome = "failed"
        report.longrepr = f"skipped, although HADAMRNN_REQUIRE_ICARUS=1: {reason}"
    return report
