"""The fingerprint of code changes when what the code does may have changed, and only then."""

import functools
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from whole_runs import PROJECT, TINY

from lr_atlas.common import fingerprint
from lr_atlas.common.environment_memory import recall, remember
from lr_atlas.common.fingerprint import (
    CodeError,
    changed_files,
    check_code,
    code_digests,
    project_files,
)
from lr_atlas.studies.atlas import load_atlas
from lr_atlas.studies.study_definition import study_definition

SCRIPTS = PROJECT / "scripts"

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
    (package / "table.html.j2").write_text("{}")
    (package / "unused.py").write_text("TWO = 2\n")
    return tmp_path


def test_all_that_is_imported_in_turn_is_in_it_with_its_resources(project):
    names = {path.name for path in project_files(project / "run.py")}
    assert names == {"run.py", "__init__.py", "steps.py", "table.py", "table.html.j2"}


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
        ("lr_atlas/table.html.j2", "[]"),
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


def test_every_version_of_python_gives_the_same_value(project):
    """Python has more fields in its trees from 3.12 on, and writes f-strings otherwise."""
    (project / "lr_atlas" / "table.py").write_text(
        "def f(x: dict) -> str:\n    return f'{x[\"a\"]:>{len(x)}} and {x!r}' 'b'\n\n\n"
        "class C:\n    one = 1e-3\n"
    )
    digests = code_digests(project / "run.py")
    assert digests["lr_atlas/table.py"] == "086c2732b467"


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


#: Runs a script to its end and prints the files that it has imported or opened by then.
WATCH = """\
import importlib.util, json, os, runpy, sys
opened = set()
def note(event, arguments):
    if event == "open" and isinstance(arguments[0], (str, os.PathLike)):
        opened.add(os.path.abspath(arguments[0]))
sys.addaudithook(note)
os._exit = lambda code: None  # not before the end of this
sys.argv = sys.argv[1:]
sys.path.insert(0, os.path.dirname(sys.argv[0]))
runpy.run_path(sys.argv[0], run_name="__main__")
opened.update(m.__file__ for m in list(sys.modules.values()) if getattr(m, "__file__", None))
sources = [importlib.util.source_from_cache(f) if f.endswith(".pyc") else f for f in opened]
# A file that is opened in a folder that is held open has no path here.
print(json.dumps(sorted(filter(os.path.exists, sources))))
"""


def files_of_the_project_used_by(script, *arguments):
    """Return what a job uses of the project, code or not, when it runs to its end."""
    command = [sys.executable, "-c", WATCH, script, *arguments]
    process = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    assert process.returncode == 0, process.stderr
    used = {Path(file) for file in json.loads(process.stdout.splitlines()[-1])}
    # The environment may lie in the project's folder.
    own = {file for file in used if not file.is_relative_to(sys.prefix)}
    # Files that Python and Numba have compiled before say no more than the sources.
    own = {file for file in own if "__pycache__" not in file.parts}
    return {file for file in own if file.is_relative_to(PROJECT)}


def test_a_package_that_finds_its_modules_by_itself_counts_with_all_of_them(project):
    registry = project / "lr_atlas" / "found"
    registry.mkdir()
    (registry / "__init__.py").write_text("import importlib\n")
    (registry / "one.py").write_text("ONE = 1\n")
    (project / "run.py").write_text(SCRIPT + "import lr_atlas.found\n")
    assert registry / "one.py" in project_files(project / "run.py")


def test_all_that_a_training_job_uses_of_the_project_is_in_its_fingerprint(built, tmp_path):
    """The job trains, keeps checkpoints and validates on the test images."""
    script = SCRIPTS / "train.py"
    data = next((built / "results" / "data").iterdir())
    configuration = {
        "dataset": "fashion_mnist",
        "model": {"hidden": [8], "dropout": 0.5},
        "optimizer": {"name": "rmsprop", "lr": 0.01},
        "seed": 0,
        "validation": "test",
    }
    job = [
        *(script, "--epochs", 2, "--configuration", json.dumps(configuration)),
        *("--training-images", data / "train.npz", "--test-images", data / "test.npz"),
        *("--checkpoints", tmp_path / "checkpoints", "--output-directory", tmp_path / "run"),
    ]
    used = files_of_the_project_used_by(*job)
    assert (tmp_path / "run" / "model.pt").exists()
    assert SCRIPTS / "lr_atlas" / "training" / "loop.py" in used
    assert used <= project_files(script)
    shutil.rmtree(tmp_path / "run")
    assert files_of_the_project_used_by(*job) <= project_files(script)  # from the checkpoint
    assert (tmp_path / "run" / "model.pt").exists()


def test_all_that_the_other_jobs_use_of_the_project_is_in_their_fingerprints(built, tmp_path):
    definition = json.dumps(study_definition(load_atlas([TINY]), "shared"))
    runs, tables = built / "results" / "runs", tmp_path / "tables"
    test_images = next((built / "results" / "data").glob("*/test.npz"))
    study = ("--study", definition)
    collected = ("--epochs", tables / "epochs.parquet", "--runs", tables / "runs.parquet")
    selected = tables / "selection.json"
    jobs = {
        "collect.py": (*study, "--runs-directory", runs, "--output-directory", tables),
        "select_settings.py": (*study, *collected, "--output", selected),
        "evaluate.py": (
            *(*study, "--selection", selected, "--runs-directory", runs),
            *("--test-images", test_images, "--output-directory", tables),
        ),
        "analyse.py": (
            *(*study, *collected, "--test", tables / "test.csv", "--output-directory", tables),
            *("--dynamics", tables / "dynamics.parquet"),
            *("--right-answers", tables / "right_answers.parquet"),
            *("--varied-runs", tables / "varied_runs.csv"),
            *("--looks", tmp_path / "looks.json"),
        ),
        "draw_figures.py": (
            *("--tables-directory", tables, "--study", "shared", "--dataset", "fashion_mnist"),
            *("--validation", 100, "--loss", "cross_entropy", "--language", "es"),
            *("--output-directory", tmp_path / "figures"),
        ),
        "write_study_page.py": (
            *(*study, "--tables-directory", tables, "--runs-directory", runs),
            *("--figures", tmp_path / "figures" / "sensitivity.svg"),
            *("--output", tmp_path / "report.html"),
        ),
    }
    for name, arguments in jobs.items():
        script = SCRIPTS / name
        used = files_of_the_project_used_by(script, *arguments)
        assert script in used
        assert used <= project_files(script), name


def test_plotting_and_collecting_code_is_no_part_of_training():
    names = {path.name for path in project_files(SCRIPTS / "train.py")}
    assert not names & {"collect.py", "style.py", "study_facts.py", "atlas.py", "data_sources.py"}


# Files are parsed once in the life of an environment


@pytest.fixture
def process(monkeypatch, tmp_path_factory):
    """A function that stands for a new process: nothing is known but what is remembered."""
    place = tmp_path_factory.mktemp("environment")
    monkeypatch.setattr(fingerprint, "recall", functools.partial(recall, place=place))
    monkeypatch.setattr(fingerprint, "remember", functools.partial(remember, place=place))
    functions = (fingerprint._read_once, fingerprint._known_files)

    def begin():
        for function in functions:
            function.cache_clear()
        return place

    begin()
    yield begin
    begin()


def test_what_was_read_once_is_parsed_by_no_other_process(project, process, monkeypatch):
    before = code_digests(project / "run.py")
    process()
    monkeypatch.setattr(fingerprint, "_tree", lambda *_: pytest.fail("it was parsed again"))
    assert code_digests(project / "run.py") == before
    process()
    monkeypatch.undo()
    path = project / "lr_atlas" / "table.py"
    path.write_text("ONE = 2\n")
    now = code_digests(project / "run.py")
    assert changed_files(before, now) == ["lr_atlas/table.py"]


def test_a_damaged_memory_is_of_no_account(project, process):
    before = code_digests(project / "run.py")
    (memory,) = process().iterdir()
    text = memory.read_text()
    memory.write_text(text.replace(before["run.py"], "0" * 12))
    assert memory.read_text() != text
    assert code_digests(project / "run.py") == before
