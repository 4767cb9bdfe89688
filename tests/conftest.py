"""What all tests share: one thread, which of many cases are quick, and no skip of Icarus where it is required."""

import gc
import os
import random
import shutil
import sys
import warnings
from collections.abc import Generator, Iterator
from typing import Any

import pytest

ICARUS_REQUIRED = os.environ.get("HADAMRNN_REQUIRE_ICARUS") == "1"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Make all cases of a test long but N, drawn by its name, where it is marked ``@pytest.mark.quick(N)``."""
    tests: dict[str, list[pytest.Item]] = {}
    for item in items:
        if item.get_closest_marker("quick") is not None and item.get_closest_marker("long") is None:
            tests.setdefault(item.nodeid.partition("[")[0], []).append(item)
    for name, cases in tests.items():
        marker = cases[0].get_closest_marker("quick")
        assert marker is not None
        count = min(marker.args[0], len(cases))
        for number in set(range(len(cases))) - set(random.Random(name).sample(range(len(cases)), count)):
            cases[number].add_marker(pytest.mark.long)


def pytest_collection_finish() -> None:
    """Leave what is there when tests begin alone: a tenth of their time is otherwise that of looking through it."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)


def pytest_sessionfinish() -> None:
    """What tests left unused in Amaranth says so as it goes: not at the end, where nobody would know of which test."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gc.collect()


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
