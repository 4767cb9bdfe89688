"""A page as a real browser lays it out: Chromium without a window, the page in frames of given widths."""

import html
import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PRINTED = 680  # CSS pixels between the margins of A4 paper
_OPTIONS = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-dev-shm-usage")

# What a frame says of itself. Text is clipped where it leaves its box, its drawing or the page; a box that scrolls is
# named apart, for a reader can move it.
_MEASURE = """<script>
addEventListener("load", () => {
  const name = (e) => e.tagName + "." + (e.getAttribute("class") || e.id || "");
  const across = (a, b) => a.left >= b.left - 1 && a.right <= b.right + 1;
  const inside = (a, b) => across(a, b) && a.top >= b.top - 1 && a.bottom <= b.bottom + 1;
  const wide = [], scrolled = [], clipped = [];
  for (const e of document.body.querySelectorAll("*:not(svg *):not(script)")) {
    const scrolls = getComputedStyle(e).overflowX !== "visible";
    if (e.getBoundingClientRect().right > innerWidth + 1 && !e.parentElement.closest(".wide")) wide.push(name(e));
    if (scrolls && e.scrollWidth > e.clientWidth + 1) scrolled.push(name(e));
    if (!scrolls && e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display === "block") clipped.push(name(e));
  }
  const drawings = [...document.querySelectorAll("svg")].map((svg) => {
    const box = svg.getBoundingClientRect(), texts = [...svg.querySelectorAll("text")];
    for (const text of texts)
      if (!inside(text.getBoundingClientRect(), box)) clipped.push("svg: " + text.textContent);
    for (const part of svg.querySelectorAll(".part"))
      for (const text of part.querySelectorAll("text"))
        if (!inside(text.getBoundingClientRect(), part.querySelector("rect").getBoundingClientRect()))
          clipped.push("part: " + text.textContent);
    const scale = Math.min(box.width / svg.viewBox.baseVal.width, box.height / svg.viewBox.baseVal.height);
    const sizes = texts.map((text) => parseFloat(getComputedStyle(text).fontSize) * scale);
    return { name: svg.getAttribute("class"), width: box.width, height: box.height, smallest: Math.min(...sizes),
             ink: texts.length ? getComputedStyle(texts[0]).fill : "", texts: texts.length };
  });
  const root = document.scrollingElement;
  parent.postMessage({ frame: window.name, width: root.scrollWidth, inner: innerWidth, height: root.scrollHeight,
    paper: getComputedStyle(document.body).backgroundColor, wide, scrolled, clipped, drawings }, "*");
});
</script>"""
_FRAMES = """<!doctype html><meta charset="utf-8"><title>frames</title><pre id="found"></pre>
<script>
const found = {};
addEventListener("message", (event) => {
  found[event.data.frame] = event.data;
  document.getElementById("found").textContent = JSON.stringify(found);
});
</script>
"""


def find_browser() -> str | None:
    """The program, or None where there is none."""
    return next((path for path in map(shutil.which, NAMES) if path is not None), None)


def measure(page: str, widths: Mapping[str, int], folder: Path) -> dict[str, dict[str, Any]]:
    """What frames of these widths, by name, say of ``page``; ``"print"`` is styled for paper, ``"dark"`` for night."""
    frames = _FRAMES
    for name, width in widths.items():
        file = folder / f"{name}.html"
        styled = {"print": on_paper, "dark": in_the_dark}.get(name, str)(page)
        file.write_text(styled.replace("</body>", _MEASURE + "</body>"))
        frames += f'<iframe name="{name}" src="{file.name}" width="{width}" height="800" style="border: 0"></iframe>\n'
    (folder / "frames.html").write_text(frames)
    dom = run("--virtual-time-budget=20000", "--dump-dom", str(folder / "frames.html"))
    found = re.search(r'<pre id="found">(.*?)</pre>', dom, re.DOTALL)
    assert found is not None, dom[:500]
    return json.loads(html.unescape(found[1]))


def on_paper(page: str) -> str:
    """The page with its styles for paper, on the screen."""
    return page.replace("@media print", "@media all").replace("@media screen", "@media tty")


def in_the_dark(page: str) -> str:
    """The page as a reader sees it who prefers light on dark."""
    return page.replace("@media screen and (prefers-color-scheme: dark)", "@media all")


def run(*arguments: str) -> str:
    """What the browser prints."""
    browser = find_browser()
    assert browser is not None
    done = subprocess.run([browser, *_OPTIONS, *arguments], capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout
