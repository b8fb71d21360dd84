"""The example in docs/extend/finding.md is whole: with its changes alone a copy has the finding."""

import re
import shutil
import subprocess
import sys

import pytest
from whole_runs import PROJECT

CHANGE = re.compile(r"^`([\w/.]+)`, before (`+) ?(.+?) ?\2:\n\n```\w+\n(.*?)^```$", re.M | re.S)
COPIED = ("docs", "scripts", "tests", "studies", "config.yaml", "pyproject.toml")


def changes(page):
    """(file, beginning of a line, text to be put before it) of every change that a page shows."""
    text = (PROJECT / "docs" / "extend" / page).read_text(encoding="utf-8")
    found = [(file, line, new) for file, _, line, new in CHANGE.findall(text)]
    return [(file, line, new + "\n\n" * is_function(file, new)) for file, line, new in found]


def is_function(file, new):
    """Whether blank lines belong below, which no block of code on a page ends in."""
    return file.endswith(".py") and not new[0].isspace()


def insert_before(text, beginning, new):
    """Return the text with `new` before its only line that so begins, but for spaces."""
    lines = text.splitlines(keepends=True)
    places = [i for i, line in enumerate(lines) if line.lstrip().startswith(beginning)]
    assert len(places) == 1, beginning
    return "".join([*lines[: places[0]], new, *lines[places[0] :]])


@pytest.fixture
def copy(tmp_path):
    for name in COPIED:
        source, target = PROJECT / name, tmp_path / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(source, target)
    return tmp_path


def run(*command, folder):
    return subprocess.run([sys.executable, *command], cwd=folder, capture_output=True, text=True)


def test_the_example_of_a_finding_is_all_that_a_finding_needs(copy):
    files = set()
    for file, beginning, new in changes("finding.md"):
        path = copy / file
        text = insert_before(path.read_text(encoding="utf-8"), beginning, new)
        path.write_text(text, encoding="utf-8")
        files.add(file)
    assert files == {
        *(f"scripts/lr_atlas/analysis/{name}.py" for name in ("finding", "findings")),
        *("docs/findings.md", "tests/analysis/test_findings.py"),
    }
    tests = ("tests/analysis/test_findings.py", "-k", "single_epoch or page_on or sound_study")
    plain = ("-n", "0", "-p", "no:cacheprovider", "-q", "-rA")
    process = run("-m", "pytest", *tests, *plain, folder=copy)
    assert process.returncode == 0, process.stdout + process.stderr
    assert process.stdout.count("test_a_single_epoch_is_said") == 2
    edited = sorted(file for file in files if file.endswith(".py"))
    style = run("-m", "ruff", "check", *edited, folder=copy)
    assert style.returncode == 0, style.stdout
    assert run("-m", "ruff", "format", "--check", *edited, folder=copy).returncode == 0
