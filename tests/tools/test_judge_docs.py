"""The page and the skill on judging: each command runs, and prints what is shown."""

import json
import re
import shlex
import shutil

import pytest
from ruamel.yaml import YAML
from whole_runs import PROJECT

from lr_atlas.cli import main
from lr_atlas.tools.judge.judgement_text import EXIT_CODES

PAGE = PROJECT / "docs" / "judge.md"
SKILL = PROJECT / "skills" / "judge-runs" / "SKILL.md"


def commands(page):
    """The commands `lr-atlas …` in a page's blocks of shell, as words."""
    blocks = re.findall(r"^ *```sh\n(.*?)^ *```", page.read_text(encoding="utf-8"), re.M | re.S)
    lines = (line.strip() for block in blocks for line in block.splitlines())
    return [shlex.split(line)[1:] for line in lines if line.startswith("lr-atlas ")]


@pytest.fixture
def example(tmp_path, monkeypatch):
    """A folder with the runs that the page is about."""
    shutil.copytree(PROJECT / "docs" / "judge", tmp_path / "docs" / "judge")
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("words", [*commands(PAGE), *commands(SKILL)], ids=" ".join)
def test_every_command_that_is_shown_gives_a_verdict(example, capsys, words):
    assert main(words) in (EXIT_CODES.values() if words[0] == "judge" else [0])
    printed = capsys.readouterr().out
    assert json.loads(printed) if "--json" in words else printed.endswith(".\n")


def test_the_sentence_that_is_shown_is_the_one_that_is_printed(example, capsys):
    main(commands(PAGE)[0])
    quoted = re.findall(r"^> (.*)$", PAGE.read_text(encoding="utf-8"), re.M)
    assert " ".join(quoted) == capsys.readouterr().out.strip()


def test_the_page_describes_every_field_and_every_exit_code(example, capsys):
    text = PAGE.read_text(encoding="utf-8")
    words = [*commands(PAGE)[-1], "--json"]
    main(words)
    fields = set(json.loads(capsys.readouterr().out))
    named = set(re.findall(r"`(\w+)`", text.partition("## JSON")[2]))
    assert {field.removeprefix("baseline_") for field in fields} - named == set()
    codes = dict(re.findall(r"^\| (\w+) \| (\d+) \|", text, re.M))
    assert codes == {verdict: str(code) for verdict, code in EXIT_CODES.items()}


def test_the_skill_has_the_head_that_agents_look_for():
    text = SKILL.read_text(encoding="utf-8")
    head = YAML(typ="safe").load(text.split("---\n")[1])
    assert head["name"] == SKILL.parent.name
    assert 0 < len(head["description"]) <= 1024
