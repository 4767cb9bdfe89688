"""Whatever a file holds, the reader has a network or one line to say, in little memory."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from hadamrnn.errors import InputError
from hadamrnn.quant.integer import read_frozen
from hadamrnn.quant.integer.file import LARGEST_FILE, LARGEST_HEADER

PROGRAM = Path(__file__).with_name("hostile_files.py")
LONG_PARTS, LONG_COUNT = 4, 30_000


def run(count: int, seed: int, folder: Path, *, spoil: str = "") -> subprocess.CompletedProcess[str]:
    """The program in a process of its own, whose memory is limited; ``spoil`` is a statement that it begins with."""
    start = (
        f"import runpy, sys, hadamrnn.quant.integer.file as file; {spoil or 'pass'}; sys.path.insert(0, sys.argv[4])"
    )
    code = f"{start}; runpy.run_path(sys.argv[5], run_name='__main__')"
    arguments = [str(count), str(seed), str(folder), str(PROGRAM.parent), str(PROGRAM)]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


def counts(count: int, seed: int, folder: Path) -> Counter[str]:
    ended = run(count, seed, folder)
    assert ended.returncode == 0, ended.stderr[-3000:]
    found = Counter(json.loads(ended.stdout))
    assert found.total() == count
    return found


def assert_both_ends_are_met(found: Counter[str]) -> None:
    """Files that are refused and, of the changes that may leave a sound file, some that are taken."""
    for change in ("changed_bytes", "cut", "wrong_length", "wrong_header", "wrong_metadata", "deep", "wrong_values"):
        assert found[f"{change} refused"] > 50
    for change in ("changed_bytes", "wrong_header", "wrong_metadata", "wrong_values", "deep"):
        assert found[f"{change} taken"] > 0
    assert found["garbage taken"] == 0


def test_four_thousand_hostile_files(tmp_path: Path) -> None:
    assert_both_ends_are_met(counts(4000, 1, tmp_path))


@pytest.mark.long
@pytest.mark.parametrize("part", range(LONG_PARTS))
def test_a_hundred_thousand_hostile_files(part: int, tmp_path: Path) -> None:
    assert LONG_PARTS * LONG_COUNT >= 100_000
    assert_both_ends_are_met(counts(LONG_COUNT, 100 + part, tmp_path))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        ("file._LONGEST_LINE = 10**6", "a line of "),
        ("file._one_line = str", "not one line: "),
        ("file.strict_json = __import__('json').loads", "RecursionError"),
    ],
)
def test_a_broken_reader_is_found(spoil: str, message: str, tmp_path: Path) -> None:
    ended = run(4000, 1, tmp_path, spoil=spoil)
    assert ended.returncode == 1
    assert message in ended.stderr
    assert (tmp_path / "hostile.safetensors").is_file()


def test_too_much_memory_is_found(tmp_path: Path) -> None:
    """The limit of memory holds in that process: half a GiB more than a reader needs."""
    ended = run(8, 1, tmp_path, spoil="file._check_header = lambda path: bytearray(1 << 29)")
    assert ended.returncode == 1
    assert "MemoryError" in ended.stderr


def test_a_header_beyond_the_limit_is_not_even_read(tmp_path: Path) -> None:
    path = tmp_path / "large.safetensors"
    text = b"{" + b" " * LARGEST_HEADER
    path.write_bytes(len(text).to_bytes(8, "little") + text)
    expected = f"a header of {LARGEST_HEADER + 1} bytes, expected at most {LARGEST_HEADER}"
    with pytest.raises(InputError, match=expected):
        read_frozen(path)


def test_a_file_beyond_the_limit_is_not_read(tmp_path: Path) -> None:
    """One that takes no place on the disk: a hole."""
    path = tmp_path / "large.safetensors"
    path.write_bytes(np.zeros(8, dtype=np.uint8).tobytes())
    os.truncate(path, LARGEST_FILE + 1)
    with pytest.raises(InputError, match=f"not a network: {LARGEST_FILE + 1} bytes, expected at most {LARGEST_FILE}"):
        read_frozen(path)
