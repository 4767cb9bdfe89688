"""Free JSON of strangers: only numbers are taken from it, and of everything else there is a reason."""

import math
from typing import Any

import pytest

from hadamrnn.cli.recorded_figures import frozen_figures, recorded_figures, recorded_number

NAMES = ("accuracy", "sequence_accuracy", "loss")


def figures(*values: float | None) -> dict[str, float | None]:
    return dict(zip(NAMES, values, strict=True))


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (None, ({}, None)),
        ({}, ({}, None)),
        (dict.fromkeys(NAMES), ({}, None)),
        ({"accuracy": 1, "loss": -0.5, "more": "hi"}, (figures(1.0, None, -0.5), None)),
        ({"accuracy": 0, "sequence_accuracy": 0.5, "loss": 3}, (figures(0.0, 0.5, 3.0), None)),
        (3, ({}, "it must be an object, not 3")),
        ([1], ({}, "it must be an object, not [1]")),
        ({"accuracy": "hi"}, ({}, "it: accuracy must be a number from 0 to 1, not 'hi'")),
        ({"accuracy": True}, ({}, "it: accuracy must be a number from 0 to 1, not True")),
        ({"accuracy": 97}, ({}, "it: accuracy must be a number from 0 to 1, not 97")),
        (
            {"accuracy": 0.5, "loss": math.nan},
            (figures(0.5, None, None), "it: loss must be a finite number, not nan"),
        ),
        ({"loss": -math.inf}, ({}, "it: loss must be a finite number, not -inf")),
    ],
)
def test_only_numbers_are_taken(found: object, expected: tuple[Any, Any]) -> None:
    assert recorded_figures(found, "it") == expected


def test_a_reason_is_one_short_line() -> None:
    for value in (10**400, "long\n" * 1000, [[0] * 1000] * 1000):
        known, reason = recorded_figures({"loss": value}, "it")
        assert known == {}
        assert reason is not None
        assert reason.startswith("it: loss must be a finite number, not ")
        assert len(reason) < 200
        assert "\n" not in reason


@pytest.mark.parametrize(
    ("trained", "in_floats", "in_integers"),
    [
        ({}, ({}, None), ({}, None)),
        ({"float_accuracy": None}, ({}, None), ({}, None)),
        ({"float_accuracy": 3}, ({}, "the file's float_accuracy must be an object, not 3"), ({}, None)),
        ({"float_accuracy": {"test": 0.5}, "float_loss": {"test": 2}}, (figures(0.5, None, 2.0), None), ({}, None)),
        ({"test": {"float": "x"}}, ({}, "the file's test.float must be an object, not 'x'"), ({}, None)),
        ({"test": {"integer": [1]}}, ({}, None), ({}, "the file's test.integer must be an object, not [1]")),
        (
            {"test": {"float": {"loss": 1}, "integer": {"accuracy": 1}}, "float_loss": {"test": 9}},
            (figures(None, None, 1.0), None),
            (figures(1.0, None, None), None),
        ),
        (
            {"test": 1},
            ({}, "the file's test must be an object, not 1"),
            ({}, "the file's test must be an object, not 1"),
        ),
    ],
)
def test_where_a_file_has_them(trained: Any, in_floats: object, in_integers: object) -> None:
    assert frozen_figures(trained, "float") == in_floats
    assert frozen_figures(trained, "integer") == in_integers


@pytest.mark.parametrize("wrong", ["hi", True, 0, -1, math.nan, math.inf, 10**400, [1]])
def test_a_size_is_a_number(wrong: object) -> None:
    assert recorded_number(2, "size") == (2.0, None)
    assert recorded_number(None, "size") == (None, None)
    value, reason = recorded_number(wrong, "size")
    assert value is None
    assert reason is not None
    assert reason.startswith("size must be a number above 0, not ")
