"""Numbers that are too small are refused at once, by every command in the same words."""

from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    "command, option, least",
    [
        ("verify", "--jobs", 1),
        ("verify", "--sequences", 1),
        ("verify", "--steps", 1),
        ("verify", "--seed", 0),
        ("verify", "--resets", 0),
        ("mutate", "--mutants", 1),
        ("mutate", "--sequences", 1),
        ("mutate", "--steps", 1),
        ("mutate", "--proof-seconds", 1),
        ("mutate", "--jobs", 1),
        ("mutate", "--seed", 0),
        ("report", "--sequences", 1),
        ("report", "--steps", 1),
        ("report", "--seed", 0),
        ("host", "--sequences", 1),
        ("host", "--baud", 1),
    ],
)
def test_less_than_the_least(
    refused: Callable[..., str], network_file: Path, command: str, option: str, least: int
) -> None:
    expected = f"{option} must be at least {least}, not {least - 1} (see: hadamrnn {command} --help)"
    assert refused(command, network_file, option, least - 1) == expected


def test_without_a_network(refused: Callable[..., str]) -> None:
    assert refused("demo", "--sequences", 0).startswith("--sequences must be at least 1, not 0")
    assert refused("demo", "--seed", -1).startswith("--seed must be at least 0, not -1")
    assert refused("explore", "--jobs", 0).startswith("--jobs must be at least 1, not 0")


def test_what_is_no_number(refused: Callable[..., str], network_file: Path) -> None:
    assert refused("verify", network_file, "--seed", "one").startswith(
        "Invalid value for '--seed': 'one' is not a valid"
    )
