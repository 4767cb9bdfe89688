"""Options of a task on the command line: ``--option KEY=VALUE``."""

from collections.abc import Callable, Sequence
from typing import Any

import click

task_option: Callable[[Any], Any] = click.option(
    "--option", "options", multiple=True, metavar="KEY=VALUE", help="An option of the task; repeatable."
)


def parse_task_options(task: str, options: Sequence[str]) -> dict[str, object]:
    """The options of ``task`` as values of the types that it declares.

    What has no such value stays text, so that the task itself refuses it, as it does from a file.

    Raises
    ------
    InputError
        Where there is no such task.
    click.UsageError
        Where there is no ``=`` in an option.
    """
    from ..model.tasks import task_options

    defaults = task_options(task)
    given = {}
    for option in options:
        key, separator, value = option.partition("=")
        if not separator:
            raise click.UsageError(f"--option must be KEY=VALUE, not {option!r}")
        given[key] = _typed(value, defaults.get(key))
    return given


def _typed(value: str, default: object) -> object:
    if isinstance(default, bool):
        return {"true": True, "false": False}.get(value.lower(), value)
    if isinstance(default, int | float):
        try:
            return type(default)(value)
        except ValueError:
            return value
    return value
