"""What all tests share: one thread, torch seeded for each, which of many cases are quick, Icarus where required."""

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


@pytest.hookimpl(wrapper=True)
def pytest_pycollect_makeitem(collector: Any) -> Generator[None, Any, Any]:
    """Make cases of a test that is marked ``@pytest.mark.quick(…)`` long, but N of them, drawn by its name, or those
    that the mark names: of all that there are, whatever is then selected.
    """
    made = yield
    cases = [item for item in made if isinstance(item, pytest.Function)] if isinstance(made, list) else []
    marker = cases[0].get_closest_marker("quick") if cases else None
    if marker is None:
        return made
    names = [case.nodeid.partition("[")[2].removesuffix("]") for case in cases]
    free = [name for name, case in zip(names, cases, strict=True) if case.get_closest_marker("long") is None]
    wanted = marker.args
    if wanted[0] in range(len(free)):
        wanted = random.Random(cases[0].nodeid.partition("[")[0]).sample(free, wanted[0])
    if set(wanted) - set(names):
        raise collector.CollectError(
            f"{cases[0].nodeid}: quick{wanted}, expected fewer cases than there are, or theirs"
        )
    for name, case in zip(names, cases, strict=True):
        if name not in wanted:
            case.add_marker(pytest.mark.long)
    return made


def pytest_collection_finish() -> None:
    """Leave what is there when tests begin alone: a tenth of their time is otherwise that of looking through it."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 10)


def pytest_sessionfinish() -> None:
    """What tests left unused in Amaranth says so as it goes: not at the end, where nobody would know of which test."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gc.collect()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Start torch's own generator at the same place for each test: what one draws depends on no other test."""
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.manual_seed(0)


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
