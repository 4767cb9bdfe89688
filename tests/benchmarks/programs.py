"""The programs in benchmarks/ as modules."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "benchmarks"


@contextmanager
def program(name: str) -> Iterator[Any]:
    """The program of that name, with those beside it importable, as where it is run from its folder."""
    sys.path.insert(0, str(FOLDER))
    try:
        yield import_module(name)
    finally:
        sys.path.remove(str(FOLDER))
