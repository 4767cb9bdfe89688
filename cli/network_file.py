"""Files named on the command line: by their path, or ``zoo:NAME`` for those that come with the package."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

_ZOO = "zoo:"


class NetworkFile(click.ParamType):
    """The file of a frozen network; InputError for a name that the zoo does not have."""

    name = "network"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """The path; whether there is such a file is for the reader to say."""
        if not str(value).startswith(_ZOO):
            return Path(value)
        from ..zoo.catalogue import path

        return path(str(value).removeprefix(_ZOO))


class ConfigFile(click.ParamType):
    """The file of a configuration, for ``zoo:NAME`` the one that NAME was trained with."""

    name = "configuration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """The path; whether there is such a file is for the reader to say."""
        if not str(value).startswith(_ZOO):
            return Path(value)
        from ..zoo.catalogue import config_path

        return config_path(str(value).removeprefix(_ZOO))
