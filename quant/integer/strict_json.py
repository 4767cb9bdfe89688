"""JSON that means the same to every reader: no name twice, nothing that JSON lacks, of bounded depth."""

import json
import math
from typing import Any

DEEPEST = 32  # levels of nesting; code that walks through a value by recursion has room for it


def strict_json(text: str | bytes) -> Any:
    """The value of ``text``.

    Raises
    ------
    ValueError
        For what is no JSON, NaN and the infinities, numbers beyond floats, a name twice in one object, text that is no
        Unicode, and more than :data:`DEEPEST` levels.
    """
    try:
        value = json.loads(text, parse_constant=_no_constant, parse_float=_finite, object_pairs_hook=_no_name_twice)
    except RecursionError as error:
        raise ValueError(f"nested deeper than {DEEPEST} levels") from error
    level = [value]
    for _ in range(DEEPEST):
        level = [inner for outer in level if isinstance(outer, dict | list) for inner in _inner(outer)]
        if not level:
            json.dumps(value, ensure_ascii=False).encode()  # refuses half a surrogate pair
            return value
    raise ValueError(f"nested deeper than {DEEPEST} levels")


def _inner(value: dict | list) -> list:
    return list(value.values()) if isinstance(value, dict) else value


def _no_constant(name: str) -> None:
    """NaN and the infinities, which Python reads and JSON does not have."""
    raise ValueError(f"{name} is no JSON value")


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError(f"{text} is beyond all floats")
    return value


def _no_name_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for name, inner in pairs:
        if name in value:
            raise ValueError(f"{name!r} twice in one object")
        value[name] = inner
    return value
