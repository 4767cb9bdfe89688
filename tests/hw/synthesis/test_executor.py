"""Work on processes of this machine, and on a Dask cluster."""

import importlib.util
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hadamrnn.errors import InputError
from hadamrnn.hw.estimate import worst_case_network
from hadamrnn.hw.parameters import CoreParameters
from hadamrnn.hw.synthesis.executor import executor, result_or_error
from hadamrnn.hw.synthesis.sweep import synthesise_core


@pytest.mark.long
def test_a_core_is_synthesised_in_another_process() -> None:
    with executor(jobs=1) as pool:
        future = pool.submit(synthesise_core, worst_case_network(8, 8, output_size=2), CoreParameters(), "ecp5-25k")
        report = future.result()
    assert (report["target"], report["fits"]) == ("ecp5-25k", True)
    assert report["resources"]["flip_flops"]["used"] > 8 * 12


def test_workers_are_not_forked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fork takes over locks that other threads of the caller hold, and waits for them for ever."""
    monkeypatch.setattr(os, "fork", None)
    with executor(jobs=1) as pool:
        assert pool.submit(os.getpid).result() != os.getpid()


_KILLED = """
import os, time
from hadamrnn.hw.synthesis.executor import executor

if __name__ == "__main__":
    with executor(jobs=1) as pool:
        print(pool.submit(os.getpid).result(), flush=True)
        pool.submit(time.sleep, 600).result()
"""


def test_workers_end_with_a_parent_that_was_killed(tmp_path: Path) -> None:
    """Also one that is at work: nobody waits for it any more."""
    script = tmp_path / "script.py"
    script.write_text(_KILLED)
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        worker = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 60
    try:
        while time.monotonic() < deadline and _runs(worker):
            time.sleep(0.05)
        assert not _runs(worker)
    finally:
        if _runs(worker):
            os.kill(worker, signal.SIGKILL)


def _runs(process: int) -> bool:
    """Whether there is such a process that has not ended: one that nobody has waited for yet is a zombie."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_each_result_or_the_reason_why_there_is_none() -> None:
    with executor(jobs=1) as pool:
        futures = [pool.submit(divmod, 7, number) for number in (2, 0, 3)]
        found = [result_or_error(future) for future in futures]
    assert found[0] == ((3, 1), None)
    assert found[1][0] is None
    assert str(found[1][1]).startswith("ZeroDivisionError: ")
    assert found[2] == ((2, 1), None)


def test_a_caller_that_raises_does_not_wait_for_the_rest() -> None:
    futures = []

    def interrupted() -> None:
        with executor(jobs=1) as pool:
            futures.extend(pool.submit(divmod, number, 7) for number in range(1000))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert futures[-1].cancelled()


def test_jobs_must_be_some() -> None:
    with pytest.raises(InputError, match="jobs must be at least 1, not 0"), executor(jobs=0):
        pass


@pytest.mark.skipif(importlib.util.find_spec("distributed") is None, reason="Dask is not installed (extra cluster)")
def test_a_cluster_takes_the_same_work() -> None:
    from distributed import LocalCluster

    with (
        LocalCluster(n_workers=1, processes=False, dashboard_address=None) as cluster,
        executor(scheduler=cluster.scheduler_address) as pool,
    ):
        futures = [pool.submit(divmod, number, 7) for number in range(5)]
        assert [future.result() for future in futures] == [divmod(number, 7) for number in range(5)]


@pytest.mark.skipif(importlib.util.find_spec("distributed") is None, reason="Dask is not installed (extra cluster)")
def test_a_scheduler_that_is_not_there() -> None:
    message = "scheduler must be the address of a Dask scheduler, not 'nonsense://x'"
    with pytest.raises(InputError, match=message), executor(scheduler="nonsense://x"):
        pass


@pytest.mark.skipif(importlib.util.find_spec("distributed") is not None, reason="Dask is installed")
def test_without_dask_the_line_says_how_to_get_it() -> None:
    message = r"Dask is not installed, expected it from: pip install 'hadamrnn\[cluster\]'"
    with pytest.raises(InputError, match=message), executor(scheduler="tcp://localhost:8786"):
        pass
