"""The options of a core: those that exclude each other."""

from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.mark.parametrize("command", ["generate", "verify", "report"])
def test_registers_by_name_or_by_stages(refused: Callable[..., str], network_file: Path, command: str) -> None:
    out = () if command == "verify" else ("-o", network_file.parent / "out")
    line = refused(command, network_file, *out, "--registers", "division", "--stages-per-register", "2")
    assert line.startswith("--stages-per-register does not go with --registers, which names them")
