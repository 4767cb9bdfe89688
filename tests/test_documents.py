"""Links between documents, and pictures in them, lead somewhere."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_to_something(document: Path) -> None:
    for link in re.findall(r"\]\((?!https?:)([^)\s]+)\)", document.read_text(encoding="utf-8")):
        name, _, heading = link.partition("#")
        file = (document.parent / name).resolve() if name else document
        assert file.is_file(), f"{link}: missing"
        assert file.stat().st_size, f"{link}: empty"
        if heading:
            assert heading in anchors(file), f"{link}: no such heading"


def anchors(document: Path) -> set[str]:
    """Of the headings, as sites that render Markdown make them."""
    titles = re.findall(r"^#+ (.*)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
