"""The site of `make docs`: links lead somewhere, nothing is loaded from elsewhere, all is found."""

import json
import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

SITE = Path(__file__).parents[2] / "site"
#: Attributes by which a page loads something when it is opened.
LOADED = {("script", "src"), ("img", "src"), ("link", "href"), ("iframe", "src"), ("source", "src")}
IN_STYLES = re.compile(
    r"url\(\s*['\"]?((?:https?:)?//[^)]+)|@import\s+['\"]((?:https?:)?//[^'\"]+)"
)


class Page(HTMLParser):
    """A page: what it loads and links to, and the anchors that it has."""

    def __init__(self, path):
        super().__init__()
        self.loaded, self.links, self.anchors = [], [], set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.anchors.update(attributes[key] for key in ("id", "name") if attributes.get(key))
        for key, value in attrs:
            if (tag, key) in LOADED and attributes.get("rel") not in ("next", "prev", "canonical"):
                self.loaded.append(value)
            if (tag, key) == ("a", "href"):
                self.links.append(value)


page_of = cache(Page)


def pages():
    """Return all pages but that for addresses without one, whose links are from the root."""
    return [path for path in sorted(SITE.rglob("*.html")) if path.name != "404.html"]


def dead(path):
    """Yield the links and pictures of a page that lead to no file, or to no heading."""
    page = page_of(path)
    for link in page.links + page.loaded:
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            continue
        target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
        anchors = page_of(target).anchors if target.suffix == ".html" and target.is_file() else ()
        in_page = parts.fragment and target.suffix == ".html"
        if not target.is_file() or (in_page and unquote(parts.fragment) not in anchors):
            yield link


def test_every_link_leads_to_a_file_and_a_heading_of_the_site():
    found = {path.relative_to(SITE).as_posix(): list(dead(path)) for path in pages()}
    assert len(found) > 50
    assert {path: links for path, links in found.items() if links} == {}


def test_a_dead_link_is_found(tmp_path):
    (tmp_path / "a.html").write_text("<a href=b.html>b</a> <a href='#c'>c</a> <h1 id=d></h1>")
    assert list(dead(tmp_path / "a.html")) == ["b.html", "#c"]


def test_no_page_loads_anything_from_elsewhere():
    loaded = {link for path in SITE.rglob("*.html") for link in page_of(path).loaded}
    assert {link for link in loaded if re.match(r"(https?:)?//", link)} == set()
    styles = [path.read_text(encoding="utf-8") for path in SITE.rglob("*.css")]
    assert styles
    assert [match[0] for text in styles for match in IN_STYLES.finditer(text)] == []


@pytest.mark.parametrize("words", ["plateau", "inconclusive", "CITATION", "weight_decay"])
def test_the_search_of_a_page_that_is_opened_as_a_file_has_the_words(words):
    text = (SITE / "search" / "search_index.js").read_text(encoding="utf-8")
    index = json.loads(text.partition("=")[2])
    assert any(words in entry["text"] for entry in index["docs"])
    assert "site/iframe-worker.js" in (SITE / "index.html").read_text(encoding="utf-8")


def test_the_reference_has_the_docstrings_of_the_package():
    text = (SITE / "reference" / "analysis.html").read_text(encoding="utf-8")
    assert "lr_atlas.analysis.verdicts" in text


def test_the_tutorial_was_executed():
    text = (SITE / "tutorial.html").read_text(encoding="utf-8")
    assert "did best" in text or "is better than" in text
    assert "<svg" in text or ".svg" in text
    assert "adam-lr0.001" in text
    assert "To train: 15 epochs in 3 runs." in text
