"""Files that are whole or not there: written aside, then renamed."""

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path

from .errors import InputError


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a path beside ``path`` to write to; it takes the place of ``path`` on success and goes on failure.

    Raises
    ------
    OSError
        If ``path`` cannot be replaced; what was there before stays. A device or a pipe is not replaced.
    """
    if path.exists() and not path.is_file() and not path.is_dir():
        raise OSError(errno.EINVAL, "is no regular file", str(path))
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield aside
        aside.replace(path)
    finally:
        with contextlib.suppress(OSError):  # a folder that is none would hide the error that brought us here
            aside.unlink(missing_ok=True)


def write_whole(path: Path, contents: str | bytes | memoryview) -> None:
    """Write a file, text as UTF-8, so that no reader sees half of it.

    Raises
    ------
    InputError
        If it cannot be written: one line with the path and the reason.
    """
    try:
        with replacing(path) as aside:
            aside.write_bytes(contents.encode() if isinstance(contents, str) else contents)
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}") from error


def write_all(folder: Path, files: dict[str, str] | dict[str, str | bytes]) -> None:
    """Write all files, text as UTF-8, or none; ``folder`` is made if need be. The last one takes its place last.

    Raises
    ------
    InputError
        If one of them cannot be written: one line with the folder and the reason.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with contextlib.ExitStack() as stack:  # leaves in reverse order
            for file, contents in reversed(list(files.items())):
                aside = stack.enter_context(replacing(folder / file))
                aside.write_bytes(contents.encode() if isinstance(contents, str) else contents)
    except OSError as error:
        raise InputError(f"cannot write to {folder}: {error.strerror}") from error
