"""Options of several integers, and of one that may be left out."""

import click
import pytest

from hadamrnn.cli.list_options import ListOptions, OptionalNumbers


def parsed(kind: type[click.Command], *args: str) -> dict[str, object]:
    """What a command with an argument FILE, --sizes N … and --tune [STEPS] takes from its command line."""
    if kind is ListOptions:
        numbers = click.Option(["--sizes"], type=int, multiple=True)
    else:
        numbers = click.Option(["--tune"], type=int, is_flag=False, flag_value=500, default=None)
    command = kind("command", params=[click.Argument(["file"]), numbers, click.Option(["--quiet"], is_flag=True)])
    return command.make_context("command", list(args)).params


@pytest.mark.parametrize(
    "args",
    [
        ("file", "--sizes", "1", "2", "3"),
        ("--sizes", "1", "2", "3", "file"),
        ("--sizes", "1", "--sizes", "2", "3", "file"),
    ],
)
def test_integers_up_to_the_next_word(args: tuple[str, ...]) -> None:
    assert parsed(ListOptions, *args) == {"file": "file", "sizes": (1, 2, 3), "quiet": False}


@pytest.mark.parametrize(
    ("args", "steps"),
    [
        (("file",), None),
        (("file", "--tune"), 500),
        (("file", "--tune", "--quiet"), 500),
        (("--tune", "file"), 500),
        (("--tune", "20", "file"), 20),
        (("--tune=20", "file"), 20),
    ],
)
def test_a_number_that_may_be_left_out(args: tuple[str, ...], steps: int | None) -> None:
    assert parsed(OptionalNumbers, *args) == {"file": "file", "tune": steps, "quiet": "--quiet" in args}


def test_a_word_too_many_is_refused_by_name() -> None:
    with pytest.raises(click.UsageError, match=r"^Got unexpected extra argument \(0\.5x\)$"):
        parsed(OptionalNumbers, "file", "--tune", "0.5x")
    with pytest.raises(click.UsageError, match=r"'0\.5' is not a valid integer"):
        parsed(OptionalNumbers, "file", "--tune", "0.5")
