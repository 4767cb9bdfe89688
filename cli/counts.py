"""Options that are whole numbers with a least value: how many sequences, steps, processes; the seed of a draw."""

from collections.abc import Callable
from typing import Any

import click


class AtLeast(click.ParamType):
    """A whole number that is refused below ``least``, in the words in which every command refuses one."""

    name = "integer"

    def __init__(self, least: int) -> None:
        self.least = least

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number.

        Raises
        ------
        click.UsageError
        """
        number = click.INT.convert(value, param, ctx)
        if number < self.least:
            name = "number" if param is None else param.opts[-1]
            raise click.UsageError(f"{name} must be at least {self.least}, not {number}", ctx)
        return number


def plural(number: int, noun: str) -> str:
    """``1 lane``, ``4 lanes``."""
    return f"{number:,} {noun}{'s' * (number != 1)}"


def count_option(
    name: str, metavar: str | None, text: str, *, default: int | None = None, least: int = 1
) -> Callable[[Any], Any]:
    """The option ``name`` of a number; ``text`` is its help, which says what happens without it where that is None."""
    shown = default is not None
    return click.option(name, type=AtLeast(least), default=default, show_default=shown, metavar=metavar, help=text)


def seed_option(text: str) -> Callable[[Any], Any]:
    """The option ``--seed`` of a draw, 0 unless given."""
    return count_option("--seed", None, text, default=0, least=0)
