"""Folders that one process at a time works in: each of several that want the same one gets another."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

try:
    import fcntl
except ImportError:  # no such locks on this system; then folders are shared, as they were not held
    fcntl = None  # type: ignore[assignment]

_held: dict[Path, int] = {}  # descriptors of the locks of this process, which end with it however it ends


@dataclass(frozen=True)
class HeldFolder:
    """A folder that this process holds.

    Attributes
    ----------
    folder : its path
    """

    folder: Path

    def discard(self) -> None:
        """Remove the folder and let it go; no other may have it before it is gone."""
        shutil.rmtree(self.folder, ignore_errors=True)
        descriptor = _held.pop(self.folder, None)
        if descriptor is not None:
            os.close(descriptor)


def held_folder(root: Path, name: str, *, keep: bool) -> HeldFolder:
    """The folder ``name`` of ``root``, or where other processes hold that one, ``name.1``, ``name.2`` and so on.

    A folder that no living process holds is what an interrupted one left.

    Parameters
    ----------
    root : made where it is missing
    keep : take over the first folder that was left, with what is in it; otherwise all that were left are removed

    Raises
    ------
    OSError
        ``root`` cannot be written to.
    """
    root = root.resolve()
    root.mkdir(parents=True, exist_ok=True)
    left = sorted(path for path in root.glob(f"{name}*") if path.is_dir() and _hold(path))
    if keep and left:
        for path in left[1:]:
            _let_go(path)
        return HeldFolder(left[0])
    for path in left:
        shutil.rmtree(path)  # or raise: what is left would be taken for ours
        _let_go(path)
    number = 0
    while True:
        path = root / (f"{name}.{number}" if number else name)
        path.mkdir(exist_ok=True)
        if _hold(path):
            return HeldFolder(path)
        number += 1


def _hold(path: Path) -> bool:
    """Whether this process holds ``path`` now: it did before, or no other does."""
    if fcntl is None or path in _held:
        return True
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return False
    ours = True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        ours = False
    except OSError:
        pass  # a file system without locks
    ours = ours and path.is_dir() and os.path.samestat(os.fstat(descriptor), path.stat())  # not removed meanwhile
    if ours:
        _held[path] = descriptor
    else:
        os.close(descriptor)
    return ours


def _let_go(path: Path) -> None:
    descriptor = _held.pop(path, None)
    if descriptor is not None:
        os.close(descriptor)
