"""NumPy's files of arrays, from anybody: read without pickle, and refused in one line."""

from collections.abc import Collection
from pathlib import Path

import numpy as np

from .errors import InputError

_BEGINNINGS = (b"PK", b"\x93NUMPY")  # of .npz and .npy


def load_arrays(path: Path, only: Collection[str] | None = None) -> np.ndarray | dict[str, np.ndarray | None]:
    """The array of an ``.npy`` file, or those of an ``.npz`` file by their names.

    Parameters
    ----------
    only : names of the arrays to read; the others are there, as None. All where left out.

    Raises
    ------
    InputError
        If the file cannot be read, is of another kind or damaged, or holds Python objects: one line that begins with
        the path.
    """
    try:
        content = path.open("rb")
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error
    begins = b""
    with content:
        try:
            begins = content.read(8)
            content.seek(0)
            found = np.load(content, allow_pickle=False)
            if isinstance(found, np.ndarray):
                return found
            return {name: found[name] if only is None or name in only else None for name in found.files}
        except MemoryError as error:
            raise InputError(f"{path}: does not fit into memory ({error})") from error
        except Exception as error:  # a damaged file may make NumPy and zipfile fail in any way
            raise InputError(f"{path}: {_reason(error, begins)}") from error


def _reason(error: Exception, begins: bytes) -> str:
    """What is wrong, without NumPy's advice to unpickle what it does not know."""
    if "Object arrays" in str(error):
        return "elements are Python objects, expected numbers"
    return "a damaged file of arrays" if begins.startswith(_BEGINNINGS) else "not an .npy or .npz file of numbers"
