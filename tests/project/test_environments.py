"""The locks, the conda environments and the installed packages name the same versions."""

import ast
import importlib.metadata
import importlib.util
import io
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from ruamel.yaml import YAML

PROJECT = Path(__file__).parents[2]
ENVIRONMENTS = PROJECT / "envs"
PIN = re.compile(r"([A-Za-z0-9._-]+)==([A-Za-z0-9.]+)")


def load_make_environment():
    """Import the script, which stands beside what it reads and not among the others."""
    path = ENVIRONMENTS / "make_environment.py"
    spec = importlib.util.spec_from_file_location("make_environment", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


make_environment = load_make_environment()


def read_requirements(path):
    """Return the lines of a requirements file without comments and empty lines."""
    lines = (line.partition("#")[0].strip() for line in path.read_text().splitlines())
    return [line for line in lines if line]


def read_pins(path):
    """Return the version of each package, by its normal name, where all are pinned."""
    pins = (line.split("==") for line in read_requirements(path))
    return {canonicalize_name(name): version for name, version in pins}


#: One lock has the packages that run, the other those that develop.
LOCKS = ("requirements", "development")


@pytest.fixture(scope="module")
def locked():
    return read_pins(ENVIRONMENTS / "requirements.lock")


@pytest.fixture(scope="module")
def all_locked(locked):
    return locked | read_pins(ENVIRONMENTS / "development.lock")


@pytest.mark.parametrize("name", [f"{lock}.{kind}" for lock in LOCKS for kind in ("in", "lock")])
def test_every_line_pins_one_version(name):
    lines = read_requirements(ENVIRONMENTS / name)
    assert lines
    assert [line for line in lines if not PIN.fullmatch(line)] == []


def test_locks_name_no_package_twice():
    lines = [each for lock in LOCKS for each in read_requirements(ENVIRONMENTS / f"{lock}.lock")]
    normal = [canonicalize_name(line.split("==")[0]) for line in lines]
    assert sorted(set(normal)) == sorted(normal)


@pytest.mark.parametrize("name", LOCKS)
def test_every_direct_dependency_stands_in_the_lock(name, all_locked):
    direct = read_pins(ENVIRONMENTS / f"{name}.in")
    assert {name: all_locked.get(name) for name in direct} == direct


def test_what_runs_needs_nothing_of_what_develops(locked):
    needed = with_dependencies(read_pins(ENVIRONMENTS / "requirements.in"))
    development = {*read_pins(ENVIRONMENTS / "development.lock")}
    assert needed & development == set()
    assert needed <= {*locked}


def test_an_installed_package_brings_what_runs_in_the_versions_that_are_tested():
    with open(PROJECT / "pyproject.toml", "rb") as file:
        asked = list(map(Requirement, tomllib.load(file)["project"]["dependencies"]))
    pins = read_pins(ENVIRONMENTS / "requirements.in")
    assert {canonicalize_name(each.name) for each in asked} == {*pins}
    assert [
        str(each) for each in asked if pins[canonicalize_name(each.name)] not in each.specifier
    ] == []


@pytest.mark.parametrize("name", LOCKS)
def test_as_much_disk_is_announced_as_the_packages_of_a_lock_take(name):
    path = ENVIRONMENTS / f"{name}.lock"
    size = sum(
        file.size or 0 for each in read_pins(path) for file in importlib.metadata.files(each) or ()
    )
    said = make_environment.SIZES[str(path)] * 1e9
    # torch with CUDA takes several times as much, which is said beside it.
    assert size > 0.8 * said
    assert size < 1.25 * said or importlib.metadata.version("torch").partition("+")[2] != "cpu"


@pytest.mark.parametrize("name", ["training.yaml", "analysis.yaml", "evaluation.yaml"])
def test_conda_environment_has_the_versions_of_the_lock(name, locked):
    environment = YAML(typ="safe").load(ENVIRONMENTS / name)
    (packages,) = [item["pip"] for item in environment["dependencies"] if isinstance(item, dict)]
    pins = {canonicalize_name(n): version for n, version in (p.split("==") for p in packages)}
    assert {name: locked.get(name) for name in pins} == pins


def test_container_has_the_lock_and_the_python_of_the_other_environments():
    text = (ENVIRONMENTS / "Containerfile").read_text()
    (image,) = re.findall(r"^FROM (\S+)$", text, re.MULTILINE)
    copied, to = re.findall(r"^COPY (.+) (\S+)$", text, re.MULTILINE)[0]
    assert copied.split() == ["envs/make_environment.py", "envs/requirements.lock"]
    assert re.search(rf"^RUN .*python {to}make_environment\.py$", text, re.MULTILINE)
    python = re.fullmatch(r"python:(\d+\.\d+)-slim", image)[1]
    assert python == ".".join(map(str, make_environment.OLDEST_PYTHON))
    for name in ("training.yaml", "analysis.yaml"):
        environment = YAML(typ="safe").load(ENVIRONMENTS / name)
        assert f"python={python}" in environment["dependencies"]


def test_installed_packages_have_the_versions_of_the_locks(all_locked):
    # A plus sign begins the name of a build of the same version.
    installed = {name: importlib.metadata.version(name).partition("+")[0] for name in all_locked}
    assert installed == all_locked, "run `make environment`, and the tests with `make test`"


def test_script_can_be_read_by_an_old_python():
    source = (ENVIRONMENTS / "make_environment.py").read_text()
    ast.parse(source, feature_version=(3, 6))


def test_too_old_a_python_is_named_with_the_way_out():
    with pytest.raises(make_environment.SetupError) as error:
        make_environment.check_python((3, 9, 2), "/usr/bin/python3")
    message = str(error.value)
    assert "needs Python 3.11 or newer, but /usr/bin/python3 is Python 3.9.2" in message
    assert "make PYTHON=python3.12 run" in message


def test_windows_is_told_that_it_will_not_do():
    make_environment.check_system("linux")
    with pytest.raises(make_environment.SetupError, match="does not run on Windows, which lacks"):
        make_environment.check_system("win32")


@pytest.fixture
def lock(tmp_path):
    path = tmp_path / "requirements.lock"
    path.write_text("numpy==2.4.6\n")
    return path


def make_finished(environment, lock):
    """Make what looks like an environment that was finished for a lock."""
    (environment / "bin").mkdir(parents=True)
    (environment / "bin" / "python").touch()
    make_environment.write_state(environment, make_environment.wanted_state(environment, lock))


def test_environment_that_matches_is_kept(tmp_path, lock, monkeypatch, capsys):
    environment = tmp_path / "a folder" / ".venv"
    make_finished(environment, lock)
    monkeypatch.setattr(make_environment, "create_environment", None)
    make_environment.make_environment(environment, lock)
    assert capsys.readouterr().out == ""


@pytest.fixture
def installed(monkeypatch):
    """Return what is installed into environments, of which none is really."""
    done = []
    monkeypatch.setattr(make_environment, "install", lambda *given: done.append(given))
    monkeypatch.setattr(make_environment, "run_quietly", lambda *_: "")
    return done


def test_what_develops_is_added_to_what_runs_once_and_then_serves_both(
    tmp_path, lock, installed, capsys
):
    environment, development = tmp_path / ".venv", tmp_path / "development.lock"
    development.write_text("pytest==9.2.0\nruff==0.17.6\n")
    make_finished(environment, lock)
    (environment / "trained").touch()
    make_environment.make_environment(environment, lock, development)
    assert installed == [(environment, [development], [lock])]
    assert "Adding to .venv: the 2 packages of" in capsys.readouterr().out
    for asked in (development, None):
        make_environment.make_environment(environment, lock, asked)
    assert capsys.readouterr().out == ""
    assert (environment / "trained").exists()


def test_other_tools_than_are_there_are_installed_afresh(tmp_path, lock, installed):
    environment, development = tmp_path / ".venv", tmp_path / "development.lock"
    development.write_text("pytest==9.2.0\n")
    make_finished(environment, lock)
    make_environment.make_environment(environment, lock, development)
    development.write_text("pytest==9.1.0\n")
    os.mkdir(environment / "left-over")
    make_environment.make_environment(environment, lock, development)
    assert not (environment / "left-over").exists()
    assert installed[1] == (environment, (lock, development))


PIP = """\
Collecting numpy==2.4.6 (from -r requirements.lock (line 1))
  Using cached numpy-2.4.6-cp311-cp311-manylinux_2_27_x86_64.whl.metadata (6.6 kB)
Processing /wheels/torch-2.13.0-cp311-cp311-linux_x86_64.whl
Downloading pyarrow-26.0.1-cp311-cp311-manylinux_2_28_x86_64.whl (45.1 MB)
Using cached numpy-2.4.6-cp311-cp311-manylinux_2_27_x86_64.whl (16.9 MB)
Installing collected packages: numpy, pyarrow, torch
"""


@pytest.mark.parametrize(
    ("terminal", "shown"),
    [
        (False, ["  2 of 3: pyarrow, 45.1 MB", "  unpacks and installs them ..."]),
        (True, ["", "1 of 3: torch", "2 of 3: pyarrow, 45.1 MB", "3 of 3: numpy, 16.9 MB"]),
    ],
)
def test_progress_says_which_package_comes_and_how_large_it_is(terminal, shown):
    stream = io.StringIO()
    stream.isatty = lambda: terminal
    progress = make_environment.Progress(3, stream)
    for line in PIP.splitlines(keepends=True):
        progress.take(line)
    lines = stream.getvalue().split("\r\033[K  ") if terminal else stream.getvalue().splitlines()
    assert lines[: len(shown)] == shown


def test_a_failing_installation_is_reported_with_all_that_it_printed():
    taken = []
    with pytest.raises(make_environment.SetupError, match="one\ntwo\nExit status 3"):
        make_environment.run_telling(["sh", "-c", "echo one; echo two; exit 3"], taken.append)
    assert taken == ["one\n", "two\n"]


def change_lock(environment, lock):
    lock.write_text("numpy==2.4.5\n")


def remove_python(environment, lock):
    (environment / "bin" / "python").unlink()


def leave_unfinished(environment, lock):
    make_environment.write_state(environment, make_environment.UNFINISHED)


def say_other_folder(environment, lock):
    elsewhere = environment.parent / "elsewhere" / ".venv"
    make_environment.write_state(environment, make_environment.wanted_state(elsewhere, lock))


@pytest.mark.parametrize("spoil", [change_lock, remove_python, leave_unfinished, say_other_folder])
def test_environment_is_made_afresh_after(spoil, tmp_path, lock, monkeypatch):
    environment = tmp_path / ".venv"
    make_finished(environment, lock)
    (environment / "left-over").touch()
    spoil(environment, lock)
    made = []
    monkeypatch.setattr(make_environment, "create_environment", lambda *given: made.append(given))
    make_environment.make_environment(environment, lock)
    assert made == [(environment, lock)]
    assert not (environment / "left-over").exists()
    state = json.loads((environment / make_environment.MARKER).read_text())
    assert state == make_environment.wanted_state(environment, lock)


def test_the_projects_own_environment_alone_is_prepared_and_a_failure_is_said(
    tmp_path, lock, monkeypatch, capsys
):
    monkeypatch.setattr(make_environment, "create_environment", lambda *_: None)
    make_environment.make_environment(tmp_path / "another", lock)
    assert "could not be compiled" not in capsys.readouterr().out
    own = tmp_path / ".venv"
    monkeypatch.setattr(make_environment, "ENVIRONMENT", own)
    make_environment.make_environment(own, lock)  # in which there is no Python
    assert "could not be compiled yet; the first start tries again" in capsys.readouterr().out


def test_interrupted_environment_is_known_as_unfinished_and_as_our_own(tmp_path, lock, monkeypatch):
    environment = tmp_path / ".venv"

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(make_environment, "create_environment", interrupt)
    with pytest.raises(KeyboardInterrupt):
        make_environment.make_environment(environment, lock)
    assert make_environment.found_state(environment) != make_environment.wanted_state(
        environment, lock
    )
    make_environment.remove_own(environment)
    assert not environment.exists()


def test_environment_whose_removal_was_interrupted_is_never_kept(tmp_path, lock, monkeypatch):
    environment = tmp_path / ".venv"
    make_finished(environment, lock)

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(make_environment.shutil, "rmtree", interrupt)
    with pytest.raises(KeyboardInterrupt):
        make_environment.remove_own(environment)
    assert make_environment.found_state(environment) == make_environment.UNFINISHED


def test_environment_of_someone_else_is_left_alone(tmp_path, lock):
    environment = tmp_path / ".venv"
    environment.mkdir()
    (environment / "pyvenv.cfg").touch()
    with pytest.raises(make_environment.SetupError, match="Move it away"):
        make_environment.make_environment(environment, lock)
    assert (environment / "pyvenv.cfg").exists()


def test_a_link_is_left_alone_and_both_ways_out_are_named(tmp_path, lock):
    shared, link = tmp_path / "shared", tmp_path / ".venv"
    make_finished(shared, lock)
    link.symlink_to(shared)
    with pytest.raises(make_environment.SetupError) as error:
        make_environment.make_environment(link, lock)
    for said in (f"is a link, to {shared}", f"rm '{link}'", f"'{link}/bin/snakemake' --cores all"):
        assert said in str(error.value)
    assert (shared / "bin" / "python").exists()


def test_it_is_said_beforehand_what_is_downloaded_and_meanwhile_that_it_goes_on(
    tmp_path, lock, monkeypatch, capsys
):
    def create(*_):
        with make_environment.saying_that_it_goes_on(0.001):
            while "still at it" not in said():
                pass

    printed = []

    def said():
        printed.append(capsys.readouterr().out)
        return "".join(printed)

    monkeypatch.setattr(make_environment, "create_environment", create)
    make_environment.make_environment(tmp_path / ".venv", lock)
    assert "It downloads\nthe 1 packages of" in said()
    assert said().endswith(" s.\n")


def test_failing_command_is_reported_with_all_that_it_printed():
    with pytest.raises(make_environment.SetupError) as error:
        make_environment.run_quietly(["sh", "-c", "echo out; echo err >&2; exit 3"])
    assert {"out", "err"} <= set(str(error.value).split())
    assert "Exit status 3" in str(error.value)


def test_the_second_lock_has_what_came_after_the_first():
    before = "torch==2.13.0+cpu\npip==23.2.1\n"
    text = make_environment.format_development_lock(before + "ruff==1.0\n", before, "3.11.7")
    assert [line for line in text.splitlines() if not line.startswith("#")] == ["ruff==1.0"]


def test_lock_drops_builds_and_pip():
    frozen = "torch==2.13.0+cpu\npip==23.2.1\nWARNING: something\nBlack==26.10.1\n"
    lines = make_environment.format_lock(frozen, "3.11.7").splitlines()
    assert [line for line in lines if not line.startswith("#")] == [
        "Black==26.10.1",
        "torch==2.13.0",
    ]


#: The script of each job, and the environment in which conda has it run.
JOBS = {
    "prepare_data": "training",
    "train": "training",
    "train_pack": "training",
    "collect": "analysis",
    "find_rates": "training",
    "select_settings": "analysis",
    "evaluate": "evaluation",
    "analyse": "analysis",
    "draw_figures": "analysis",
    "write_study_page": "analysis",
    "write_report": "analysis",
}


#: Packages import these where they happen to be installed, and do without elsewhere.
OPTIONAL = {"_distutils_hack", "charset_normalizer", "cloudpickle", "statsmodels"}


def with_dependencies(packages):
    """Return normal names of packages and of all that they need here."""
    found, waiting = set(), list(packages)
    while waiting:
        name = canonicalize_name(waiting.pop())
        if name in found:
            continue
        found.add(name)
        try:
            needed = map(Requirement, importlib.metadata.requires(name) or ())
        except importlib.metadata.PackageNotFoundError:
            continue
        waiting += [each.name for each in needed if not each.marker or each.marker.evaluate()]
    return found


@pytest.mark.parametrize(("name", "environment"), JOBS.items())
def test_a_job_imports_only_what_its_environment_has(name, environment):
    content = YAML(typ="safe").load(ENVIRONMENTS / f"{environment}.yaml")
    (packages,) = [item["pip"] for item in content["dependencies"] if isinstance(item, dict)]
    allowed = with_dependencies(each.split("==")[0] for each in packages)
    code = (
        f"import runpy, sys, json; sys.path.insert(0, {str(PROJECT / 'scripts')!r})\n"
        "sys.argv = ['x', '--help']\n"
        f"try: runpy.run_path({str(PROJECT / 'scripts' / name)!r} + '.py', run_name='__main__')\n"
        "except SystemExit: pass\n"
        "print(json.dumps(sorted({each.partition('.')[0] for each in sys.modules})))"
    )
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert process.returncode == 0, process.stderr
    imported = json.loads(process.stdout.splitlines()[-1])
    known = importlib.metadata.packages_distributions()
    foreign = {
        each: known[each]
        for each in {*imported} - OPTIONAL
        if each in known and not allowed & set(map(canonicalize_name, known[each]))
    }
    assert foreign == {}
