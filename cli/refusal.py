"""Options that exclude each other."""

from collections.abc import Iterable

import click
from click.core import ParameterSource

USEFUL_BLOCK = 4  # units; hidden sizes that explore tries are multiples of it too


def refuse_options(names: Iterable[str], reason: str) -> None:
    """Raise a usage error where the running command was given one of these parameters, which it would not heed.

    Parameters
    ----------
    names : of the parameters, as the command's function takes them
    reason : what follows the option in the message: "does not go with …"
    """
    for parameter in click.get_current_context().command.params:
        if parameter.name in names and given(parameter.name):
            raise click.UsageError(f"{parameter.opts[-1]} {reason}")


def refuse_without_block(hidden: int) -> None:
    """Raise a usage error where the running command was given no block size, and a block of all units cannot be."""
    if hidden > 0 and hidden & (hidden - 1):
        largest = hidden & -hidden
        reason = f"at most {largest}, the largest power of two that divides it"
        if largest < USEFUL_BLOCK:
            sizes = [size for size in (hidden - hidden % USEFUL_BLOCK, hidden - hidden % -USEFUL_BLOCK) if size]
            near = " or ".join(str(size) for size in sizes)
            reason += f"; take a multiple of {USEFUL_BLOCK}, as {near}, since units mix within their block only"
        raise click.UsageError(f"--hidden {hidden} needs --block: {reason}")


def given(name: str | None) -> bool:
    """Whether the running command was given the parameter of that name."""
    return click.get_current_context().get_parameter_source(name or "") is ParameterSource.COMMANDLINE
