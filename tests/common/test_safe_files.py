"""Things of others in a shared folder are neither followed, nor changed, nor waited for."""

import contextlib
import errno
import os
import re
import shutil
import socket
import stat
import tempfile
import zipfile
from pathlib import Path

import pytest

from lr_atlas.common.atomic import open_atomically
from lr_atlas.common.digests import file_digest
from lr_atlas.common.entry_point import ending_clearly
from lr_atlas.common.errors import UserError
from lr_atlas.common.linked_places import refuse_links
from lr_atlas.common.process_record import process_has_ended, remember_process
from lr_atlas.common.safe_files import open_to_append, read_plain, remove_folder
from lr_atlas.common.table_errors import read_json
from lr_atlas.data import stored_images
from lr_atlas.figures.captions import write_captions
from lr_atlas.report.images import read_curves
from lr_atlas.report.overview_answers import read_answer
from lr_atlas.runs.calibration import measured_epochs
from lr_atlas.runs.checkpoints import (
    Origin,
    UnreadableError,
    checkpoint_path,
    find_end,
    find_starts,
    read_checkpoint,
    write_checkpoint,
)
from lr_atlas.runs.missing_runs import read_missing
from lr_atlas.runs.progress import AskedRun, Progress
from lr_atlas.runs.run_files import FILES, FinishedRun, write_run
from lr_atlas.runs.run_folders import read_description, row_seconds
from lr_atlas.runs.run_locks import LOCK, is_worked_on, only_one_works, take_lock
from lr_atlas.runs.snakemake_records import remove_damaged
from lr_atlas.studies.grid import Plan
from lr_atlas.studies.known_configurations import known_configurations
from lr_atlas.studies.run_identity import run_name
from lr_atlas.tables.study_tables import read_mistakes, read_table
from lr_atlas.tools.prune.orphans import delete, find_orphans

CONFIGURATION = {"dataset": "mnist", "optimizer": {"name": "sgd", "lr": 0.1}, "seed": 0}
NAME = run_name(CONFIGURATION)
ORIGIN = Origin(CONFIGURATION, {"train.py": "0123"}, {"train.npz": "4567"}, "2.0.0", "cpu")
PROGRESS = {
    "records": [],
    "only_one_class": False,
    "first_loss": None,
    "first_epoch": {"pieces": [], "pending": []},
    "step": 1,
    "epochs": 0,
    "images": 100,
    "seen": 100,
    "loss_sum": 1.0,
    "correct": 7,
    "seconds": 1.0,
}
TENSORS = {"model.pt": b"the weights", "optimizer.pt": b"the rest"}


pytestmark = pytest.mark.usefixtures("never_waiting")


@pytest.fixture
def private(tmp_path):
    """A file that nobody else may read."""
    path = tmp_path / "private"
    path.write_bytes(b"secret")
    path.chmod(0o600)
    return path


@pytest.fixture
def cache(tmp_path):
    path = tmp_path / "cache"
    path.mkdir()
    path.chmod(0o2775)
    return path


def is_untouched(private):
    mode = stat.S_IMODE(private.stat().st_mode)
    return private.read_bytes() == b"secret" and mode == 0o600


def put_socket(path, _private):
    # Through the descriptor of its folder, since the path of a socket has to be short.
    folder = os.open(path.parent, os.O_RDONLY)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(f"/proc/self/fd/{folder}/{path.name}")
    os.close(folder)


PLANTED = {
    "a link": lambda path, private: path.symlink_to(private),
    "a dangling link": lambda path, private: path.symlink_to(private.with_name("new")),
    "a link to itself": lambda path, _: path.symlink_to(path.name),
    "a FIFO": lambda path, _: os.mkfifo(path),
    "a folder": lambda path, _: path.mkdir(),
    "a socket": put_socket,
}
planted = pytest.mark.parametrize("kind", PLANTED)


def keep(cache, epochs=3):
    path = checkpoint_path(cache, ORIGIN, epochs)
    write_checkpoint(path, ORIGIN, PROGRESS, [], TENSORS, description=None)
    return path


# Locks


@planted
def test_a_lock_that_is_no_plain_file_is_refused_and_nothing_is_touched(kind, cache, private):
    (cache / NAME).mkdir()
    PLANTED[kind](cache / NAME / LOCK, private)
    with pytest.raises(UserError) as error, only_one_works(cache, NAME):
        pass
    assert f"{cache / NAME / LOCK} is {kind.replace('dangling ', '')[:6]}" in str(error.value)
    assert "remove it, and start again" in str(error.value)
    assert not is_worked_on(cache, NAME)
    assert is_untouched(private)
    assert not private.with_name("new").exists()


def test_a_lock_is_as_open_as_its_folder_from_the_start_and_never_changed_later(cache):
    before = os.umask(0o077)
    try:
        with only_one_works(cache, NAME):
            assert (cache / NAME / LOCK).stat().st_mode & 0o777 == 0o664
            assert is_worked_on(cache, NAME)
        (cache / NAME / LOCK).chmod(0o640)
        with only_one_works(cache, NAME):
            assert (cache / NAME / LOCK).stat().st_mode & 0o777 == 0o640
        # A colleague can read and replace what was kept.
        assert keep(cache).stat().st_mode & 0o777 == 0o664
        # A folder that nobody shares is as private as the umask has it.
        cache.chmod(0o755)
        shutil.rmtree(cache / NAME)
        with only_one_works(cache, NAME):
            path = keep(cache)
        for made in (path, cache / NAME / LOCK):
            assert made.stat().st_mode & 0o777 == 0o600
        assert path.parent.stat().st_mode & 0o777 == 0o700
    finally:
        os.umask(before)


def test_folders_in_a_shared_cache_are_as_open_as_the_cache(cache):
    before = os.umask(0o077)
    try:
        keep(cache)
    finally:
        os.umask(before)
    folders = [path for path in cache.rglob("*") if path.is_dir()]
    assert len(folders) == 2
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in folders} == {0o2775}


def test_a_lock_that_is_a_private_file_by_another_name_is_not_changed(cache, private):
    """A hard link looks like any file: so nothing is ever written into a lock."""
    (cache / NAME).mkdir()
    (cache / NAME / LOCK).hardlink_to(private)
    with only_one_works(cache, NAME):
        assert is_untouched(private)
    assert is_untouched(private)


def test_asking_for_a_lock_makes_none(cache):
    (cache / NAME).mkdir()
    with contextlib.ExitStack() as stack:
        assert take_lock(cache, NAME, stack)
    assert not is_worked_on(cache, NAME)
    assert list((cache / NAME).iterdir()) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be two users")
@pytest.mark.parametrize(("mode", "is_refused"), [(0o666, False), (0o644, False), (0o600, True)])
def test_the_lock_of_someone_else_is_taken_if_it_may_be_opened(mode, is_refused, request):
    # Not below pytest's own folder, which nobody else may enter.
    cache = Path(tempfile.mkdtemp())
    request.addfinalizer(lambda: shutil.rmtree(cache))
    cache.chmod(0o1777)
    with only_one_works(cache, NAME):
        pass
    (cache / NAME / LOCK).chmod(mode)
    os.seteuid(65534)
    try:
        with contextlib.ExitStack() as stack:
            if is_refused:
                stack.enter_context(pytest.raises(UserError, match=f"{LOCK}'.*Make that writable"))
            stack.enter_context(only_one_works(cache, NAME))
            assert not is_refused
    finally:
        os.seteuid(0)
    assert (cache / NAME / LOCK).stat().st_mode & 0o777 == mode


# Checkpoints


@pytest.mark.parametrize("linked", ["run", "origin"])
def test_no_link_below_the_cache_is_followed_to_another_folder(linked, cache, tmp_path, caplog):
    elsewhere = tmp_path / "elsewhere"
    path = checkpoint_path(elsewhere, ORIGIN, 3)
    keep(elsewhere)
    left = path.with_name(".epochs-3.zip.1.unfinished")
    left.write_bytes(b"of someone else")
    os.utime(left, (0, 0))
    link = cache / NAME if linked == "run" else cache / NAME / path.parent.name
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(path.parents[1] if linked == "run" else path.parent)
    before = {each: each.stat().st_mtime_ns for each in elsewhere.rglob("*")}
    with pytest.raises(UserError, match=f"{link} is a link where a folder belongs"):
        keep(cache)
    if linked == "run":
        with pytest.raises(UserError, match="is a link"), only_one_works(cache, NAME):
            pass
    else:
        with only_one_works(cache, NAME):
            pass
    assert find_starts([cache], ORIGIN, 5) == []
    assert "links are not followed there" in caplog.text
    assert {each: each.stat().st_mtime_ns for each in elsewhere.rglob("*")} == before


def test_a_cache_that_is_itself_behind_a_link_works(cache, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(cache.name)
    with only_one_works(link, NAME):
        keep(link)
    assert [found.path for found in find_starts([link], ORIGIN, 5)] == [
        checkpoint_path(link, ORIGIN, 3)
    ]
    assert checkpoint_path(cache, ORIGIN, 3).is_file()


@planted
def test_what_is_no_plain_file_is_no_checkpoint_and_gives_way_to_one(kind, cache, private, caplog):
    path = checkpoint_path(cache, ORIGIN, 9)
    path.parent.mkdir(parents=True)
    PLANTED[kind](path, private)
    with pytest.raises(ValueError, match=" is a") as error:
        read_checkpoint(path)
    assert not isinstance(error.value, UnreadableError)
    assert find_end([cache], ORIGIN, 9, any_torch=True) is None
    assert f"not used: {path}" in caplog.text
    if kind == "a folder":
        with pytest.raises(OSError, match="directory") as error:
            keep(cache, 9)
        assert error.value.filename == str(path)
    else:
        keep(cache, 9)
        assert path.is_file()
        assert not path.is_symlink()
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    assert is_untouched(private)
    assert not private.with_name("new").exists()


def test_a_checkpoint_that_a_link_names_is_not_taken(cache, tmp_path):
    """Not even a right one: who can put links there can exchange what they point to."""
    kept = keep(tmp_path / "elsewhere")
    path = checkpoint_path(cache, ORIGIN, 3)
    path.parent.mkdir(parents=True)
    path.symlink_to(kept)
    assert find_starts([cache], ORIGIN, 5) == []


def test_an_archive_that_would_unpack_to_more_than_it_is_counts_as_damaged(cache):
    path = keep(cache)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["model.pt"] = bytes(10**7)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    with pytest.raises(ValueError, match="damaged"):
        read_checkpoint(path)


def test_what_is_new_and_unfinished_is_left_to_a_job_on_another_machine(cache):
    folder = keep(cache).parent
    for name, age in (("new", None), ("old", (0, 0))):
        path = folder / f".{name}.zip.0.unfinished"
        path.touch()
        if age:
            os.utime(path, age)
    with only_one_works(cache, NAME):
        pass
    assert [path.name for path in folder.glob(".*")] == [".new.zip.0.unfinished"]


# Files that are complete or not there


def test_nothing_is_written_through_a_link_of_a_name_that_was_guessed(tmp_path, private):
    path = tmp_path / "history.csv"
    for name in (f".history.csv.{os.getpid()}.unfinished", ".history.csv.unfinished"):
        (tmp_path / name).symlink_to(private)
    path.symlink_to(private)
    with open_atomically(path) as file:
        file.write(b"rows")
        (hidden,) = set(tmp_path.glob(".history.csv.*.unfinished")) - {
            tmp_path / f".history.csv.{os.getpid()}.unfinished"
        }
        assert len(hidden.name) > len(".history.csv.unfinished") + 16
    assert not path.is_symlink()
    assert path.read_bytes() == b"rows"
    assert is_untouched(private)


def test_two_processes_of_one_number_write_one_file_complete_each(tmp_path, monkeypatch):
    """Two containers on one file system, where locks do not reach from one to the other."""
    monkeypatch.setattr(os, "getpid", lambda: 1)
    path = tmp_path / "history.csv"
    with open_atomically(path) as first:
        first.write(b"1,2,3\n" * 3)
        with open_atomically(path) as second:
            second.write(b"1,2\n")
            second.flush()
            first.flush()
        assert path.read_bytes() == b"1,2\n"
        first.write(b"4\n")
    assert path.read_bytes() == b"1,2,3\n" * 3 + b"4\n"
    assert [each.name for each in tmp_path.iterdir()] == ["history.csv"]


def test_an_error_in_writing_names_the_file_and_leaves_the_old_one(tmp_path):
    path = tmp_path / "a" / "history.csv"
    with pytest.raises(FileNotFoundError) as error, open_atomically(path):
        pass
    assert error.value.filename == str(path)
    path.parent.mkdir()
    path.write_bytes(b"old")

    def write_in_vain():
        with open_atomically(path) as file:
            file.write(b"new")
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space") as error:
        write_in_vain()
    assert error.value.filename == str(path)
    assert path.read_bytes() == b"old"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            OSError(errno.EIO, "Input/output error", "/kept/x.zip"),
            "/kept/x.zip: Input/output error",
        ),
        (OSError(errno.EROFS, "Read-only file system", "/kept"), "/kept: Read-only file system"),
        (OSError(errno.EMFILE, "Too many open files"), "the system: Too many open files"),
        (OSError(errno.ENOSPC, "No space left", "/kept"), "to /kept: No space left.*make space"),
        (MemoryError("Unable to allocate 6 GiB"), "not enough memory here: Unable to allocate"),
    ],
)
def test_what_the_system_refuses_ends_a_job_with_one_message(error, said, caplog):
    with pytest.raises(SystemExit) as end, ending_clearly():
        raise error
    assert end.value.code == 1
    (record,) = caplog.records
    assert re.search(said, record.message)
    assert not record.exc_info


def test_an_error_that_is_no_answer_of_the_system_keeps_its_traceback():
    with pytest.raises(OSError, match="of a library"), ending_clearly():
        raise OSError("an error of a library")


# Folders of runs, logs, what is deleted

RUN = FinishedRun([], b"weights", {"run": NAME, "code": {}, "versions": {"torch": "2.0.0"}})


@pytest.mark.parametrize("linked", [NAME, f"{NAME}/epochs-3"])
def test_no_run_is_written_into_a_folder_behind_a_link(linked, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "epochs-3").mkdir(parents=True)
    (elsewhere / "epochs-3" / "code-0").touch()
    link = tmp_path / "runs" / linked
    link.parent.mkdir(parents=True)
    link.symlink_to(elsewhere / "epochs-3" if linked.endswith("3") else elsewhere)
    with pytest.raises(UserError, match=f"{link} is a link where a folder belongs"):
        write_run(tmp_path / "runs" / NAME / "epochs-3", RUN)
    assert [path.name for path in elsewhere.rglob("*")] == ["epochs-3", "code-0"]


def test_results_behind_links_of_the_user_are_written_to(tmp_path):
    (tmp_path / "scratch").mkdir()
    (tmp_path / "runs").symlink_to("scratch")
    write_run(tmp_path / "runs" / NAME / "epochs-3", RUN)
    written = {path.name for path in (tmp_path / "scratch" / NAME / "epochs-3").iterdir()}
    assert written > set(FILES)
    assert len([name for name in written if name.startswith("code-")]) == 2
    (tmp_path / "by hand").symlink_to("scratch")
    write_run(tmp_path / "by hand", RUN)
    assert (tmp_path / "scratch" / "run.json").is_file()


def test_files_of_a_run_take_the_place_of_links(tmp_path, private):
    folder = tmp_path / NAME / "epochs-3"
    folder.mkdir(parents=True)
    for name in (*FILES, "code-0", "code-0-torch-2.0.0"):
        (folder / name).symlink_to(private)
    times = private.stat().st_mtime_ns
    write_run(folder, RUN)
    assert not any(path.is_symlink() for path in folder.iterdir())
    assert is_untouched(private)
    assert private.stat().st_mtime_ns == times


@planted
def test_a_log_is_appended_to_a_plain_file_alone(kind, tmp_path, private):
    path = tmp_path / "run" / "epochs-3.packed.log"
    with open_to_append(path) as file:
        file.write(b"one\n")
    with open_to_append(path) as file:
        file.write(b"two\n")
    assert path.read_bytes() == b"one\ntwo\n"
    path.unlink()
    PLANTED[kind](path, private)
    with pytest.raises(UserError, match=f"{path} is a"):
        open_to_append(path)
    assert is_untouched(private)
    assert not private.with_name("new").exists()


def test_a_log_that_has_another_name_elsewhere_is_begun_anew(tmp_path, private):
    path = tmp_path / "run" / "epochs-3.packed.log"
    path.parent.mkdir()
    path.hardlink_to(private)
    with open_to_append(path) as file:
        file.write(b"one\n")
    assert path.read_bytes() == b"one\n"
    assert is_untouched(private)


def test_a_folder_behind_a_link_is_not_removed(tmp_path):
    (tmp_path / "elsewhere" / "epochs-3").mkdir(parents=True)
    (tmp_path / "trained").mkdir()
    (tmp_path / "trained" / NAME).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UserError, match="is a link"):
        remove_folder(tmp_path / "trained", NAME, "epochs-3")
    (tmp_path / "trained" / NAME).unlink()
    (tmp_path / "trained" / NAME / "epochs-3" / "in it").mkdir(parents=True)
    remove_folder(tmp_path / "trained", NAME, "epochs-3")
    assert list((tmp_path / "trained" / NAME).iterdir()) == []
    assert (tmp_path / "elsewhere" / "epochs-3").is_dir()


@planted
def test_what_is_no_plain_file_is_pruned_without_waiting_and_without_harm(kind, tmp_path, private):
    """As checkpoint and as lock of a run by other code, or none."""
    results = tmp_path / "results"
    checkpoints = results / "checkpoints"
    path = checkpoint_path(checkpoints, ORIGIN, 9)
    path.parent.mkdir(parents=True)
    PLANTED[kind](path, private)
    if kind != "a folder":  # which keeps the run's folder there
        PLANTED[kind](checkpoints / NAME / LOCK, private)
    (orphan,) = find_orphans(results, {NAME: {9}}, [{"train.py": "0123"}])[0]
    assert delete(orphan, [checkpoints])
    assert not path.parents[1].exists()
    assert is_untouched(private)


@pytest.mark.parametrize("kind", [kind for kind in PLANTED if kind != "a link"])
def test_what_is_no_plain_file_is_read_as_if_it_were_not_there(kind, tmp_path, private):
    for name in ("run.json", "timing.csv", "train.npz"):
        PLANTED[kind](tmp_path / name, private)
    assert read_description(tmp_path) == {}
    assert row_seconds(tmp_path) == []
    with pytest.raises((OSError, UserError)):
        file_digest(tmp_path / "train.npz")


def look_at_log(path):
    progress = Progress(clock=lambda: 0.0)
    progress.ask_for([AskedRun(("a", 3), "a", 0, 1.0, path, ())])
    progress.job_begins(1, [("a", 3)], in_one_log=False)
    assert progress.snapshot().epochs == 0


#: Files of the results and of a workflow's own doings, by what reads them.
READ = {
    "source.json": lambda path: stored_images._digests_in_source(path.parent),
    ".snakemake/metadata/x": lambda path: remove_damaged(path.parent),
    ".snakemake/lr-atlas/configurations.json": lambda path: known_configurations(path.parents[2]),
    "calibration.json": lambda path: measured_epochs({}, {}, {}, path),
    "missing.json": lambda path: read_missing(path, Plan("a", (), ())),
    "selection.json": read_json,
    "answer.json": lambda path: read_answer(path.parent),
    "runs.parquet": read_table,
    "summary.csv": read_table,
    "mistakes.npz": read_mistakes,
    "a.svg": lambda path: read_curves(path.parent, {"a": "A"}),
    "a.log": look_at_log,
}


@pytest.mark.parametrize("kind", [kind for kind in PLANTED if kind != "a link"])
@pytest.mark.parametrize("name", READ)
def test_no_file_of_the_results_or_of_a_start_is_waited_for(name, kind, tmp_path, private):
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    PLANTED[kind](path, private)
    with contextlib.suppress(UserError):
        READ[name](path)


def test_captions_are_not_written_through_links(tmp_path, private):
    (tmp_path / "sensitivity.rst").symlink_to(private)
    write_captions(tmp_path)
    assert is_untouched(private)
    before = (tmp_path / "sensitivity.rst").stat().st_ino
    write_captions(tmp_path)
    assert (tmp_path / "sensitivity.rst").stat().st_ino == before


def test_a_device_is_not_read():
    with pytest.raises(UserError, match=r"/dev/zero is a device where a plain file belongs"):
        read_plain(Path("/dev/zero"))


@planted
def test_no_process_is_remembered_through_a_link_or_asked_for_at_a_fifo(kind, tmp_path, private):
    path = tmp_path / "process.json"
    PLANTED[kind](path, private)
    (tmp_path / f".{path.name}.{os.getpid()}").symlink_to(private)
    assert not process_has_ended(path)
    remember_process(path)
    assert is_untouched(private)
    assert not private.with_name("new").exists()


@pytest.mark.parametrize(
    "place",
    [
        *("runs/{}", "runs/{}/epochs-3", "trained/{}", "logs/train/{}"),
        *("logs/train/{}/epochs-3.packed.log", "benchmarks/train/{}/epochs-3.tsv"),
    ],
)
def test_no_run_is_trained_whose_files_snakemake_would_remove_behind_a_link(place, tmp_path):
    refuse_links(tmp_path, [(NAME, 3)])
    link = tmp_path / place.format(NAME)
    link.parent.mkdir(parents=True)
    link.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UserError, match=f"{link} is a link where a f.* belongs"):
        refuse_links(tmp_path, [("another", 3), (NAME, 3)])
    refuse_links(tmp_path, [("another", 3)])
