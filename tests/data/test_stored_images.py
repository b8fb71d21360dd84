"""Images in results/data are held against the name of their folder whenever they are read."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from whole_runs import TINY_DATA, executed, output, plan, run_folders, snakemake, statuses

import prepare_data
from lr_atlas.common.errors import UserError
from lr_atlas.data.datasets import inspect_folder
from lr_atlas.data.image_files import load_images, save_images
from lr_atlas.data.stored_images import check_images, idx_digests, not_as_named
from lr_atlas.runs.training_job import image_sets
from lr_atlas.tables.evaluation import answer_all

CONTENTS = inspect_folder(TINY_DATA)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data") / f"fashion_mnist-{CONTENTS.digest[:12]}"
    prepare_data.main("fashion_mnist", folder, str(TINY_DATA), CONTENTS.digest)
    return folder


@pytest.fixture
def folder(prepared, tmp_path):
    return shutil.copytree(prepared, tmp_path / prepared.name)


def relabel(folder, name="train.npz"):
    """Put other labels, all of them valid, under the same name."""
    images, labels = load_images(folder / name)
    save_images(folder / name, images, (labels + 1) % 10)


def flip_a_byte(folder, name="train.npz"):
    path = folder / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def cut_off(folder):
    path = folder / "train.npz"
    path.write_bytes(path.read_bytes()[:-1000])


def empty(folder):
    (folder / "train.npz").write_bytes(b"")


def swap(folder):
    shutil.copy(folder / "test.npz", folder / "train.npz")


def forge(folder):
    """Other data altogether, with a source.json that is true of it."""
    for name in ("train.npz", "test.npz"):
        relabel(folder, name)
    digests = [each for name in ("train.npz", "test.npz") for each in idx_digests(folder / name)]
    (folder / "source.json").write_text(json.dumps({"files": dict(enumerate(digests))}))


def numbers(folder):
    images, labels = load_images(folder / "train.npz")
    np.savez(folder / "train.npz", images=images.astype(float), labels=labels)


CHANGES = {
    "other labels": (relabel, "its labels are others"),
    "a flipped byte": (flip_a_byte, "it cannot be read: Bad CRC-32"),
    "cut off": (cut_off, "it cannot be read"),
    "empty": (empty, "it cannot be read"),
    "the test images": (swap, "its images are others"),
    "other data": (forge, f"its digest is not {CONTENTS.digest[:12]}"),
    "other numbers": (numbers, "it holds no bytes in rows"),
}


def test_the_digests_of_the_idx_files_come_back_from_the_images(folder):
    found = [each for name in ("train.npz", "test.npz") for each in idx_digests(folder / name)]
    assert tuple(found) == CONTENTS.file_digests
    assert not_as_named(folder) == []


@pytest.mark.parametrize(("change", "reason"), CHANGES.values(), ids=CHANGES)
def test_a_file_that_was_changed_or_damaged_is_named_with_what_to_do(change, reason, folder):
    change(folder)
    path = folder / "train.npz"
    assert path in not_as_named(folder)
    for read in (
        lambda: load_images(path),
        lambda: image_sets({"validation": 50}, [path], "cpu"),
        lambda: answer_all([], Path(), path, []),
    ):
        with pytest.raises(UserError) as caught:
            read()
        text = str(caught.value)
        assert f"{path} is not what the name of its folder says" in text
        assert reason in text
        assert "Start Snakemake again" in text
        assert "\n" not in text


@pytest.mark.parametrize("written", [None, "{}", "half of", '{"files": {"a": 1}}'])
def test_without_its_source_a_folder_is_known_by_all_of_its_images(folder, written):
    (folder / "source.json").unlink()
    if written:
        (folder / "source.json").write_text(written)
    assert not_as_named(folder) == []
    relabel(folder)
    assert not_as_named(folder) == [folder / "train.npz", folder / "test.npz"]


def test_training_images_need_no_test_images_to_be_checked(folder):
    (folder / "test.npz").unlink()
    assert check_images(folder / "train.npz") == ""


def test_a_damaged_file_elsewhere_is_one_message_too(tmp_path):
    (tmp_path / "train.npz").write_bytes(b"no archive")
    for name in ("train.npz", "gone.npz"):
        with pytest.raises(UserError, match=f"{name} cannot be read as images and labels"):
            load_images(tmp_path / name)


CONFIG = f"""
datasets: {{fashion_mnist: {{directory: {TINY_DATA}}}}}
studies:
  one:
    {{dataset: fashion_mnist, validation: test, batch_size: 50, epochs: 1, seeds: 2,
     model: {{hidden: []}}, optimizers: [{{name: sgd, lr: 0.1}}]}}
"""


def test_the_next_start_makes_changed_and_damaged_images_again(tmp_path):
    config, directory = tmp_path / "one.yaml", tmp_path / "here"
    config.write_text(CONFIG)
    output(snakemake("--until", "train", directory=directory, config=config))
    (data,) = (directory / "results" / "data").iterdir()
    good = {path.name: path.read_bytes() for path in data.iterdir()}
    relabel(data)
    flip_a_byte(data, "test.npz")
    folder, _ = run_folders(directory)
    history = (folder / "history.csv").read_bytes()
    for place in (folder, directory / "results" / "checkpoints" / folder.parent.name):
        shutil.rmtree(place)

    text, rows = plan(directory, config)
    assert statuses(rows) == {"new": 1, "take over": 1}, text
    process = snakemake("--until", "train", directory=directory, config=config)
    text = output(process)
    for name in ("train.npz", "test.npz"):
        assert f"{data.name}/{name}, which was changed or damaged; it is made again" in text
    assert executed(process)["data"] == 1
    assert {path.name: path.read_bytes() for path in data.iterdir()} == good
    assert (folder / "history.csv").read_bytes() == history
