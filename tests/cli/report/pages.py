"""HTML pages taken apart: whether they are well-formed and stand alone, and what their tables and drawings say."""

import re
from html.parser import HTMLParser

VOID = {"meta", "br", "hr", "img", "input", "link"}
LOADING = ("src", "href", "srcset", "data", "action", "poster", "xlink:href")


class Page(HTMLParser):
    """A page; anything that is not well-formed or would load something is an AssertionError.

    Attributes
    ----------
    tables : rows of cells' texts, by the id of the table
    texts : all text, with one space between words
    """

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: set[str] = set()
        self.references: set[str] = set()
        self.tables: dict[str, list[list[str]]] = {}
        self._table: list[list[str]] | None = None
        self._words: list[str] = []
        assert page.startswith("<!doctype html>")
        self.feed(page)
        self.close()
        assert self.open == []
        assert self.references <= self.ids
        for url in re.findall(r"url\(([^)]*)\)", page):
            assert url.startswith("#"), url
            assert url[1:] in self.ids
        assert "@import" not in page
        self.texts = " ".join(" ".join(self._words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag not in {"script", "iframe", "object", "embed", "link"}
        values = dict(attrs)
        assert len(values) == len(attrs), f"an attribute twice in {tag}"
        for name in LOADING:
            value = values.get(name)
            if value is None or value.startswith("data:image/png;base64,"):
                continue
            assert value.startswith("#"), f"{tag} {name}={value!r}"
            self.references.add(value[1:])
        identifier = values.get("id")
        if identifier is not None:
            assert identifier not in self.ids, f"id {identifier} twice"
            self.ids.add(identifier)
        if tag == "table" and identifier is not None:
            self._table = self.tables[identifier] = []
        if tag == "tr" and self._table is not None:
            self._table.append([])
        if tag in ("td", "th") and self._table is not None:
            self._table[-1].append("")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> without a beginning"
        assert self.open.pop() == tag
        if tag == "table":
            self._table = None

    def handle_data(self, data: str) -> None:
        if "style" in self.open:
            return
        self._words.append(data)
        if self._table and self._table[-1] and ("td" in self.open or "th" in self.open):
            self._table[-1][-1] += data

    def rows(self, table: str) -> dict[str, list[str]]:
        """The rows of a table by their first cell, without those of headings."""
        return {row[0]: row[1:] for row in self.tables[table]}


def svgs(page: str) -> dict[str, str]:
    """The drawings of a page by their class, or where that is ``plot`` by their label."""
    found = re.findall(r"<svg .*?</svg>", page, re.DOTALL)
    return {name(svg): svg for svg in found}


def name(svg: str) -> str:
    """Of a drawing: its class, or its label where many have that class."""
    (kind,) = re.findall(r'^<svg [^>]*?\bclass="([^"]*)"', svg)
    (label,) = re.findall(r'^<svg [^>]*?\baria-label="([^"]*)"', svg)
    return label if kind == "plot" else kind
