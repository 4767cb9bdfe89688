"""What tests/conftest.py does to all tests: skips that must fail, cases that are long, numbers drawn afresh."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = """
import pytest

def test_skips_itself(icarus): ...
@pytest.mark.skipif(True, reason="no Icarus here")
def test_is_skipped(): ...
def test_skips_for_another_reason():
    pytest.skip("no network")
def test_passes(): ...
"""


MANY = """
import pytest

@pytest.mark.quick(3)
@pytest.mark.parametrize("one", range(5))
@pytest.mark.parametrize("other", [0, pytest.param(1, marks=pytest.mark.long)])
def test_many(one, other): ...
def test_single(): ...
"""

DRAWN = """
import pytest, torch
FIRST = torch.randn(3)

@pytest.fixture(scope="module")
def shared(): return torch.randn(3)
@pytest.mark.parametrize("case", range(3))
def test_draws(case): assert torch.equal(torch.randn(3), torch.randn(3, generator=torch.Generator().manual_seed(0)))
def test_shares(shared): assert torch.equal(shared, torch.randn(3, generator=torch.Generator().manual_seed(0)))
"""


def outcome(folder: Path, text: str, *arguments: str, **environment: str) -> tuple[int, list[str]]:
    """Status and lines of pytest on a file of tests beside a copy of our conftest.py."""
    (folder / "conftest.py").write_text((Path(__file__).parent / "conftest.py").read_text())
    (folder / "test_file.py").write_text(text)
    (folder / "bin").mkdir(exist_ok=True)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(folder), *arguments]
    given = os.environ | {"PATH": str(folder / "bin")} | environment
    done = subprocess.run([*command, str(folder)], cwd=folder, env=given, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout.splitlines()


@pytest.mark.parametrize(
    ("required", "expected"), [("0", "1 passed, 3 skipped"), ("1", "1 passed, 1 skipped, 2 errors")]
)
def test_a_skip_for_want_of_icarus_fails_where_it_is_required(tmp_path: Path, required: str, expected: str) -> None:
    status, lines = outcome(tmp_path, TESTS, HADAMRNN_REQUIRE_ICARUS=required)
    assert lines[-1].startswith(expected), lines
    assert status == int(required)


def test_some_of_many_cases_are_quick(tmp_path: Path) -> None:
    """None of those that are long by themselves; the others are long."""
    runs = [outcome(tmp_path, MANY, "--collect-only", "-m", which)[1] for which in ("not long", "long")]
    quick, long = ([line for line in lines if "::" in line] for lines in runs)
    assert len(quick) == 3 + 1
    assert all("test_single" in name or "test_many[0-" in name for name in quick)
    assert len({*quick, *long}) == len(quick) + len(long) == 11


def test_what_a_test_draws_depends_on_no_other(tmp_path: Path) -> None:
    status, lines = outcome(tmp_path, DRAWN)
    assert (status, lines[-1].split(" in ")[0]) == (0, "4 passed"), lines
