"""What shapes and names a network can have. Imports without torch, so that a configuration is checked in no time."""

from collections.abc import Sequence

from ..errors import InputError

INPUT_KINDS = ("vector", "index")
READOUTS = ("last", "every")
READOUT_ACTIVATIONS = ("relu", "none")


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
