"""The formats a weight can have. Imports without torch."""

from ..errors import InputError

WEIGHT_BITS = range(2, 9)
TERNARY = "ternary"
RECURRENT_SCALES = ("spectral", "max")  # of a dense recurrent matrix


def check_weight_bits(weight_bits: object) -> None:
    """Refuse what is neither 2 to 8 bits nor ``"ternary"``.

    Raises
    ------
    InputError
    """
    if weight_bits != TERNARY and (type(weight_bits) is not int or weight_bits not in WEIGHT_BITS):
        raise InputError(
            f"weight_bits must be {WEIGHT_BITS[0]} to {WEIGHT_BITS[-1]} or {TERNARY!r}, not {weight_bits!r}"
        )
