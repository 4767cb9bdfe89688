"""Options that exclude each other."""

from collections.abc import Iterable

import click
from click.core import ParameterSource


def refuse_options(names: Iterable[str], reason: str) -> None:
    """Raise a usage error where the running command was given one of these parameters, which it would not heed.

    Parameters
    ----------
    names : of the parameters, as the command's function takes them
    reason : what follows the option in the message: "does not go with …"
    """
    context = click.get_current_context()
    for parameter in context.command.params:
        given = context.get_parameter_source(parameter.name or "") is ParameterSource.COMMANDLINE
        if given and parameter.name in names:
            raise click.UsageError(f"{parameter.opts[-1]} {reason}")
