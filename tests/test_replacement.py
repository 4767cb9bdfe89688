"""Files that are written whole or not at all."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hadamrnn.errors import InputError
from hadamrnn.replacement import replacing, write_all, write_whole


def test_the_new_file_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for contents, expected in (("é", "é".encode()), (b"\x00\xff", b"\x00\xff")):
        write_whole(path, contents)
        assert path.read_bytes() == expected
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


def test_a_failure_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("before")

    def write() -> None:
        with replacing(path) as aside:
            aside.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write()
    assert path.read_text() == "before"
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


def test_the_reason_is_that_of_the_first_failure(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InputError) as error:
        write_whole(tmp_path / "file" / "below", "text")
    assert str(error.value) == f"cannot write {tmp_path / 'file' / 'below'}: Not a directory"
    with pytest.raises(InputError, match=r"^cannot write .*: No such file or directory$"):
        write_whole(tmp_path / "no" / "file", "text")


def test_all_files_or_none(tmp_path: Path) -> None:
    folder = tmp_path / "made" / "for it"
    write_all(folder, {"text": "é", "bytes": b"\x00"})
    assert (folder / "text").read_bytes() == "é".encode()
    assert (folder / "bytes").read_bytes() == b"\x00"
    (folder / "taken").mkdir()
    with pytest.raises(InputError) as error:
        write_all(folder, {"text": "new", "taken": "a folder", "bytes": b"new"})
    assert str(error.value) == f"cannot write to {folder}: Is a directory"
    assert sorted(one.name for one in folder.iterdir()) == ["bytes", "taken", "text"]


def test_a_device_or_a_pipe_stays_what_it_is(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError) as error:
        write_whole(tmp_path / "pipe", "text")
    assert str(error.value) == f"cannot write {tmp_path / 'pipe'}: is no regular file"
    assert (tmp_path / "pipe").is_fifo()


def test_it_needs_no_torch() -> None:
    code = "import sys, hadamrnn.replacement; assert not {'torch', 'numpy'} & sys.modules.keys()"
    subprocess.run([sys.executable, "-c", code], check=True, env=dict(os.environ))
