"""The entries of the zoo by name."""

import difflib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import InputError

FOLDER = Path(__file__).parent
NETWORK, CONFIG, DESCRIPTION = ".safetensors", ".toml", ".json"
_KEYS = ("name", "task", "network", "seed", "float", "integer", "freeze", "file_bytes", "stored_bits", "commands")


@dataclass(frozen=True, kw_only=True)
class ZooEntry:
    """One trained network.

    Attributes
    ----------
    name : in ``zoo:NAME``
    network, config : the files
    description : what ``NAME.json`` says: see :func:`hadamrnn.zoo.add.add_entry`
    """

    name: str
    network: Path
    config: Path
    description: dict[str, Any]


def names(folder: Path = FOLDER) -> tuple[str, ...]:
    """The names of all entries whose three files are there; in order, with numbers as numbers."""
    found = (file.stem for file in folder.glob(f"*{DESCRIPTION}"))
    whole = (name for name in found if all((folder / f"{name}{kind}").is_file() for kind in (NETWORK, CONFIG)))
    return tuple(sorted(whole, key=_numerically))


def path(name: str, folder: Path = FOLDER) -> Path:
    """The file of the integer network ``name``.

    Raises
    ------
    InputError
        If there is no such entry; the message names what there is.

    Examples
    --------
    >>> path("no-such-network")
    Traceback (most recent call last):
    hadamrnn.errors.InputError: zoo:no-such-network: no such network, ...
    """
    _check_name(name, folder)
    return folder / f"{name}{NETWORK}"


def config_path(name: str, folder: Path = FOLDER) -> Path:
    """The file of the configuration that ``name`` was trained with; raises as :func:`path` does."""
    _check_name(name, folder)
    return folder / f"{name}{CONFIG}"


def entry(name: str, folder: Path = FOLDER) -> ZooEntry:
    """The entry ``name``.

    Raises
    ------
    InputError
        If there is no such entry, or its description is damaged.
    """
    file = path(name, folder).with_suffix(DESCRIPTION)
    try:
        description = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{file}: cannot be read as JSON ({error})") from error
    missing = [key for key in _KEYS if not isinstance(description, dict) or key not in description]
    if missing:
        raise InputError(f"{file}: not the description of a network of the zoo, it has no {missing[0]!r}")
    return ZooEntry(name=name, network=path(name, folder), config=config_path(name, folder), description=description)


def _check_name(name: str, folder: Path) -> None:
    known = names(folder)
    if name in known:
        return
    close = difflib.get_close_matches(name, known, n=3)
    if close:
        hint = f"did you mean {' or '.join(close)}?"
    else:
        hint = f"networks: {', '.join(known)}" if known else "the zoo is empty"
    raise InputError(f"zoo:{name}: no such network, {hint}")


def _numerically(name: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name)]
