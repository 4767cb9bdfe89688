"""Pictures as files: the formats there are, and a figure written whole, the same bytes again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError
from ..replacement import replacing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = ("png", "svg", "pdf")
_UNDATED = {"png": {}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}


def check_format(path: Path) -> str:
    """The format that the end of ``path`` names.

    Raises
    ------
    InputError
        If there is no such format.
    """
    form = path.suffix.removeprefix(".").lower()
    if form not in FORMATS:
        raise InputError(f"{path}: expected a name that ends in {', '.join('.' + one for one in FORMATS)}")
    return form


def write_picture(figure: Figure, path: Path) -> None:
    """Write a figure in the format of its name: whole, or not at all; of the same figure the same bytes.

    Raises
    ------
    InputError
        If the format is unknown.
    OSError
        If ``path`` cannot be written; what was there before stays.
    """
    import matplotlib as mpl

    form = check_format(path)
    with replacing(path) as aside, mpl.rc_context({"svg.hashsalt": "hadamrnn"}):
        figure.savefig(aside, format=form, metadata=_UNDATED[form])
