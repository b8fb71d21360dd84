"""Data sets of the catalogue, by torchvision's own classes, from scikit-learn, and generated."""

import dataclasses
import hashlib
import json
import pickle
import struct
import sys

import numpy as np
import pytest
from whole_runs import PROJECT

from lr_atlas.common.errors import UserError
from lr_atlas.data.data_folders import DataError
from lr_atlas.data.data_sources import import_torchvision
from lr_atlas.data.datasets import DATASETS
from lr_atlas.data.image_files import load_images
from lr_atlas.data.stored_form import form_of
from lr_atlas.studies.atlas import load_atlas

sys.path.insert(0, str(PROJECT / "scripts"))
import prepare_data

RANDOM = np.random.default_rng(0)


def atlas_of(tmp_path, name, datasets="{}"):
    path = tmp_path / "config.yaml"
    study = f"dataset: {name}, validation: 0.5, batch_size: 2, optimizers: [{{name: sgd}}]"
    path.write_text(f"datasets: {datasets}\nstudies: {{a: {{{study}}}}}\n")
    return load_atlas([path])


def prepared(tmp_path, name, directory=None):
    """The folder that the data job makes, as the workflow calls it."""
    datasets = f"{{{name}: {{directory: {directory}}}}}" if directory else "{}"
    source = atlas_of(tmp_path, name, datasets).data[name]
    folder = tmp_path / "data" / source.folder
    prepare_data.main(name, folder, digest=source.digest, source=json.dumps(source.own))
    assert form_of(folder) == source.form
    sizes = [len(load_images(folder / f"{part}.npz")[1]) for part in ("train", "test")]
    assert sizes == [source.training_images, source.test_images]
    return folder


def small(monkeypatch, name, counts):
    """Let a published set be that small."""
    monkeypatch.setitem(DATASETS, name, dataclasses.replace(DATASETS[name], counts=counts))


@pytest.mark.parametrize("name", ["digits", "iris", "wine", "breast_cancer", "diabetes", "mnist1d"])
def test_small_sets_need_no_download(name, tmp_path):
    folder = prepared(tmp_path, name)
    said = json.loads((folder / "source.json").read_text())
    assert (said["title"], said["canonical"]) == (DATASETS[name].title, True)
    assert said["class_names"] == list(DATASETS[name].class_names)


def test_a_run_on_a_published_set_has_no_digest_and_needs_no_file_to_be_planned(tmp_path):
    atlas = atlas_of(tmp_path, "cifar10")
    run = next(iter(atlas.runs.values()))
    assert "data_digest" not in run.configuration
    assert atlas.data["cifar10"].classes is None
    assert atlas.data["cifar10"].form == ((3, 32, 32), 10, "classification")


def cifar10(root, monkeypatch, count=10):
    """Files of CIFAR-10 in torchvision's form, with so many images each."""
    folder = root / "cifar-10-batches-py"
    folder.mkdir(parents=True)
    published = import_torchvision().datasets.CIFAR10
    images = {}

    def write(name, content):
        (folder / name).write_bytes(pickle.dumps(content))
        return name, hashlib.md5((folder / name).read_bytes()).hexdigest()

    lists = {"train_list": published.train_list, "test_list": published.test_list}
    for attribute, files in lists.items():
        found = []
        for name, _ in files:
            images[name] = RANDOM.integers(0, 256, (count, 3072), np.uint8)
            found.append(write(name, {"data": images[name], "labels": list(range(10))}))
        monkeypatch.setattr(published, attribute, found)
    _, digest = write("batches.meta", {"label_names": list("0123456789")})
    monkeypatch.setattr(published, "meta", {**published.meta, "md5": digest})
    return images


def test_cifar10_is_read_from_torchvisions_folder(tmp_path, monkeypatch):
    images = cifar10(tmp_path / "root", monkeypatch)
    small(monkeypatch, "cifar10", (50, 10))
    stored, labels = load_images(prepared(tmp_path, "cifar10", tmp_path / "root") / "train.npz")
    assert np.array_equal(stored[:10].reshape(10, -1), images["data_batch_1"])
    assert labels[:10].tolist() == list(range(10))


def test_a_damaged_file_is_refused_by_torchvisions_checksums(tmp_path, monkeypatch):
    cifar10(tmp_path / "root", monkeypatch)
    path = tmp_path / "root" / "cifar-10-batches-py" / "data_batch_3"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(DataError, match="does not hold CIFAR10 as torchvision keeps it: Dataset"):
        prepared(tmp_path, "cifar10", tmp_path / "root")


def test_files_with_other_numbers_of_images_are_not_the_published_set(tmp_path, monkeypatch):
    cifar10(tmp_path / "root", monkeypatch)
    with pytest.raises(DataError, match=r"CIFAR-10 has shape, .* \(50000, 10000\)\); found were"):
        prepared(tmp_path, "cifar10", tmp_path / "root")


def test_letters_of_emnist_stand_upright_and_are_counted_from_zero(tmp_path, monkeypatch):
    raw = tmp_path / "root" / "EMNIST" / "raw"
    raw.mkdir(parents=True)
    images = RANDOM.integers(0, 256, (52, 28, 28), np.uint8)
    labels = np.tile(np.arange(1, 27, dtype=np.uint8), 2)
    for part in ("train", "test"):
        header = struct.pack(">4I", 0x803, *images.shape)
        (raw / f"emnist-letters-{part}-images-idx3-ubyte").write_bytes(header + images.tobytes())
        header = struct.pack(">2I", 0x801, len(labels))
        (raw / f"emnist-letters-{part}-labels-idx1-ubyte").write_bytes(header + labels.tobytes())
    small(monkeypatch, "emnist_letters", (52, 52))
    folder = prepared(tmp_path, "emnist_letters", tmp_path / "root")
    stored, found = load_images(folder / "train.npz")
    assert np.array_equal(stored[:, 0], images.transpose(0, 2, 1))
    assert np.array_equal(found, labels.astype(int) - 1)


def test_a_folder_that_is_not_there_is_told_before_anything_runs(tmp_path):
    with pytest.raises(UserError, match=r"datasets.svhn.directory: there is no folder .*\.SVHN as"):
        atlas_of(tmp_path, "svhn", "{svhn: {directory: nowhere}}")


def test_every_place_is_told_where_nothing_can_be_downloaded(tmp_path, monkeypatch):
    def refuse(*_arguments, **_more):
        raise OSError("no network here")

    monkeypatch.setattr(import_torchvision().datasets, "USPS", refuse)
    with pytest.raises(DataError) as error:
        prepared(tmp_path, "usps")
    assert "USPS was found nowhere. Tried:\n  - torchvision's mirrors: no network" in str(
        error.value
    )


@pytest.mark.parametrize("name", [name for name, each in DATASETS.items() if each.kind])
def test_entries_are_whole(name):
    dataset = DATASETS[name]
    assert len(set(dataset.class_names)) == dataset.classes
    if dataset.kind == "torchvision":
        published = getattr(import_torchvision().datasets, dataset.options["class"])
        assert callable(published)
        assert {"train", "test"} <= dataset.options["parts"].keys()
