"""A skip that would hide the tests on Icarus Verilog must fail where it is required."""

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


@pytest.mark.parametrize(
    ("required", "expected"), [("0", "1 passed, 3 skipped"), ("1", "1 passed, 1 skipped, 2 errors")]
)
def test_a_skip_for_want_of_icarus_fails_where_it_is_required(tmp_path: Path, required: str, expected: str) -> None:
    (tmp_path / "conftest.py").write_text((Path(__file__).parent / "conftest.py").read_text())
    (tmp_path / "test_skips.py").write_text(TESTS)
    (tmp_path / "bin").mkdir()
    environment = os.environ | {"HADAMRNN_REQUIRE_ICARUS": required, "PATH": str(tmp_path / "bin")}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        str(tmp_path),
        str(tmp_path),
    ]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1].startswith(expected), done.stdout
    assert done.returncode == int(required)
