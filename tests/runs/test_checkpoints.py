"""Checkpoints are used where they fit, named in the log where they do not, and never half-written.

The bytes of a run are those of its history.csv, its dynamics.csv and its model.pt.
"""

import io
import json
import logging
import os
import re
import resource
import signal
import subprocess
import sys
import zipfile
from dataclasses import replace

import pytest
import torch
from whole_runs import PROJECT

from lr_atlas.common.errors import UserError
from lr_atlas.common.fingerprint import code_digests
from lr_atlas.data.image_files import save_images
from lr_atlas.runs.checkpoints import (
    STATE,
    Origin,
    checkpoint_path,
    find_end,
    find_starts,
    finished_run,
    write_checkpoint,
)
from lr_atlas.runs.run_files import DYNAMICS, is_finished, write_run
from lr_atlas.runs.run_locks import only_one_works
from lr_atlas.runs.training_job import CheckpointKeeper, train_run
from lr_atlas.studies.run_identity import run_name

CONFIGURATION = {
    "dataset": "fashion_mnist",
    "seed": 0,
    "batch_size": 20,
    "validation": 100,
    "model": {"hidden": [16], "dropout": 0.2},
    "optimizer": {"name": "adam", "lr": 0.01},
}
ORIGIN = Origin(CONFIGURATION, {"train.py": "0123"}, {"train.npz": "4567"}, "2.0.0", "cpu")


@pytest.fixture(scope="module")
def images(tiny_arrays, tmp_path_factory):
    """The path of the tiny training images as the training job reads them."""
    path = tmp_path_factory.mktemp("images") / "train.npz"
    save_images(path, *tiny_arrays["train"])
    return path


def trained(images, epochs, *directories, origin=ORIGIN):
    return train_run(origin, epochs, [images], "cpu", directories)


def content(run, folder):
    """The bytes of history.csv, dynamics.csv and model.pt."""
    write_run(folder, run)
    return tuple((folder / name).read_bytes() for name in ("history.csv", DYNAMICS, "model.pt"))


@pytest.fixture(scope="module")
def expected(images, tmp_path_factory):
    """The bytes of five epochs that nothing interrupted."""
    return content(trained(images, 5), tmp_path_factory.mktemp("whole"))


def test_a_run_of_a_version_that_recorded_no_dynamics_is_finished_all_the_same(images, tmp_path):
    folder, kept = tmp_path / "run", tmp_path / "kept"
    trained(images, 2, kept)
    (path,) = kept.glob("*/*/*.zip")
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    state = json.loads(files[STATE])
    del state["progress"]["dynamics"]
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in {**files, STATE: json.dumps(state).encode()}.items():
            archive.writestr(name, text)
    end = find_end([kept], ORIGIN, 2, any_torch=True)
    write_run(folder, finished_run(end, 2))
    assert (folder / DYNAMICS).read_text().count("\n") == 1
    (folder / DYNAMICS).unlink()
    assert is_finished(folder, [path.name for path in folder.glob("code-*")])


def test_a_longer_run_goes_on_from_the_end_of_a_shorter_one(images, expected, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    trained(images, 3, tmp_path / "kept")
    run = trained(images, 5, tmp_path / "kept")
    assert content(run, tmp_path / "run") == expected
    assert "going on after 3 of 5 epochs" in caplog.text
    assert caplog.text.count("epoch 4/5") == 1
    assert "epoch 3/5" not in caplog.text


def test_a_shorter_run_is_trained_anew_and_harms_no_longer_one(images, expected, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    trained(images, 5, tmp_path / "kept")
    short = trained(images, 3, tmp_path / "kept")
    assert "going on" not in caplog.text
    assert content(short, tmp_path / "short")[0] == b"".join(expected[0].splitlines(True)[:4])
    assert content(trained(images, 3), tmp_path / "again") == content(short, tmp_path / "short")
    assert find_end([tmp_path / "kept"], ORIGIN, 5, any_torch=False).reached == 5


def test_a_run_that_is_shortened_while_it_is_trained_keeps_what_it_has(images, tmp_path):
    keep_after(images, 2, of=9, directory=tmp_path / "kept")
    (start,) = find_starts([tmp_path / "kept"], ORIGIN, 5)
    assert start.reached == 2
    assert find_starts([tmp_path / "kept"], ORIGIN, 1) == []


def keep_after(images, epochs, of, directory):
    """Train `of` epochs and stop, as on SIGTERM, after `epochs`."""

    class Stopping(CheckpointKeeper):
        def after_piece(self):
            progress = self.trainer.progress
            if len(progress.records) == epochs and not progress.images:
                self.signal = signal.SIGTERM
            super().after_piece()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lr_atlas.runs.training_job.CheckpointKeeper", Stopping)
        with pytest.raises(SystemExit) as stopped:
            trained(images, of, directory)
    assert stopped.value.code == 128 + signal.SIGTERM


def test_a_run_that_is_told_to_stop_goes_on_where_it_was(images, expected, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    keep_after(images, 2, of=5, directory=tmp_path / "kept")
    assert find_end([tmp_path / "kept"], ORIGIN, 2, any_torch=True) is None
    run = trained(images, 5, tmp_path / "kept")
    assert "going on after 2 of 5 epochs" in caplog.text
    assert content(run, tmp_path / "run") == expected
    assert [part["from_epoch"] for part in run.description["trained_in"]] == [1, 3]


def rewritten(path, change):
    """Write the archive anew with its state.json changed by a function of it."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    state = json.loads(members[STATE])
    change(state)
    members[STATE] = json.dumps(state)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content_ in members.items():
            archive.writestr(name, content_)


def without_optimizer(path):
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content_ in members.items():
            if name != "optimizer.pt":
                archive.writestr(name, content_)


def with_one_bit_flipped(path):
    damaged = bytearray(path.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    path.write_bytes(damaged)


class Dangerous:
    """Make a folder when it is unpickled, as a pickle can do anything to whoever loads it."""

    def __reduce__(self):
        return os.mkdir, ("made by a pickle",)


def with_code_to_run(path):
    buffer = io.BytesIO()
    torch.save({"optimizer": Dangerous(), "generator": 0}, buffer)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["optimizer.pt"] = buffer.getvalue()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content_ in members.items():
            archive.writestr(name, content_)


def with_compressed_tensors(path):
    """A few kilobytes that unpack to as many bytes as somebody likes."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(members["optimizer.pt"])) as plain,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed,
    ):
        for name in plain.namelist():
            packed.writestr(name, plain.read(name))
    with zipfile.ZipFile(path, "w") as archive:
        for name, content_ in (members | {"optimizer.pt": buffer.getvalue()}).items():
            archive.writestr(name, content_)


DAMAGES = {
    "truncated": (lambda path: path.write_bytes(path.read_bytes()[:-1000]), "damaged"),
    "empty": (lambda path: path.write_bytes(b""), "damaged"),
    "garbage": (lambda path: path.write_bytes(os.urandom(5000)), "damaged"),
    "another archive": (lambda path: zipfile.ZipFile(path, "w").close(), "damaged"),
    "a state that is none": (
        lambda path: rewritten(path, lambda state: state.pop("progress")),
        "damaged",
    ),
    "a member missing": (without_optimizer, "damaged"),
    "one bit flipped": (with_one_bit_flipped, "cannot be restored"),
    "code to run": (with_code_to_run, "cannot be restored"),
    "tensors compressed": (with_compressed_tensors, "its tensors are compressed"),
    "another format": (
        lambda path: rewritten(path, lambda state: state["origin"].update(format=0)),
        "another version of this project",
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_checkpoint_is_named_and_not_used(
    damage, images, expected, tmp_path, caplog, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    keep_after(images, 3, of=5, directory=tmp_path / "kept")
    path = checkpoint_path(tmp_path / "kept", ORIGIN, 5)
    change, words = DAMAGES[damage]
    change(path)
    caplog.clear()
    run = trained(images, 5, tmp_path / "kept")
    assert f"not used: {path}" in caplog.text
    assert words in caplog.text
    assert "going on" not in caplog.text
    assert content(run, tmp_path / "run") == expected
    assert not (tmp_path / "made by a pickle").exists()
    # The checkpoint that could not be used has been replaced.
    assert find_end([tmp_path / "kept"], ORIGIN, 5, any_torch=False).path == path


def test_the_end_of_a_run_is_not_taken_from_a_damaged_checkpoint(
    images, expected, tmp_path, caplog
):
    trained(images, 5, tmp_path / "kept")
    path = checkpoint_path(tmp_path / "kept", ORIGIN, 5)
    with_one_bit_flipped(path)
    assert find_end([tmp_path / "kept"], ORIGIN, 5, any_torch=True) is None
    assert f"not used: {path}" in caplog.text
    assert content(trained(images, 5, tmp_path / "kept"), tmp_path / "run") == expected
    assert find_end([tmp_path / "kept"], ORIGIN, 5, any_torch=True).path == path


@pytest.fixture
def small(images, tmp_path):
    """The path of a checkpoint at the end of one epoch, with a few bytes in place of tensors."""
    run = trained(images, 1, tmp_path / "trained")
    end = find_end([tmp_path / "trained"], ORIGIN, 1, any_torch=False)
    path = checkpoint_path(tmp_path / "kept", ORIGIN, 1)
    tensors = {"model.pt": b"the weights", "optimizer.pt": b"the rest"}
    write_checkpoint(path, ORIGIN, end.progress, end.parts, tensors, description=run.description)
    return path


def places_beside_contents(path):
    """The positions of all bytes of an archive that are in none of its files."""
    places = set(range(path.stat().st_size))
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            start = info.header_offset + 30 + len(info.filename)  # the header before each file
            places -= set(range(start, start + info.compress_size))
    return sorted(places)


def test_a_bit_flipped_anywhere_in_the_headers_is_damage_or_changes_nothing(small, caplog):
    intact, directories = small.read_bytes(), [small.parents[2]]
    run = finished_run(find_end(directories, ORIGIN, 1, any_torch=True), 1)
    used = 0
    for place in places_beside_contents(small):
        for bit in range(8):
            damaged = bytearray(intact)
            damaged[place] ^= 1 << bit
            small.write_bytes(damaged)
            caplog.clear()
            end = find_end(directories, ORIGIN, 1, any_torch=True)
            find_starts(directories, ORIGIN, 2)
            if end:
                assert finished_run(end, 1) == run, (place, bit)
                used += 1
            else:
                assert f"not used: {small}: " in caplog.text
    assert used > 0  # times of files and the like


def places_in(value, place=()):
    """The way to every value in dictionaries and lists within each other, from the top."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for key, part in inner:
        yield (*place, key)
        if isinstance(part, dict | list):
            yield from places_in(part, (*place, key))


@pytest.mark.parametrize(
    "change",
    [
        lambda holder, key: holder.pop(key),
        *(lambda holder, key, o=o: holder.__setitem__(key, o) for o in (None, "?", 1, [], {}, [7])),
        lambda holder, key: holder.update(more=1) if isinstance(holder, dict) else None,
    ],
    ids=["missing", "null", "text", "number", "list", "mapping", "list of one", "more"],
)
def test_an_archive_that_is_whole_may_still_hold_anything(change, small, tmp_path, caplog):
    """Its state lacks a key, or has a value of another type: nothing but "damaged" comes of it."""
    intact, directories = small.read_bytes(), [small.parents[2]]
    with zipfile.ZipFile(small) as archive:
        places = list(places_in(json.loads(archive.read(STATE))))
    refused = 0

    for place in places:

        def change_there(state, place=place):
            for key in place[:-1]:
                state = state[key]
            change(state, place[-1])

        small.write_bytes(intact)
        rewritten(small, change_there)
        caplog.clear()
        end = find_end(directories, ORIGIN, 1, any_torch=True)
        refused += "it is damaged" in caplog.text
        find_starts(directories, ORIGIN, 2)
        if end:
            write_run(tmp_path / "run", finished_run(end, 1))
    assert refused > 0


def test_torch_never_loads_anything_but_weights():
    for path in (PROJECT / "scripts").rglob("*.py"):
        for call in re.findall(r"torch\.load\((.*)\)", path.read_text()):
            assert "weights_only=True" in call, path


FOREIGN = {
    "code": (
        {"code": {"train.py": "89ab", "lr_atlas/training/loop.py": "cdef"}},
        "other code: lr_atlas/training/loop.py, train.py changed",
    ),
    "torch": ({"torch": "1.0.0"}, "another torch: 1.0.0, here 2.0.0"),
    "device": ({"device": "cuda (H)"}, "another device: cuda (H), here cpu"),
    "data": ({"data": {"train.npz": "cdef"}}, "other images"),
}


@pytest.mark.parametrize("key", FOREIGN)
def test_a_checkpoint_of_another_origin_is_named_and_not_used(
    key, images, expected, tmp_path, caplog
):
    caplog.set_level(logging.INFO)
    keep_after(images, 3, of=5, directory=tmp_path / "kept")
    change, words = FOREIGN[key]
    old = checkpoint_path(tmp_path / "kept", ORIGIN, 5)
    rewritten(old, lambda state: state["origin"].update(change))
    caplog.clear()
    run = trained(images, 5, tmp_path / "kept")
    assert f"not used: {old}: it is from {words}" in caplog.text
    assert content(run, tmp_path / "run") == expected


def test_a_checkpoint_under_the_name_of_another_run_is_not_used(images, expected, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    other = replace(ORIGIN, configuration={**CONFIGURATION, "seed": 7})
    trained(images, 3, tmp_path / "kept", origin=other)
    (tmp_path / "kept" / run_name(other.configuration)).rename(
        tmp_path / "kept" / run_name(CONFIGURATION)
    )
    assert find_end([tmp_path / "kept"], ORIGIN, 3, any_torch=True) is None
    assert content(trained(images, 5, tmp_path / "kept"), tmp_path / "run") == expected
    assert "it is from another configuration" in caplog.text


def test_the_end_of_a_run_counts_with_another_torch_only_if_asked_for(images, tmp_path):
    trained(images, 3, tmp_path, origin=replace(ORIGIN, torch="1.0.0"))
    assert find_end([tmp_path], ORIGIN, 3, any_torch=False) is None
    assert find_end([tmp_path], ORIGIN, 3, any_torch=True).origin["torch"] == "1.0.0"
    trained(images, 3, tmp_path)
    assert find_end([tmp_path], ORIGIN, 3, any_torch=True).origin["torch"] == "2.0.0"


def test_a_run_that_diverged_ends_there_for_every_number_of_epochs_beyond(images, tmp_path):
    wild = {**CONFIGURATION, "optimizer": {"name": "sgd", "lr": 0.01, "maximize": True}}
    origin = replace(ORIGIN, configuration=wild)
    epoch = trained(images, 9, tmp_path, origin=origin).description["diverged_epoch"]
    assert epoch > 1
    assert find_end([tmp_path], origin, 30, any_torch=False) is not None
    assert find_end([tmp_path], origin, epoch, any_torch=False) is not None
    assert find_end([tmp_path], origin, epoch - 1, any_torch=False) is None
    assert find_starts([tmp_path], origin, epoch - 1) == []


def test_new_folders_of_a_shared_cache_are_as_open_as_the_cache(images, tmp_path):
    tmp_path.chmod(0o2775)
    trained(images, 1, tmp_path)
    folders = [path for path in tmp_path.rglob("*") if path.is_dir()]
    assert len(folders) == 2
    assert {folder.stat().st_mode & 0o7777 for folder in folders} == {0o2775}


def test_a_checkpoint_that_may_not_be_written_says_what_to_do(monkeypatch, tmp_path):
    def refused(*_arguments, **_more):
        raise PermissionError(13, "Permission denied", str(tmp_path))

    monkeypatch.setattr("lr_atlas.runs.run_locks.make_folder", refused)
    with (
        pytest.raises(UserError, match=r"no checkpoint can be kept.*chmod -R g\+w"),
        only_one_works(tmp_path, "a run"),
    ):
        pass


# The job as a whole


def command(images, folder, epochs=3, **changes):
    """The command line of a training job that keeps checkpoints in `folder`."""
    configuration = json.dumps({**CONFIGURATION, **changes})
    return [
        *(sys.executable, str(PROJECT / "scripts" / "train.py"), "--epochs", str(epochs)),
        *("--configuration", configuration, "--training-images", str(images)),
        *("--checkpoints", str(folder / "kept"), "--output-directory", str(folder / "run")),
    ]


def files(folder):
    """The names in a folder that are no stamp."""
    return {path.name for path in folder.iterdir() if not path.name.startswith("code-")}


def test_a_finished_run_is_copied_without_torch(images, tmp_path):
    subprocess.run(command(images, tmp_path), check=True, capture_output=True)
    first = {name: (tmp_path / "run" / name).read_bytes() for name in files(tmp_path / "run")}
    (tmp_path / "run").rename(tmp_path / "away")
    guard = tmp_path / "guard"
    guard.mkdir()
    (guard / "torch.py").write_text("raise ImportError('not needed here')")
    process = subprocess.run(
        command(images, tmp_path),
        env={**os.environ, "PYTHONPATH": str(guard)},
        capture_output=True,
        text=True,
    )
    assert process.returncode == 0, process.stderr
    assert "nothing to train: taken from" in process.stderr
    again = {name: (tmp_path / "run" / name).read_bytes() for name in files(tmp_path / "run")}
    assert again == first


def test_code_that_was_edited_since_the_start_is_refused_by_name(images, tmp_path):
    digests = code_digests(PROJECT / "scripts" / "train.py")
    digests["lr_atlas/training/network.py"] = "0" * 12
    as_it_was = tmp_path / "started.json"
    as_it_was.write_text(json.dumps({"start": None, "code": {"train.py": digests}}))
    process = subprocess.run(
        [*command(images, tmp_path), "--started", as_it_was], capture_output=True, text=True
    )
    assert process.returncode == 1
    assert "edited after Snakemake had started: lr_atlas/training/network.py." in process.stderr
    assert "Traceback" not in process.stderr
    assert list(tmp_path.iterdir()) == [as_it_was]


def test_a_full_disk_ends_in_one_message_and_goes_on_once_there_is_space(images, tmp_path):
    """With a limit on the size of files that the weights fit in and their optimizer's state not."""
    whole = tmp_path / "whole"
    whole.mkdir()
    subprocess.run(command(images, whole, epochs=40), check=True, capture_output=True)

    def limited():
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    process = subprocess.run(
        command(images, tmp_path, epochs=40), preexec_fn=limited, capture_output=True, text=True
    )
    assert process.returncode == 1
    assert "File too large" in process.stderr
    assert "make space and start again" in process.stderr
    assert "Traceback" not in process.stderr
    assert not (tmp_path / "run").exists()
    left = [path for path in (tmp_path / "kept").rglob("*") if path.is_file()]
    assert [path.name for path in left] == ["lock"]
    subprocess.run(command(images, tmp_path, epochs=40), check=True, capture_output=True)
    for name in ("history.csv", "model.pt"):
        assert (tmp_path / "run" / name).read_bytes() == (whole / "run" / name).read_bytes()


def test_two_processes_that_want_one_run_train_it_once_and_write_it_one_after_the_other(
    images, tmp_path
):
    subprocess.run(command(images, tmp_path / "alone", epochs=60), check=True, capture_output=True)
    both = [
        subprocess.Popen(command(images, tmp_path, epochs=60), stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    logs = sorted((process.communicate()[1] for process in both), key=len)
    assert [process.returncode for process in both] == [0, 0]
    assert "nothing to train: taken from" in logs[0]
    assert "epoch 60/60" in logs[1]
    for name in ("history.csv", "model.pt"):
        alone = (tmp_path / "alone" / "run" / name).read_bytes()
        assert (tmp_path / "run" / name).read_bytes() == alone
    assert not list((tmp_path / "run").glob(".*"))
