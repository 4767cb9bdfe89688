"""Checkpoints: everything a run needs to go on as if it had never stopped, in one file."""

import io
import warnings
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from ..errors import InputError
from ..replacement import write_whole

VERSION = 1


def write_checkpoint(path: Path, state: dict) -> None:
    """Write ``state``: tensors, numbers, strings, lists, dicts. An older checkpoint stays until this one is whole.

    Raises
    ------
    InputError
        If it cannot be written.
    """
    buffer = io.BytesIO()  # what torch says of a full disk is no reason that anybody understands
    torch.save({"version": VERSION, **state}, buffer)
    write_whole(path, buffer.getbuffer())


def read_checkpoint(path: Path) -> dict:
    """Read what :func:`write_checkpoint` wrote. Runs no code from the file (``weights_only``).

    Tensors are on the CPU, whatever device they were on when it was written.

    Raises
    ------
    InputError
        If the file is missing, damaged, or of another version.
    """
    if not path.is_file():
        raise InputError(f"{path}: {'a folder, expected a' if path.is_dir() else 'no such'} checkpoint")
    try:
        with warnings.catch_warnings(action="ignore"):  # of pickles, before it refuses them
            state = torch.load(path, map_location="cpu", weights_only=True)
    except MemoryError:
        raise
    except OSError as error:
        raise InputError(f"{path}: not a readable checkpoint ({error.strerror or error})") from error
    except Exception as error:  # torch takes what is no archive for a pickle of old, which may fail in any way
        raise InputError(f"{path}: not a readable checkpoint (damaged, or another kind of file)") from error
    if not isinstance(state, dict) or state.get("version") != VERSION:
        found = state.get("version") if isinstance(state, dict) else type(state).__name__
        raise InputError(f"{path}: checkpoint of version {found!r}, expected {VERSION}")
    return state


def load_weights(network: nn.Module, weights: Mapping[str, Tensor]) -> None:
    """Load what ``network.state_dict()`` of a like network had.

    Raises
    ------
    RuntimeError
        If a tensor is missing, is one too many, or has another shape; unlike torch's, its message is half a line, for
        the refusal of a file. The network is of no use then.
    """
    if not isinstance(weights, Mapping) or not all(isinstance(one, Tensor) for one in weights.values()):
        raise RuntimeError("its weights are no tensors by name")
    for name, tensor in network.state_dict().items():
        if name in weights and weights[name].shape != tensor.shape:
            shapes = [str(tuple(one.shape)) for one in (weights[name], tensor)]
            raise RuntimeError(f"{name} of shape {shapes[0]}, expected {shapes[1]}")
    found = network.load_state_dict(weights, strict=False)
    if found.missing_keys:
        raise RuntimeError(f"it has no {found.missing_keys[0]}")
    if found.unexpected_keys:
        raise RuntimeError(f"{found.unexpected_keys[0]} is no tensor of this network")
