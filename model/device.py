"""Where tensors are computed: the processor or a CUDA device."""

import os

import torch

from ..errors import InputError


def available_device(name: str) -> torch.device:
    """The device ``name``: ``"cpu"``, ``"cuda"`` or ``"cuda:N"``.

    Raises
    ------
    InputError
        If the name is another one or there is no such device.
    """
    kind, _, number = name.partition(":")
    if name != "cpu" and (kind != "cuda" or not (number.isdecimal() or name == "cuda")):
        raise InputError(f"device must be cpu, cuda or cuda:N, not {name!r}")
    if kind == "cuda":
        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
        if int(number or 0) >= count:
            found = f"{count} CUDA device{'s' * (count != 1)}" if count else "no CUDA device"
            raise InputError(f"device {name!r} is not there: torch finds {found}")
        # Products are the same in every run only with a workspace of fixed size, which is read at the first of them.
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    return torch.device(name)
