"""The folder that ``generate`` leaves: Verilog and the JSON beside it."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import InputError


@dataclass(frozen=True)
class CoreFolder:
    """A generated core on disk.

    Attributes
    ----------
    folder : where it is
    name : of its top module
    verilog : path of its Verilog
    description : the JSON beside it
    """

    folder: Path
    name: str
    verilog: Path
    description: dict[str, Any]


def read_core_folder(folder: Path) -> CoreFolder:
    """Find the one generated core in ``folder``.

    Raises
    ------
    InputError
        Where the folder is missing, or holds no core, more than one, or one whose Verilog is not there.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder, expected one written by: hadamrnn generate")
    found = [core for path in sorted(folder.glob("*.json")) if (core := _read(path)) is not None]
    if not found:
        raise InputError(f"{folder}: no generated core in it, expected one written by: hadamrnn generate")
    if len(found) > 1:
        names = ", ".join(core.name for core in found)
        raise InputError(f"{folder}: more than one generated core in it ({names}), expected one")
    (core,) = found
    if not core.verilog.is_file():
        raise InputError(f"{core.verilog}: no such file, although the description of {core.name} names it")
    return core


def _read(path: Path) -> CoreFolder | None:
    """The core that a JSON file describes, or None for any other JSON."""
    try:
        description = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: not JSON ({error})") from error
    if not isinstance(description, dict):
        return None
    name, verilog = description.get("name"), description.get("verilog")
    if not isinstance(name, str) or not isinstance(verilog, str):
        return None
    if Path(verilog).name != verilog:
        raise InputError(f"{path}: verilog must be the name of a file beside it, not {verilog!r}")
    return CoreFolder(path.parent, name, path.parent / verilog, description)
