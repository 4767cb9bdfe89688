"""The options that give the shape of a network where there is none yet, shared by commands that estimate."""

import functools
from collections.abc import Callable
from typing import Any

import click

_OPTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("--input-kind", {"default": "vector", "metavar": "vector|index", "help": "Elements, or the index of one."}),
    ("--input-size", {"type": int, "default": 1, "metavar": "M", "help": "Input elements a step."}),
    ("--output-size", {"type": int, "default": 10, "metavar": "O", "help": "Logits."}),
    ("--readout", {"default": "last", "metavar": "last|every", "help": "Steps that have a result."}),
    ("--input-bits", {"type": int, "default": 8, "help": "Bits of an input element."}),
    ("--state-bits", {"type": int, "default": 12, "help": "Bits of a state word."}),
    ("--weight-bits", {"type": int, "default": 4, "help": "Bits of an input or output weight."}),
)
SHAPE = tuple(name.removeprefix("--").replace("-", "_") for name, _ in _OPTIONS)


def shape_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a command with the options of a shape; it receives them as arguments of the names in :data:`SHAPE`."""

    @functools.wraps(function)
    def with_shape(*arguments: Any, **options: Any) -> Any:
        return function(*arguments, **options)

    for name, settings in reversed(_OPTIONS):
        with_shape = click.option(name, show_default=True, **settings)(with_shape)
    return with_shape
