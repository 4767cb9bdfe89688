"""Folders of which each process has its own, and what a process leaves that was killed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hadamrnn.sim.native.held_folder import held_folder

# Holds a folder, writes a file, says which, and waits to be killed.
HOLDER = """
import sys
from pathlib import Path
from hadamrnn.sim.native.held_folder import held_folder
held = held_folder(Path(sys.argv[1]), "run", keep=sys.argv[2] == "keep")
(held.folder / sys.argv[3]).touch()
print(held.folder.name, *sorted(path.name for path in held.folder.iterdir()), flush=True)
sys.stdin.read()
"""


class Holder:
    """Another process that holds a folder until it is killed."""

    def __init__(self, root: Path, keep: str, file: str) -> None:
        command = [sys.executable, "-c", HOLDER, str(root), keep, file]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.said = self.process.stdout.readline().split()

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


def test_processes_at_once_have_folders_of_their_own(tmp_path: Path) -> None:
    first, second = Holder(tmp_path, "anew", "a"), Holder(tmp_path, "anew", "b")
    third = Holder(tmp_path, "keep", "c")
    try:
        assert [first.said, second.said, third.said] == [["run", "a"], ["run.1", "b"], ["run.2", "c"]]
        second.kill()
        fourth = Holder(tmp_path, "keep", "d")
        fourth.kill()
        assert fourth.said == ["run.1", "b", "d"]
        held = held_folder(tmp_path, "run", keep=False)
        assert (held.folder.name, list(held.folder.iterdir())) == ("run.1", [])
        held.discard()
        assert sorted(path.name for path in tmp_path.glob("*/*")) == ["a", "c"]
    finally:
        first.kill()
        third.kill()
    held = held_folder(tmp_path, "run", keep=False)
    assert list(tmp_path.iterdir()) == [held.folder]  # of those that were killed nothing is left
    held.discard()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="no folder is read-only to root")
def test_what_was_left_and_cannot_be_removed_is_not_taken_for_ours(tmp_path: Path) -> None:
    left = tmp_path / "run"
    left.mkdir()
    (left / "a").touch()
    left.chmod(0o500)
    try:
        with pytest.raises(PermissionError):
            held_folder(tmp_path, "run", keep=False)
    finally:
        left.chmod(0o700)
