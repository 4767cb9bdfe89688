"""The HTML pages of reports."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2

from ...replacement import write_whole


def write_report(path: Path, contents: Mapping[str, Any], template: str = "report.html") -> None:
    """Render ``template`` with ``contents`` and write it to ``path``, aside first, then renamed.

    The file needs no other: pictures are inline SVG. Figures are SVG text and go in as they are; all else is escaped.

    Raises
    ------
    InputError
        Where the file cannot be written.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    write_whole(path, environment.get_template(template).render(contents))
