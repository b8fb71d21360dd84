"""The fingerprint of code changes when what the code does may have changed, and only then."""

import subprocess
import sys
from pathlib import Path

import pytest

from lr_atlas.fingerprint import CodeError, changed_files, check_code, code_digests, project_files

SCRIPTS = Path(__file__).parents[1] / "scripts"

SCRIPT = '"""A script."""\n\nfrom lr_atlas.steps import step\n\nprint(step(1))\n'
STEPS = (
    '"""Steps."""\n\nfrom lr_atlas import table\n\n\n'
    'def step(x):\n    """One step."""\n    return x + table.ONE\n'
)


@pytest.fixture
def project(tmp_path):
    """A small project: script -> steps -> table with its resource; `unused` is not imported."""
    package = tmp_path / "lr_atlas"
    package.mkdir()
    (tmp_path / "run.py").write_text(SCRIPT)
    (package / "__init__.py").write_text("")
    (package / "steps.py").write_text(STEPS)
    (package / "table.py").write_text("ONE = 1\n")
    (package / "table.json").write_text("{}")
    (package / "unused.py").write_text("TWO = 2\n")
    return tmp_path


def test_all_that_is_imported_in_turn_is_in_it_with_its_resources(project):
    names = {path.name for path in project_files(project / "run.py")}
    assert names == {"run.py", "__init__.py", "steps.py", "table.py", "table.json"}


@pytest.mark.parametrize(
    "text",
    [
        STEPS.replace("One step.", "Just one step."),
        STEPS.replace('"""Steps."""\n', "# Steps.\n"),
        STEPS.replace("x + table.ONE", "(x  +\n        table.ONE)  # sum"),
    ],
)
def test_comments_docstrings_and_formatting_do_not_change_it(project, text):
    before = code_digests(project / "run.py")
    (project / "lr_atlas" / "steps.py").write_text(text)
    assert code_digests(project / "run.py") == before


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("run.py", SCRIPT.replace("step(1)", "step(2)")),
        ("lr_atlas/steps.py", STEPS.replace("+", "-")),
        ("lr_atlas/table.py", "ONE = 1.0\n"),
        ("lr_atlas/table.json", "[]"),
        ("lr_atlas/__init__.py", "import os\n"),
    ],
)
def test_a_change_of_what_runs_changes_it(project, name, text):
    before = code_digests(project / "run.py")
    (project / name).write_text(text)
    assert code_digests(project / "run.py") != before


def test_the_file_that_changed_is_named(project):
    before = code_digests(project / "run.py")
    (project / "lr_atlas" / "steps.py").write_text(STEPS.replace("+", "-"))
    assert changed_files(before, code_digests(project / "run.py")) == ["lr_atlas/steps.py"]
    with pytest.raises(CodeError, match=r"started: lr_atlas/steps\.py\."):
        check_code(project / "run.py", before)


def test_code_that_is_no_python_is_named_with_its_line(project):
    (project / "lr_atlas" / "steps.py").write_text("x = 1\ndef step(:\n")
    with pytest.raises(CodeError, match=r"steps\.py:2: this is not valid Python"):
        code_digests(project / "run.py")


def test_what_is_not_imported_does_not_change_it(project):
    before = code_digests(project / "run.py")
    for left_by_an_editor in ("steps.py~", "steps.py.orig", "table.py.rej"):
        (project / "lr_atlas" / left_by_an_editor).write_text("ONE = 5")
    (project / "lr_atlas" / "unused.py").write_text("TWO = 3\n")
    assert code_digests(project / "run.py") == before


def test_the_place_of_the_project_does_not_change_it(project, tmp_path):
    before = code_digests(project / "run.py")
    moved = project.rename(tmp_path.parent / "moved project")
    assert code_digests(moved / "run.py") == before


def test_every_module_of_the_project_that_training_loads_is_in_its_fingerprint():
    code = (
        "import sys, train, lr_atlas.training_job\n"
        "names = [n for n in sys.modules if n.split('.')[0] == 'lr_atlas']\n"
        "print(*[sys.modules[n].__file__ for n in names], sep='\\n')"
    )
    process = subprocess.run(
        [sys.executable, "-c", code], cwd=SCRIPTS, capture_output=True, text=True, check=True
    )
    loaded = {Path(line) for line in process.stdout.splitlines()}
    assert len(loaded) > 5
    assert loaded <= project_files(SCRIPTS / "train.py")


def test_plotting_and_collecting_code_is_no_part_of_training():
    names = {path.name for path in project_files(SCRIPTS / "train.py")}
    assert not names & {"collect.py", "style.py", "study_text.py", "studies.py", "datasets.py"}
