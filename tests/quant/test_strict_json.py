"""JSON that means the same to every reader."""

import pytest

from hadamrnn.quant.integer.strict_json import DEEPEST, strict_json


def test_values() -> None:
    assert strict_json('{"a": [1, -2.5, true, null, "ü"], "b": {"a": {}}}') == {
        "a": [1, -2.5, True, None, "ü"],
        "b": {"a": {}},
    }
    assert strict_json(b"[]") == []
    assert strict_json("[" * DEEPEST + "]" * DEEPEST) is not None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": 1, "a": 1}', "^'a' twice in one object$"),
        ('[{"b": {"a": 1, "a": 2}}]', "^'a' twice in one object$"),
        ("[NaN]", "^NaN is no JSON value$"),
        ("-Infinity", "^-Infinity is no JSON value$"),
        ("[1e999]", "^1e999 is beyond all floats$"),
        ('["\\ud800"]', "surrogates not allowed"),
        ("[" * (DEEPEST + 1) + "]" * (DEEPEST + 1), f"^nested deeper than {DEEPEST} levels$"),
        ("[" * 100_000, f"^nested deeper than {DEEPEST} levels$"),
        ("9" * 5000, "digits"),
        (b"\xff", "utf-8"),
        ("{", "^Expecting"),
    ],
)
def test_what_is_refused(text: str | bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        strict_json(text)
