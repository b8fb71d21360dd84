"""The examples in docs/extend are whole: with their changes alone a copy has the thing."""

import re
import shutil
import subprocess
import sys

import pytest
from whole_runs import PROJECT

#: A whole file, or what goes to the end of one.
CHANGE = re.compile(r"^`([\w/.]+)`(, at its end)?:\n\n```\w+\n(.*?)^```$", re.M | re.S)
COPIED = ("docs", "scripts", "tests", "studies", "config.yaml", "pyproject.toml")


def changes(page):
    """{file: (whether it is there already, text that is added)} of all that a page shows."""
    text = (PROJECT / "docs" / "extend" / page).read_text(encoding="utf-8")
    return {file: (bool(at_end), new) for file, at_end, new in CHANGE.findall(text)}


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
    process = subprocess.run([sys.executable, *command], cwd=folder, capture_output=True, text=True)
    assert process.returncode == 0, process.stdout + process.stderr
    return process.stdout


def carry_out(page, folder):
    """Make every change that a page shows in a copy of the project; returns the files."""
    found = changes(page)
    for file, (at_end, new) in found.items():
        path = folder / file
        assert path.exists() == at_end
        with open(path, "a", encoding="utf-8") as opened:
            opened.write("\n\n" * at_end + new)
    run("scripts/write_schema.py", folder=folder)
    modules = [file for file in found if file.endswith(".py")]
    if modules:
        run("-m", "ruff", "check", *modules, folder=folder)
        run("-m", "ruff", "format", "--check", *modules, folder=folder)
    return list(found)


def run_tests(folder, *tests):
    """Run some tests of a copy of the project; returns what pytest says of those that passed."""
    plain = ("-n", "0", "-p", "no:cacheprovider", "-q", "-rA")
    return run("-m", "pytest", *tests, *plain, folder=folder).partition("short test summary")[2]


def test_the_example_of_a_finding_is_all_that_a_finding_needs(copy):
    found = carry_out("finding.md", copy)
    assert found == [
        "scripts/lr_atlas/analysis/findings/one_epoch.py",
        "tests/analysis/test_findings.py",
    ]
    table = (copy / "docs" / "findings.md").read_text(encoding="utf-8")
    assert "| `one_epoch` | note | all runs are trained for one epoch | more epochs |" in table
    said = run_tests(copy, "tests/analysis/test_findings.py", "-k", "single_epoch or sound_study")
    assert said.count("a_single_epoch_is_said") == 2


def test_the_example_of_a_claim_is_two_files_and_all_that_a_claim_needs(copy):
    found = carry_out("claim.md", copy)
    assert found == ["scripts/lr_atlas/config/claims/no_worse.py", "tests/analysis/test_claims.py"]
    assert "| `no_worse` |" in (copy / "docs" / "claims.md").read_text(encoding="utf-8")
    tests = ("tests/analysis/test_claims.py", "tests/config/test_config.py")
    said = run_tests(copy, *tests, "-k", "no_worse or page_on_claims or the_schema_takes")
    assert said.count("no_worse") == 7


def test_the_example_of_a_language_is_all_that_a_language_needs(copy):
    assert carry_out("language.md", copy) == ["scripts/lr_atlas/locale/catalogue.de.po"]
    which = "left_over or values_and_the_lines"
    said = run_tests(copy, "tests/figures/test_figures_language.py", "-k", which)
    assert said.count("[de]\n") == 2
    config = copy / "config.yaml"
    written = config.read_text(encoding="utf-8")
    for word, answer in {"de": "", "Deutsch": "did you mean 'de'? Allowed: de, en, es"}.items():
        config.write_text(written.replace("language: en", f"language: {word}"), encoding="utf-8")
        process = subprocess.run(
            [sys.executable, "scripts/check_config.py", "config.yaml"],
            cwd=copy,
            capture_output=True,
            text=True,
        )
        assert (process.returncode == 0) == (not answer), process.stderr
        assert answer in process.stderr


def test_the_example_of_a_figure_is_all_that_a_figure_needs(copy, monkeypatch):
    name = "diverged_share"
    assert carry_out("figure.md", copy) == [
        f"scripts/lr_atlas/figures/drawn/{name}.py",
        f"tests/figures/test_{name}.py",
    ]
    picture = copy / "tests" / "figures" / "reference" / "paper" / f"{name}.png"
    picture.touch()
    monkeypatch.setenv("NEW_REFERENCE_FIGURES", "1")
    which = f"{name} or says_what_it_is or (cut_off and one and setting) or translation"
    said = run_tests(copy, "tests/figures", "-k", which)
    assert f"test_a_figure_looks_as_it_did[{name}]" in said
    assert picture.stat().st_size > 0
