"""Many runs of tools at once: on processes of this machine, or on a Dask cluster, which schedules them."""

import importlib
import os
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from threading import Thread
from typing import TypeVar

from ...errors import InputError

Result = TypeVar("Result")


@contextmanager
def executor(jobs: int = 1, scheduler: str | None = None) -> Iterator[Executor]:
    """An executor of :mod:`concurrent.futures`: ``jobs`` processes here, or the workers of a Dask cluster.

    What is submitted must be a function of a module that the workers can import, with arguments that can be pickled; a
    script needs its ``if __name__ == "__main__"``. Where the caller raises, what has not begun is cancelled.

    Parameters
    ----------
    jobs : processes, at least 1
    scheduler : address of a Dask scheduler, such as ``tcp://host:8786``; then ``jobs`` is not used

    Raises
    ------
    InputError
        Fewer than one job, no Dask, or no scheduler at that address.
    """
    if jobs < 1:
        raise InputError(f"jobs must be at least 1, not {jobs}")
    if scheduler is None:
        # Not forked: the caller may have threads, such as those that show progress.
        with ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=end_with_parent) as pool:
            try:
                yield pool
            except BaseException:
                pool.shutdown(cancel_futures=True)  # nobody waits for what has not begun
                raise
        return
    try:
        distributed = importlib.import_module("distributed")
    except ImportError as error:
        raise InputError("Dask is not installed, expected it from: pip install 'hadamrnn[cluster]'") from error
    try:
        client = distributed.Client(scheduler, timeout="10s")
    except (OSError, ValueError) as error:
        raise InputError(f"scheduler must be the address of a Dask scheduler, not {scheduler!r} ({error})") from error
    with client:
        yield client.get_executor()


def end_with_parent() -> None:
    """In a worker: end where the parent does. One whose parent was killed would wait for work for ever."""
    parent = parent_process()
    assert parent is not None

    def watch() -> None:
        parent.join()
        os._exit(1)

    Thread(target=watch, daemon=True).start()


def result_or_error(future: Future[Result]) -> tuple[Result, None] | tuple[None, str]:
    """Wait for what was submitted: its result, or one line that says why there is none, so that others are not lost."""
    try:
        return future.result(), None
    except InputError as error:
        return None, str(error)
    except BrokenExecutor:
        return None, "a process that worked on it or beside it was ended from outside, for want of memory perhaps"
    except Exception as error:  # whatever it is, hours of work on the others are not to go with it
        return None, " ".join(f"{type(error).__name__}: {error}".split())
