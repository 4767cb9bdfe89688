"""What shapes and names a network can have. Imports without torch, so that a configuration is checked in no time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..errors import InputError

if TYPE_CHECKING:
    from torch import Tensor

INPUT_KINDS = ("vector", "index")
READOUTS = ("last", "every")
READOUT_ACTIVATIONS = ("relu", "none")
ACTIVATIONS = ("none", "relu", "modrelu")  # in the loop of a dense recurrence
STRATEGIES = ("ste-bjorck", "ste-projunn", "ste-pen", "ptq")
VARIANTS = ("D", "T")  # of projUNN
CELLS = ("lstm", "gru", "fastrnn", "fastgrnn")  # of baselines
GATE_BIASES = ("uniform", "chrono")  # of LSTM and GRU at the start


def check_shape(*, hidden_size: int, block_size: int, **sizes: int) -> None:
    """Refuse sizes that no network has; ``sizes`` are any others that must be positive. The message names the size.

    Raises
    ------
    InputError
    """
    check_positive(hidden_size=hidden_size, **sizes)
    block_bits(block_size)
    if hidden_size % block_size:
        raise InputError(f"block_size must divide hidden_size: {block_size} does not divide {hidden_size}")


def check_positive(**sizes: int) -> None:
    """Refuse sizes that are no positive integers. The message names the size.

    Raises
    ------
    InputError
    """
    for name, size in sizes.items():
        if type(size) is not int or size < 1:
            raise InputError(f"{name} must be a positive integer, not {size!r}")


def check_choice(name: str, value: object, choices: Sequence[str]) -> None:
    """Refuse a value that is not among ``choices``.

    Raises
    ------
    InputError
    """
    if value not in choices:
        raise InputError(f"{name} must be one of {', '.join(choices)}, not {value!r}")


def check_blank(blank: int | None, *, input_kind: str, input_size: int) -> None:
    """Refuse a blank that is none of the tokens; None is none.

    Raises
    ------
    InputError
    """
    if blank is not None and (input_kind != "index" or blank not in range(input_size)):
        raise InputError(f"blank must be one of {input_size} tokens, not {blank!r} for {input_kind!r}")


def check_centring(input_mean: Tensor | None, bias_gain: float, *, input_size: int, blank: int | None) -> None:
    """Refuse a mean input of another shape than ``(input_size,)`` or beside a blank, and a gain outside (0, 1].

    Raises
    ------
    InputError
    """
    if input_mean is not None and (input_mean.shape != (input_size,) or blank is not None):
        expected = f"of shape ({input_size},), without a blank"
        raise InputError(f"input_mean must be {expected}, not {tuple(input_mean.shape)} for blank {blank!r}")
    if not 0 < bias_gain <= 1:
        raise InputError(f"bias_gain must be above 0 and at most 1, not {bias_gain!r}")


def block_bits(block_size: int) -> int:
    """k of a block of n = 2^k units.

    Raises
    ------
    InputError
        If ``block_size`` is not a power of two (1 is one: k = 0).
    """
    if type(block_size) is not int or block_size < 1 or block_size & (block_size - 1):
        raise InputError(f"block_size must be a power of two, not {block_size!r}")
    return block_size.bit_length() - 1
