"""The documentation: links lead somewhere, promises name tests, studies that it shows are valid."""

import ast
import re
import tomllib
from functools import cache

import pytest
from ruamel.yaml import YAML
from whole_runs import PROJECT

from lr_atlas.config import config_notes
from lr_atlas.report.citation import project_version
from lr_atlas.studies.atlas import load_atlas
from write_schema import generated

PAGES = sorted((PROJECT / "docs").rglob("*.md"))
LINKED = [*sorted(PROJECT.glob("*.md")), *PAGES, *sorted((PROJECT / "bench").glob("*.md"))]
TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
SHOWN_BY = "shown by"


def called(page):
    return page.relative_to(PROJECT).as_posix()


def prose(page):
    """The text of a page without its blocks of code."""
    return re.sub(r"^ *```.*?^ *```", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)


def links(text):
    """Targets of all links and images, without code in a line."""
    return re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`\n]*`", "code", text))


@cache
def anchors(page):
    """The anchors that GitHub gives a page's headings."""
    headings = re.findall(r"^#+ +(.+?) *$", prose(page), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken(page):
    """The links of a page that lead nowhere; those to other sites are not tried."""
    for link in links(prose(page)):
        path, _, anchor = link.partition("#")
        if re.match(r"[a-z]+:", path):
            continue
        target = (page.parent / path).resolve() if path else page
        inside = target.is_relative_to(PROJECT.resolve()) and target.exists()
        if not inside or (anchor and anchor not in anchors(target)):
            yield link


@pytest.mark.parametrize("page", LINKED, ids=called)
def test_every_link_of_a_page_leads_somewhere(page):
    assert list(broken(page)) == []


def test_a_link_to_no_file_or_to_no_heading_is_found(tmp_path, monkeypatch):
    monkeypatch.setitem(globals(), "PROJECT", tmp_path)
    page = tmp_path / "page.md"
    page.write_text("# A `b`: c\n[1](#a-b-c) [2](#b) [3](gone.md) [4](../up.md) `[5](x)`")
    assert list(broken(page)) == ["#b", "gone.md", "../up.md"]


def test_every_page_can_be_reached_from_the_readme():
    reached, waiting = set(), [PROJECT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached:
            continue
        reached.add(page)
        paths = [link.partition("#")[0] for link in links(prose(page))]
        targets = [(page.parent / path).resolve() for path in paths if path]
        for target in targets:
            waiting += [target] if target.suffix == ".md" and target.exists() else []
            waiting += sorted(target.glob("*.md")) if target.is_dir() else []
    assert set(LINKED) - reached == set()


def test_the_readme_fits_on_two_screens():
    lines = (PROJECT / "README.md").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 100
    assert [line for line in lines if len(line) > 104] == []


def test_the_readme_answers_every_default_study_as_its_page_does():
    readme = " ".join((PROJECT / "README.md").read_text(encoding="utf-8").split())
    for name in load_atlas([PROJECT / "config.yaml"]).plans:
        page = (PROJECT / "docs" / "results" / f"{name}.md").read_text(encoding="utf-8")
        headline = re.search(r"## Answer\n\n\*\*(.+)\*\*\n", page)[1]
        assert f"- [{name}](docs/results/{name}.md): {headline}" in readme


#: Pages whose studies are about files that a reader has.
NEEDING_FILES = {"command", "data", "own-problem", "runs-from-elsewhere"}


def shown_studies(page):
    """The configurations of a page that are whole, as text."""
    return re.findall(r"^```yaml\n(studies:.*?)^```", page.read_text(encoding="utf-8"), re.M | re.S)


SHOWING = [
    page
    for page in [PROJECT / "README.md", *PAGES]
    if page.stem not in NEEDING_FILES and shown_studies(page)
]


@pytest.mark.parametrize("page", SHOWING, ids=called)
def test_every_study_that_a_page_shows_is_a_valid_one(page, tmp_path):
    for text in shown_studies(page):
        (tmp_path / "config.yaml").write_text(text)
        assert len(load_atlas([tmp_path / "config.yaml"]).plans) == 1


@pytest.mark.parametrize("path", [*PROJECT.glob("studies/lesson-*.yaml")], ids=called)
def test_a_lesson_shows_the_study_that_is_run(path):
    page = PROJECT / "docs" / "lessons" / f"{path.stem.removeprefix('lesson-')}.md"
    (shown,) = shown_studies(page)
    read = YAML(typ="safe").load
    assert read(shown) == read(path.read_text(encoding="utf-8"))


def test_every_figure_of_the_gallery_stands_behind_its_configuration():
    text = (PROJECT / "docs" / "gallery.md").read_text(encoding="utf-8")
    for section in text.split("\n## ")[1:]:
        assert section.index("```yaml") < section.index("![")


@pytest.mark.parametrize("path", generated(), ids=called)
def test_what_is_generated_is_up_to_date(path):
    assert path.read_text(encoding="utf-8") == generated()[path], "run `make schema`"


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


@pytest.mark.parametrize("page", PAGES, ids=called)
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


def test_the_citation_names_the_version_of_the_project():
    cited = YAML(typ="safe").load((PROJECT / "CITATION.cff").read_text(encoding="utf-8"))
    assert cited["version"] == project_version(PROJECT / "pyproject.toml")
    changes = (PROJECT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## [{cited['version']}] - {cited['date-released']}" in changes


def test_the_bibtex_entry_says_what_the_citation_file_says():
    cited = YAML(typ="safe").load((PROJECT / "CITATION.cff").read_text(encoding="utf-8"))
    text = (PROJECT / "docs" / "citing.md").read_text(encoding="utf-8")
    entry = dict(re.findall(r"^  (\w+) += \{(.+?)\},?$", text, re.M))
    (author,) = cited["authors"]
    assert entry == {
        "author": f"{{{author['name']}}}",
        "title": f"{{{cited['title']}}}",
        "year": str(cited["date-released"].year),
        "howpublished": f"Software, version {cited['version']}",
        "note": f"Released on {cited['date-released']}",
    }


def test_the_map_of_the_house_has_its_rooms_from_the_ground_up():
    settings = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    floors = settings["tool"]["importlinter"]["contracts"][0]["layers"]
    text = (PROJECT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    table = text.partition("| room |")[2].partition("\n\n")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, re.M) == [
        room for floor in floors[::-1] for room in floor.split(" | ")
    ]


RIDDLES = {"What", "Which", "Whether", "That", "Where", "How", "Those", "Of", "All", "The", "Such"}
ROOMS = ("common", "config", "data", "studies", "runs", "tables")


@pytest.mark.parametrize("room", ROOMS)
def test_a_docstring_of_a_function_opens_with_a_verb(room):
    for path in (PROJECT / "scripts" / "lr_atlas" / room).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            said = isinstance(node, ast.FunctionDef) and ast.get_docstring(node)
            first = re.match(r"[A-Z][a-z]*\b", said) if said else ["Return"]
            assert first, f"{path.name}: {said}"
            assert first[0] not in RIDDLES, f"{path.name}: {said}"
