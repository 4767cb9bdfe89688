"""Files of data sets: from a folder or the first home that answers, checked, and what is said where that fails."""

import gzip
import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from hadamrnn.errors import InputError
from hadamrnn.model.download import data_folder, read_gzip

CONTENT = bytes(range(256)) * 8
SHA256 = hashlib.sha256(CONTENT).hexdigest()
NAME = "numbers.gz"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where files are to be; there is nothing yet."""
    return tmp_path / "data" / "numbers"


@pytest.fixture
def homes(tmp_path: Path) -> list[str]:
    """One that is not there, and one with the file."""
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / NAME).write_bytes(gzip.compress(CONTENT))
    return ["file:///nowhere/", (tmp_path / "home").as_uri() + "/"]


def test_a_missing_file_comes_from_the_first_home_that_answers(folder: Path, homes: list[str]) -> None:
    assert read_gzip(folder, NAME, sha256=SHA256, homes=homes) == CONTENT
    assert [path.name for path in folder.iterdir()] == [NAME]
    assert read_gzip(folder, NAME, sha256=SHA256, homes=[]) == CONTENT  # it is there now


def test_a_download_that_fails_says_what_to_put_where(folder: Path, homes: list[str]) -> None:
    with pytest.raises(InputError) as error:
        read_gzip(folder, "letters.gz", sha256=SHA256, homes=homes)
    message = str(error.value)
    assert message.startswith("cannot download letters.gz (file:///nowhere/: ")
    assert f"; {homes[1]}: " in message
    assert message.endswith(f"); put it at {folder / 'letters.gz'}, or set HADAMRNN_DATA")
    assert "\n" not in message
    assert list(folder.iterdir()) == []


def test_a_download_of_something_else_is_not_kept(folder: Path, homes: list[str]) -> None:
    reason = rf"SHA-256 of its content is {SHA256}, expected {'0' * 64}"
    with pytest.raises(InputError, match=reason):
        read_gzip(folder, NAME, sha256="0" * 64, homes=homes)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda data: data[:-9], "not a complete gzip file"),
        (lambda data: b"<html>", "not a complete gzip file"),
        (lambda data: gzip.compress(gzip.decompress(data) + b"\0"), "SHA-256 of its content is"),
    ],
)
def test_a_damaged_file_is_refused(
    folder: Path, homes: list[str], damage: Callable[[bytes], bytes], reason: str
) -> None:
    folder.mkdir(parents=True)
    path = folder / NAME
    path.write_bytes(damage(gzip.compress(CONTENT)))
    with pytest.raises(InputError) as error:
        read_gzip(folder, NAME, sha256=SHA256, homes=homes)
    assert str(error.value).startswith(f"{path}: {reason}")
    assert str(error.value).endswith("; remove it to download it again")


def test_folder_is_the_cache_folder_unless_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("HADAMRNN_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert data_folder() == tmp_path / "hadamrnn"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert data_folder() == tmp_path / ".cache" / "hadamrnn"
    monkeypatch.setenv("HADAMRNN_DATA", str(tmp_path / "data"))
    assert data_folder() == tmp_path / "data"
