"""What the pages in docs/ promise names the tests that show it, and these tests are there."""

import ast
import re

import pytest
from whole_runs import PROJECT

from lr_atlas.config import config_notes

PAGES = sorted((PROJECT / "docs").glob("*.md"))
TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
SHOWN_BY = "shown by"


def cells(line):
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def rows_with_tests(text):
    """The last cell of every row of the tables whose last column is to name tests."""
    inside, rows = False, []
    for line in text.splitlines():
        if not line.startswith("|"):
            inside = False
        elif cells(line)[-1] == SHOWN_BY:
            inside = True
        elif inside and set(line) - set("|- "):
            rows.append(line)
    return rows


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_test_that_a_page_names_is_there(page):
    for file, name in TEST.findall(page.read_text(encoding="utf-8")):
        tree = ast.parse((PROJECT / file).read_text(encoding="utf-8"))
        assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_every_row_of_the_contract_of_reruns_names_its_tests():
    rows = rows_with_tests((PROJECT / "docs" / "reruns.md").read_text(encoding="utf-8"))
    assert len(rows) > 20
    assert [row for row in rows if not TEST.search(cells(row)[-1])] == []


def test_all_that_a_message_says_is_not_here_stands_on_the_page_of_what_is_not_here():
    page = (PROJECT / "docs" / "configuration.md").read_text(encoding="utf-8").lower()
    section = page.partition("## not here")[2].partition("\n## ")[0].replace("l-bfgs", "lbfgs")
    assert [words for words in config_notes._NOTES if not re.search(words, section)] == []
    assert [name for name in config_notes._OPTIMIZER_NOTES if name not in section] == []
