"""Files named on the command line: by their path, or ``zoo:NAME`` for those that come with the package."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

import click

_ZOO = "zoo:"


class _NamedFile(click.ParamType, ABC):
    """A path, or ``zoo:NAME`` for a file of the zoo; InputError for a name that the zoo does not have."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """The path; whether there is such a file is for the reader to say."""
        text = str(value)
        return self._of_zoo(text.removeprefix(_ZOO)) if text.startswith(_ZOO) else Path(value)

    @abstractmethod
    def _of_zoo(self, name: str) -> Path:
        """The file of the zoo that ``zoo:NAME`` stands for."""


class NetworkFile(_NamedFile):
    """The file of a frozen network."""

    name = "network"

    def _of_zoo(self, name: str) -> Path:
        from ..zoo.catalogue import path

        return path(name)


class ConfigFile(_NamedFile):
    """The file of a configuration, for ``zoo:NAME`` the one that NAME was trained with."""

    name = "configuration"

    def _of_zoo(self, name: str) -> Path:
        from ..zoo.catalogue import config_path

        return config_path(name)
