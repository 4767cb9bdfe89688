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
from .network import ARRAY_TYPES, IntegerNetwork

VERSION = 1
METADATA_KEY = "hadamrnn"
_FAMILY = "hadamard"
_SAFETENSORS_TYPES = {np.int8: "I8", np.int32: "I32", np.int64: "I64"}

# Metadata that the network carries as fields of the same name; sizes are derived from the arrays and checked.
_FIELDS = (
    "block_size",
    "input_kind",
    "input_bits",
    "input_signed",
    "state_bits",
    "input_shift",
    "weight_bits",
    "sqrt_half_bits",
    "readout",
    "readout_activation",
    "input_scale",
    "state_scale",
    "logit_scale",
    "labels",
    "trained",
)
_SIZES = ("hidden_size", "input_size", "output_size")
_KEYS = {"version", "family", *_SIZES, *_FIELDS}


def write_network(network: IntegerNetwork, path: str | os.PathLike[str]) -> None:
    """Write ``network`` to ``path``: written aside, then renamed, so that no reader sees half a file.

    Equal networks give equal bytes.
    """
    path = Path(path)
    metadata: dict[str, Any] = {"version": VERSION, "family": _FAMILY}
    metadata |= {name: getattr(network, name) for name in _SIZES + _FIELDS}
    try:
        text = json.dumps(metadata, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise InputError(f"trained must be plain JSON: {error}") from error
    data = save({name: getattr(network, name) for name in ARRAY_TYPES}, metadata={METADATA_KEY: text})
    write_whole(path, data)


def read_network(path: str | os.PathLike[str]) -> IntegerNetwork:
    """Read a frozen network; shapes, types, values, version and family are checked before anything is believed.

    Raises
    ------
    InputError
        For a file that is missing, truncated, foreign or breaks any rule of the format: one line that begins with the
        path.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file, expected a frozen network (*.safetensors)")
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = _checked_metadata((file.metadata() or {}).get(METADATA_KEY))
            _check_tensors(file, metadata)
            arrays = {name: file.get_tensor(name) for name in ARRAY_TYPES}
        return IntegerNetwork(**arrays, **{name: metadata[name] for name in _FIELDS})
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    except SafetensorError as error:
        raise InputError(f"{path}: not a complete safetensors file ({error})") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error})") from error


def _checked_metadata(text: str | None) -> dict[str, Any]:
    if text is None:
        raise InputError(f"no metadata {METADATA_KEY!r}, expected the file of a frozen network")
    try:
        metadata = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"metadata {METADATA_KEY!r} is not JSON ({error})") from error
    if not isinstance(metadata, dict):
        raise InputError(f"metadata {METADATA_KEY!r} must be a JSON object, not {type(metadata).__name__}")
    if type(metadata.get("version")) is not int or metadata["version"] != VERSION:
        raise InputError(f"version must be {VERSION}, not {metadata.get('version')!r}")
    if metadata.get("family") != _FAMILY:
        raise InputError(f"family must be {_FAMILY}, not {metadata.get('family')!r}")
    for name in sorted(_KEYS - metadata.keys()):
        raise InputError(f"metadata lacks {name!r}")
    for name in sorted(metadata.keys() - _KEYS):
        raise InputError(f"metadata has {name!r}, which version {VERSION} does not know")
    if not isinstance(metadata["labels"], list | None):
        raise InputError(f"labels must be a list of strings or null, not {metadata['labels']!r}")
    for name in _SIZES:
        if type(metadata[name]) is not int or metadata[name] < 1:
            raise InputError(f"{name} must be a positive integer, not {metadata[name]!r}")
    return metadata


def _check_tensors(file: Any, metadata: dict[str, Any]) -> None:
    d, m, o = (metadata[name] for name in _SIZES)
    shapes = {"signs": [d], "input_weight": [d, m], "bias": [d], "output_weight": [o, d], "output_bias": [o]}
    names = set(file.keys())
    for name in sorted(shapes.keys() - names):
        raise InputError(f"tensor {name!r} is missing")
    for name in sorted(names - shapes.keys()):
        raise InputError(f"tensor {name!r} is not known, expected {', '.join(shapes)}")
    for name, shape in shapes.items():
        view = file.get_slice(name)
        if view.get_dtype() != _SAFETENSORS_TYPES[ARRAY_TYPES[name]]:
            expected = np.dtype(ARRAY_TYPES[name]).name
            raise InputError(f"tensor {name!r} must be {expected}, not {view.get_dtype()}")
        if list(view.get_shape()) != shape:
            raise InputError(f"tensor {name!r} must have shape {tuple(shape)}, not {tuple(view.get_shape())}")
