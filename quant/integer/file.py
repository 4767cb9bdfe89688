"""The file of a frozen network: one ``*.safetensors``, safe to open from strangers, strictly read."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from ...errors import InputError
from ...replacement import write_whole
from .dense import DenseNetwork
from .frozen import FrozenNetwork
from .network import IntegerNetwork
from .strict_json import strict_json

VERSION = 1
LARGEST_HEADER = 1 << 20  # bytes, of the JSON at the beginning: parsed it takes some thirty times as many
LARGEST_FILE = 1 << 30  # bytes, far beyond any core; checks of values take some eight times as many
METADATA_KEY = "hadamrnn"
_LONGEST_LINE = 400  # characters of an error behind the path: values may come from strangers
_SAFETENSORS_TYPES = {np.int8: "I8", np.int32: "I32", np.int64: "I64"}

_FAMILIES: dict[str, type[FrozenNetwork]] = {kind.family: kind for kind in (IntegerNetwork, DenseNetwork)}
# Metadata that is derived from the arrays, and checked; the network carries the rest of it as fields of the same name.
_SIZES = ("hidden_size", "input_size", "output_size")


def write_network(network: FrozenNetwork, path: str | os.PathLike[str]) -> None:
    """Write ``network`` to ``path``: written aside, then renamed, so that no reader sees half a file.

    Equal networks give equal bytes.

    Raises
    ------
    InputError
        A file that cannot be written, labels that no JSON can hold, or a ``trained`` that is no plain JSON, deeper than
        32 levels or so large that a reader would refuse it.
    """
    path = Path(path)
    metadata: dict[str, Any] = {"version": VERSION, "family": network.family}
    metadata |= {name: getattr(network, name) for name in _SIZES + network.options}
    try:
        text = json.dumps(metadata, allow_nan=False)
        strict_json(text)
    except (TypeError, ValueError, RecursionError) as error:
        raise InputError(f"trained must be plain JSON: {_one_line(error)}") from error
    data = save({name: getattr(network, name) for name in network.arrays()}, metadata={METADATA_KEY: text})
    header = int.from_bytes(data[:8], "little")
    if header > LARGEST_HEADER:
        raise InputError(f"trained and labels must fit a header of {LARGEST_HEADER} bytes, not {header}")
    write_whole(path, data)


def read_network(path: str | os.PathLike[str]) -> IntegerNetwork:
    """Read a frozen Hadamard RNN, as :func:`read_frozen` does.

    Raises
    ------
    InputError
        As there, and for a network of another family.
    """
    network = read_frozen(path)
    if not isinstance(network, IntegerNetwork):
        raise InputError(f"{path}: family must be hadamard here, not {network.family!r}")
    return network


def read_frozen(path: str | os.PathLike[str]) -> FrozenNetwork:
    """Read a frozen network of any family; shapes, types, values, version and family are checked before anything is
    believed.

    Returns
    -------
    IntegerNetwork or DenseNetwork

    Raises
    ------
    InputError
        For a file that is missing, truncated, foreign or breaks any rule of the format: one line that begins with the
        path.
    """
    path = Path(path)
    if not path.is_file():
        found = "a folder" if path.is_dir() else "no such file"
        raise InputError(f"{path}: {found}, expected a frozen network (*.safetensors)")
    try:
        _check_header(path)
        with safe_open(path, framework="numpy") as file:
            metadata = _checked_metadata((file.metadata() or {}).get(METADATA_KEY))
            kind = _FAMILIES[metadata["family"]]
            arrays = {name: file.get_tensor(name) for name in _check_tensors(file, metadata)}
        return kind(**arrays, **{name: metadata[name] for name in kind.options})
    except InputError as error:
        raise InputError(f"{path}: {_one_line(error)}") from error
    except SafetensorError as error:
        raise InputError(f"{path}: not a complete safetensors file ({_one_line(error)})") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({_one_line(error)})") from error


def _one_line(error: Exception) -> str:
    """The text of an error, made of whatever a file holds: one line, of no more than some characters."""
    text = "".join(c if c.isprintable() else repr(c)[1:-1] for c in str(error)[: _LONGEST_LINE + 1])
    return text if len(text) <= _LONGEST_LINE else f"{text[:_LONGEST_LINE]}…"


def _check_header(path: Path) -> None:
    """Refuse what would take much memory, and a header that two readers may read differently."""
    size = path.stat().st_size
    if size > LARGEST_FILE:
        raise InputError(f"not a network: {size} bytes, expected at most {LARGEST_FILE}")
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if length > LARGEST_HEADER:
            raise InputError(
                f"not a complete safetensors file (a header of {length} bytes, expected at most {LARGEST_HEADER})"
            )
        header = file.read(length)
    if len(header) < length or size < 8:
        raise InputError("not a complete safetensors file (it ends within its header)")
    try:
        strict_json(header)
    except ValueError as error:
        raise InputError(f"not a complete safetensors file (its header is not JSON: {error})") from error


def _checked_metadata(text: str | None) -> dict[str, Any]:
    if text is None:
        raise InputError(f"no metadata {METADATA_KEY!r}, expected the file of a frozen network")
    try:
        metadata = strict_json(text)
    except ValueError as error:
        raise InputError(f"metadata {METADATA_KEY!r} is not JSON ({error})") from error
    if not isinstance(metadata, dict):
        raise InputError(f"metadata {METADATA_KEY!r} must be a JSON object, not {type(metadata).__name__}")
    if type(metadata.get("version")) is not int or metadata["version"] != VERSION:
        raise InputError(f"version must be {VERSION}, not {metadata.get('version')!r}")
    family = metadata.get("family")
    if not isinstance(family, str) or family not in _FAMILIES:
        raise InputError(f"family must be one of {', '.join(_FAMILIES)}, not {family!r}")
    keys = {"version", "family", *_SIZES, *_FAMILIES[family].options}
    for name in sorted(keys - metadata.keys()):
        raise InputError(f"metadata lacks {name!r}")
    for name in sorted(metadata.keys() - keys):
        raise InputError(f"metadata has {name!r}, which family {family!r} of version {VERSION} does not know")
    if not isinstance(metadata["labels"], list | None):
        raise InputError(f"labels must be a list of strings or null, not {metadata['labels']!r}")
    for name in _SIZES:
        if type(metadata[name]) is not int or metadata[name] < 1:
            raise InputError(f"{name} must be a positive integer, not {metadata[name]!r}")
    return metadata


def _check_tensors(file: Any, metadata: dict[str, Any]) -> list[str]:
    """The names of the tensors, once all have the type and shape that they must have."""
    d, m, o = (metadata[name] for name in _SIZES)
    types = _FAMILIES[metadata["family"]].array_types
    sizes = {
        "signs": [d],
        "recurrent_weight": [d, d],
        "threshold": [d],
        "input_weight": [d, m],
        "bias": [d],
        "output_weight": [o, d],
        "output_bias": [o],
    }
    optional = set() if metadata.get("activation") == "modrelu" else {"threshold"}
    shapes = {name: sizes[name] for name in types if name not in optional}
    names = set(file.keys())
    for name in sorted(shapes.keys() - names):
        raise InputError(f"tensor {name!r} is missing")
    for name in sorted(names - shapes.keys()):
        raise InputError(f"tensor {name!r} is not known, expected {', '.join(shapes)}")
    for name, shape in shapes.items():
        view = file.get_slice(name)
        if view.get_dtype() != _SAFETENSORS_TYPES[types[name]]:
            expected = np.dtype(types[name]).name
            raise InputError(f"tensor {name!r} must be {expected}, not {view.get_dtype()}")
        if list(view.get_shape()) != shape:
            raise InputError(f"tensor {name!r} must have shape {tuple(shape)}, not {tuple(view.get_shape())}")
    return list(shapes)
