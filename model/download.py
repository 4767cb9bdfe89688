"""Files of public data sets: found in a folder, or downloaded into it, and never used unchecked."""

import gzip
import hashlib
import os
import shutil
import urllib.request
import zlib
from collections.abc import Callable, Sequence
from http.client import HTTPException
from pathlib import Path
from urllib.error import URLError

from ..errors import InputError
from ..replacement import replacing

TIMEOUT_SECONDS = 30


def data_folder() -> Path:
    """The folder of data sets: ``HADAMRNN_DATA`` where set, else ``hadamrnn`` in the user's cache folder."""
    if folder := os.environ.get("HADAMRNN_DATA"):
        return Path(folder)
    return cache_folder()


def cache_folder() -> Path:
    """``hadamrnn`` in the user's cache folder (``XDG_CACHE_HOME`` where set, else ``~/.cache``); it need not exist."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hadamrnn"


def read_gzip(folder: Path, name: str, *, sha256: str, homes: Sequence[str]) -> bytes:
    """The uncompressed content of ``folder/name``, downloaded from the first of ``homes`` that answers if not there.

    Parameters
    ----------
    sha256 : of the uncompressed content, in hexadecimal.
    homes : addresses of folders that hold the file, each with a slash at its end.

    Raises
    ------
    InputError
        If the file has another checksum, or is not there and cannot be downloaded: the message says what to do.
    """
    path = folder / name
    if not path.exists():
        download(path, homes=homes, check=lambda aside: _checked(aside.read_bytes(), sha256))
    try:
        return _checked(path.read_bytes(), sha256)
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: {error}; remove it to download it again") from error


def download(path: Path, *, homes: Sequence[str], check: Callable[[Path], object]) -> None:
    """Download ``path.name`` from the first of ``homes`` that has what passes ``check``; keep nothing else.

    Parameters
    ----------
    homes : addresses of folders that hold the file, each with a slash at its end.
    check : called with the path of the download, before it is put in place; raises ``OSError`` or ``ValueError``.

    Raises
    ------
    InputError
        If there is no such home: the message says which file to put where.
    """
    reasons = []
    for home in homes:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with replacing(path) as aside:
                with (
                    urllib.request.urlopen(home + path.name, timeout=TIMEOUT_SECONDS) as reply,
                    aside.open("wb") as file,
                ):
                    shutil.copyfileobj(reply, file)
                check(aside)
            return
        except (OSError, HTTPException, ValueError) as error:
            reasons.append(f"{home}: {error.reason if isinstance(error, URLError) else error}")
    raise InputError(f"cannot download {path.name} ({'; '.join(reasons)}); put it at {path}, or set HADAMRNN_DATA")


def _checked(data: bytes, sha256: str) -> bytes:
    try:
        content = gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(f"not a complete gzip file ({error})") from error
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise ValueError(f"SHA-256 of its content is {found}, expected {sha256}")
    return content
