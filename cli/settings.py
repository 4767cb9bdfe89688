"""Keys of a configuration on the command line: ``--set KEY=VALUE``."""

import tomllib
from collections.abc import Callable, Collection, Sequence
from typing import Any

import click

setting_option: Callable[[Any], Any] = click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="KEY=VALUE",
    help="Any key of [network] or [training], instead of CONFIG.toml's; repeatable. All are in docs/configuration.md.",
)


def parse_settings(settings: Sequence[str], *, given: Collection[str] = ()) -> dict[str, Any]:
    """The keys with their values, of the types that a TOML file gives them; what is no such value is text.

    Whether there is such a key, and whether the value fits, is for the configuration to say.

    Parameters
    ----------
    given : keys that the command was given by options of their own.

    Raises
    ------
    click.UsageError
        Where there is no ``=``, or a key comes twice.
    """
    values: dict[str, Any] = {}
    for setting in settings:
        key, separator, text = (part.strip() for part in setting.partition("="))
        if not separator or not key:
            raise click.UsageError(f"--set must be KEY=VALUE, not {setting!r}")
        if key in values:
            raise click.UsageError(f"--set {key} comes twice")
        if key in given:
            raise click.UsageError(f"--set {key} does not go with its option")
        values[key] = _value(text)
    return values


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
