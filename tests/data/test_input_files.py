"""Inputs of programs are told apart by their content alone."""

import os

import pytest

from lr_atlas.data.input_files import InputError, input_around, inputs_digest


@pytest.fixture
def folder(tmp_path):
    source = tmp_path / "here" / "src"
    source.mkdir(parents=True)
    (source / "a.py").write_text("a = 1\n")
    (source / "inner").mkdir()
    (source / "inner" / "b.txt").write_text("b")
    (tmp_path / "here" / "run.sh").write_text("echo\n")
    return tmp_path / "here"


@pytest.fixture
def digest(folder, tmp_path):
    return lambda inputs=("src", "run.sh"): inputs_digest(folder, inputs, tmp_path / "memory")


def test_times_order_hidden_files_and_what_python_leaves_do_not_count(folder, digest):
    before = digest()
    os.utime(folder / "run.sh", (1, 1))
    (folder / "src" / "__pycache__").mkdir()
    (folder / "src" / "__pycache__" / "a.pyc").write_bytes(b"x")
    (folder / "src" / ".a.py.swp").write_text("x")
    assert digest(("run.sh", "src")) == before


@pytest.mark.parametrize("change", ["edited", "added", "removed", "renamed", "moved"])
def test_any_change_of_content_or_name_counts(folder, digest, change):
    before = digest()
    path = folder / "src" / "a.py"
    if change == "edited":
        path.write_text("a = 2\n")
    elif change == "added":
        (folder / "src" / "empty").touch()
    elif change == "removed":
        path.unlink()
    else:
        path.rename(folder / "src" / ("c.py" if change == "renamed" else "inner/a.py"))
    assert digest() != before


def test_a_large_file_is_read_again_once_it_has_changed(folder, digest):
    path = folder / "run.sh"
    path.write_bytes(b"a" * 2_000_000)
    before = digest()
    assert digest() == before
    path.write_bytes(b"b" * 2_000_000)
    assert digest() != before


def test_what_is_not_there_or_no_file_is_named(folder, digest):
    with pytest.raises(InputError, match=r"no file or folder none.py in .*here"):
        digest(("none.py",))
    os.mkfifo(folder / "src" / "pipe")
    with pytest.raises(InputError, match="pipe is neither a file nor a folder"):
        digest()


def test_an_input_around_the_results_is_found(folder):
    assert input_around(folder, ["run.sh", "."], folder / "results") == "."
    assert input_around(folder, ["run.sh", "src"], folder / "results") is None
