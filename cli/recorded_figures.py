"""What files and run folders say of accuracy and loss, taken only where it is numbers: anybody may have written it."""

from __future__ import annotations

import reprlib
import sys
from collections.abc import Mapping
from typing import TypeGuard

from ..errors import InputError

MEASURES = ("accuracy", "sequence_accuracy", "loss")

Figures = dict[str, float | None]

_LARGEST = sys.float_info.max
_RANGES = {"accuracy": (0.0, 1.0), "sequence_accuracy": (0.0, 1.0), "loss": (-_LARGEST, _LARGEST)}


def recorded_figures(found: object, name: str) -> tuple[Figures, str | None]:
    """The measures in a record, and what is wrong with it.

    Parameters
    ----------
    found : an object of measures as JSON gave it, or whatever stands there instead; None where nothing does
    name : of the record, for the reason

    Returns
    -------
    figures : every measure, None where it is not known; empty where none is
    reason : one line, where something other than an accuracy from 0 to 1 or a finite loss is recorded; else None
    """
    if found is None:
        return {}, None
    if not isinstance(found, Mapping):
        return {}, f"{name} must be an object, not {reprlib.repr(found)}"
    figures: Figures = {}
    wrong = []
    for measure, (low, high) in _RANGES.items():
        value = found.get(measure)
        if _is_number(value) and low <= value <= high:  # False for NaN, and exact for any integer
            figures[measure] = float(value)
            continue
        figures[measure] = None
        if value is not None:
            expected = "finite number" if measure == "loss" else "number from 0 to 1"
            wrong.append(f"{measure} must be a {expected}, not {reprlib.repr(value)}")
    known = any(value is not None for value in figures.values())
    return figures if known else {}, f"{name}: {', '.join(wrong)}" if wrong else None


def frozen_figures(trained: object, precision: str) -> tuple[Figures, str | None]:
    """The measures of the test set in the free ``trained`` of a frozen network, as :func:`recorded_figures` has them.

    Parameters
    ----------
    trained : of the network
    precision : ``"float"`` or ``"integer"``
    """
    try:
        found = _entry(trained, "test", precision)
        if found is None and precision == "float":  # as versions before wrote it
            found = {measure: _entry(trained, f"float_{measure}", "test") for measure in ("accuracy", "loss")}
    except InputError as error:
        return {}, str(error)
    return recorded_figures(found, f"the file's test.{precision}")


def recorded_number(found: object, name: str) -> tuple[float | None, str | None]:
    """A size that is recorded, None where none is; and what is wrong with it, as :func:`recorded_figures` says it."""
    if found is None:
        return None, None
    if _is_number(found) and 0 < found <= _LARGEST:
        return float(found), None
    return None, f"{name} must be a number above 0, not {reprlib.repr(found)}"


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _entry(found: object, *keys: str) -> object:
    """What stands under the keys, one in the other; None where one is not there."""
    where = "trained"
    for key in keys:
        if found is None:
            return None
        if not isinstance(found, Mapping):
            raise InputError(f"the file's {where} must be an object, not {reprlib.repr(found)}")
        found, where = found.get(key), key
    return found
