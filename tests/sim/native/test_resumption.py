"""A run that was interrupted goes on where it was, and only where everything is the same."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hadamrnn.errors import InputError
from hadamrnn.replacement import write_whole
from hadamrnn.sim.native import resumption
from hadamrnn.sim.native.resumption import WorkFolder
from hadamrnn.sim.native.verification import verify
from hadamrnn.sim.report import CosimulationReport

from .. import mutants
from ..cores import assert_agrees, core, small_network, stimulus

NETWORK = small_network()
INPUTS, LENGTHS = stimulus(NETWORK)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return core(tmp_path_factory.mktemp("resumed"), NETWORK)


def run(folder: Path, builds: Path, work: WorkFolder | None, **options: Any) -> CosimulationReport:
    arguments: dict[str, Any] = {"inputs": INPUTS, "lengths": LENGTHS, "sequences_per_chunk": 2} | options
    return verify(NETWORK, folder, build_folder=builds, work_folder=work, **arguments)


def interrupt(folder: Path, builds: Path, root: Path, sequences: int) -> None:
    """A run that ends after ``sequences``, as by Control-C."""

    def progress(done: int) -> None:
        if done >= sequences:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(folder, builds, WorkFolder(root), progress=progress)


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_run_goes_on_where_it_was_interrupted(jobs: int, folder: Path, builds: Path, tmp_path: Path) -> None:
    whole = run(folder, builds, None)
    interrupt(folder, builds, tmp_path, 4)
    done: list[int] = []
    work = WorkFolder(tmp_path, resume=True)
    resumed = run(folder, builds, work, jobs=jobs, sequences_per_chunk=None, progress=done.append)
    assert_agrees(resumed, NETWORK, LENGTHS)
    assert resumed.sequences_resumed == 4
    assert done == [2, 4, 6, 8]
    for name in ("clocks", "states_compared", "results_compared", "saturations", "steps", "sequences"):
        assert getattr(resumed, name) == getattr(whole, name)
    assert whole.sequences_resumed == 0
    assert run(folder, builds, WorkFolder(tmp_path, resume=True)).sequences_resumed == 8
    work.discard()
    assert list(tmp_path.iterdir()) == []


def test_without_resume_it_begins_anew(folder: Path, builds: Path, tmp_path: Path) -> None:
    interrupt(folder, builds, tmp_path, 6)
    assert run(folder, builds, WorkFolder(tmp_path)).sequences_resumed == 0


def test_nothing_is_taken_over_from_another_run(
    folder: Path, builds: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupt(folder, builds, tmp_path, 6)

    def resumed(**options: Any) -> int:
        return run(folder, builds, WorkFolder(tmp_path, resume=True), **options).sequences_resumed

    other = INPUTS.copy()
    other[-1, 0, 0] ^= 1
    assert resumed(inputs=other) == 0
    assert resumed(lengths=np.maximum(LENGTHS - 1, 1)) == 0
    assert resumed(seed=1) == 0
    assert resumed(stalls="none") == 0
    assert resumed(states=False) == 0
    with monkeypatch.context() as context:
        context.setattr(resumption, "_JUDGES", ("sim",))  # as if another version judged
        assert resumed() == 0
    assert resumed(sequences_per_chunk=3) == 0
    assert resumed() == 8  # sequences 6 and 7 are a chunk of that run too


def test_what_is_not_whole_is_done_again(folder: Path, builds: Path, tmp_path: Path) -> None:
    interrupt(folder, builds, tmp_path, 6)
    (kept,) = tmp_path.iterdir()
    assert sorted(file.name for file in kept.iterdir()) == ["0-2.json", "2-2.json", "4-2.json", "run.json"]
    (kept / "2-2.json").write_text((kept / "2-2.json").read_text()[:-5])
    (kept / "run.json").write_text("[]")
    report = run(folder, builds, WorkFolder(tmp_path, resume=True))
    assert_agrees(report, NETWORK, LENGTHS)
    assert report.sequences_resumed == 4


def test_a_chunk_that_failed_is_not_kept(builds: Path, tmp_path: Path) -> None:
    broken = core(tmp_path / "core", NETWORK)
    mutants.generate_broken(broken, NETWORK, mutants.flipped_sign(NETWORK, 13))
    first = run(broken, builds, WorkFolder(tmp_path / "work"), sequences_per_chunk=8)
    again = run(broken, builds, WorkFolder(tmp_path / "work", resume=True), sequences_per_chunk=8)
    assert not first.passed
    assert (again.problems, again.sequences_resumed) == (first.problems, 0)
    assert [json.loads(file.read_text()) for file in (tmp_path / "work").glob("*/*.json")] == [
        {"core": "hadamard_core", "sequences_per_chunk": 8}
    ]


def test_what_cannot_be_kept_ends_nothing(
    folder: Path, builds: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, contents: str) -> None:
        if path.name != "0-2.json" and path.name != "run.json":
            raise InputError(f"cannot write {path}: No space left on device")
        write_whole(path, contents)

    monkeypatch.setattr(resumption, "write_whole", full)
    problems: list[str] = []
    assert_agrees(run(folder, builds, WorkFolder(tmp_path, on_problem=problems.append)), NETWORK, LENGTHS)
    (kept,) = tmp_path.iterdir()
    assert problems == [f"cannot write {kept / '2-2.json'}: No space left on device"]
    assert run(folder, builds, WorkFolder(tmp_path, resume=True)).sequences_resumed == 2


def test_folders_that_cannot_be_made_end_nothing(folder: Path, builds: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    problems: list[str] = []
    work = WorkFolder(tmp_path / "file" / "work", on_problem=problems.append)
    assert_agrees(run(folder, tmp_path / "file" / "builds", work), NETWORK, LENGTHS)
    work.discard()
    assert problems == [f"cannot write to {tmp_path / 'file' / 'work'}: Not a directory"]


# What another process does with a run of the same key: it begins, is interrupted, is resumed, and comes to its end.
OTHER = """
import sys
from pathlib import Path
from types import SimpleNamespace
from hadamrnn.sim.native import resumption
resumption.run_key = lambda run, whole: sys.argv[2]
run = SimpleNamespace(description=SimpleNamespace(name="core"))
for resume in (False, True):
    work = resumption.WorkFolder(Path(sys.argv[1]), resume)
    kept = work.open(run, None, 3)
    print(kept.folder, kept.sequences_per_chunk)
work.discard()
"""


def test_two_equal_runs_at_once_leave_each_other_alone(folder: Path, builds: Path, tmp_path: Path) -> None:
    interrupt(folder, builds, tmp_path / "work", 4)  # held by this process from here on
    (ours,) = (tmp_path / "work").iterdir()
    before = {file.name: file.read_text() for file in ours.iterdir()}
    command = [sys.executable, "-c", OTHER, str(tmp_path / "work"), ours.name]
    other = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert other == 2 * [f"{ours}.1 3"]
    assert list((tmp_path / "work").iterdir()) == [ours]
    assert {file.name: file.read_text() for file in ours.iterdir()} == before
    assert run(folder, builds, WorkFolder(tmp_path / "work", resume=True)).sequences_resumed == 4
