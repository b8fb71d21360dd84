"""Training on a part of the images: which they are, and that it is a part of what a run is."""

import re

import numpy as np
import pandas as pd
import pytest
import torch
from whole_runs import TINY

from lr_atlas.common.errors import UserError
from lr_atlas.data.image_files import save_images
from lr_atlas.report.study_facts import study_facts
from lr_atlas.runs.checkpoints import Origin
from lr_atlas.runs.run_costs import shape_of_run
from lr_atlas.runs.training_job import image_sets, train_run
from lr_atlas.studies.atlas import load_atlas
from lr_atlas.studies.config_changes import changed_keys
from lr_atlas.training.image_sets import first_of_each_class, hold_out, image_set

CPU = torch.device("cpu")


def labelled(*labels):
    """An image for each label, which holds its own place."""
    places = np.arange(len(labels), dtype=np.uint8)[:, None]
    return image_set(places, np.array(labels, np.uint8), CPU)


def places(images):
    return images.images.flatten().tolist()


def test_they_are_the_first_of_each_class_in_their_order():
    images = labelled(2, 0, 1, 1, 0, 2, 0, 1, 2)
    assert places(first_of_each_class(images, 6)) == [0, 1, 2, 3, 4, 5]
    assert places(first_of_each_class(images, 3)) == [0, 1, 2]
    assert places(first_of_each_class(images, 9)) == list(range(9))


def test_classes_keep_their_shares_by_the_largest_remainders():
    images = labelled(*[0] * 14, *[1] * 4, *[2] * 2)
    # Shares of 10 are 7, 2 and 1; of 5 they are 3.5, 1 and 0.5, and the lower class is first.
    for count, shares in ((10, [7, 2, 1]), (5, [4, 1, 0]), (3, [2, 1, 0])):
        found = torch.bincount(first_of_each_class(images, count).labels, minlength=3)
        assert found.tolist() == shares


@pytest.fixture(scope="module")
def files(tiny_arrays, tmp_path_factory):
    """The tiny images as files, and as one that holds the first ten training images of a class."""
    folder = tmp_path_factory.mktemp("images")
    for name, (images, labels) in tiny_arrays.items():
        save_images(folder / f"{name}.npz", images, labels)
    images, labels = tiny_arrays["train"]
    kept = np.sort(np.concatenate([np.flatnonzero(labels == each)[:10] for each in range(10)]))
    save_images(folder / "first.npz", images[kept], labels[kept])
    return folder


def test_the_held_out_images_are_the_same_and_none_is_trained_on(files):
    everything, held_out = image_sets({"validation": 50}, [files / "train.npz"], CPU)
    part, also_held_out = image_sets(
        {"validation": 50, "training_images": 100}, [files / "train.npz"], CPU
    )
    assert torch.equal(held_out.images, also_held_out.images)
    assert torch.equal(part.images, first_of_each_class(everything, 100).images)
    assert torch.equal(everything.images, hold_out(images_of(files), 50)[0].images)
    assert torch.bincount(part.labels).tolist() == [10] * 10


def images_of(files):
    with np.load(files / "train.npz") as arrays:
        return image_set(arrays["images"], arrays["labels"], CPU)


def trained(configuration, training_images, test_images):
    whole = {
        **{"dataset": "fashion_mnist", "validation": "test", "seed": 3, "batch_size": 20},
        **{"optimizer": {"name": "adam", "lr": 0.001}, "model": {"hidden": [8]}},
    }
    origin = Origin({**whole, **configuration}, code={}, data={}, torch=torch.__version__)
    return train_run(origin, 2, [training_images, test_images], "cpu", [])


def test_a_run_has_the_bytes_of_one_on_files_that_hold_those_images_alone(files):
    part = trained({"training_images": 100}, files / "train.npz", files / "test.npz")
    alone = trained({}, files / "first.npz", files / "test.npz")
    assert part.model == alone.model
    assert [(each.running, each.train, each.validation) for each in part.records] == [
        (each.running, each.train, each.validation) for each in alone.records
    ]
    assert part.description["training_images"] == alone.description["training_images"] == 100
    everything = trained({}, files / "train.npz", files / "test.npz")
    assert everything.model != part.model


@pytest.fixture
def atlas(tmp_path):
    """A function that reads the tiny configuration with a line more in its first study."""

    def read(line):
        text = TINY.read_text(encoding="utf-8")
        text = text.replace("../data", str(TINY.parents[1] / "data"))
        path = tmp_path / "tiny.yaml"
        path.write_text(text.replace("    validation: 100\n", f"    validation: 100\n{line}", 1))
        return load_atlas([path])

    return read


def test_it_is_a_part_of_what_a_run_is_and_all_is_not_written(atlas):
    before, written, part = (
        atlas(line) for line in ("", "    training_images: all\n", "    training_images: 60\n")
    )
    names = [[run.name for run in each.plans["tiny"].runs] for each in (before, written, part)]
    assert names[0] == names[1]
    assert not set(names[0]) & set(names[2])
    run, other = part.plans["tiny"].runs[0], before.plans["tiny"].runs[0]
    assert run.configuration == {**other.configuration, "training_images": 60}
    assert shape_of_run(part, run, "cpu", "").training_images == 60
    assert shape_of_run(before, other, "cpu", "").training_images == 200
    changes = changed_keys({0: run.configuration}, [other.configuration])
    assert changes == {0: "training_images all -> 60"}


@pytest.mark.parametrize(
    ("line", "message"),
    {
        "training_images: 9": "9 is not allowed; it must be 10 to 200, the images of the 300 of",
        "training_images: 201": "201 is not allowed; it must be 10 to 200",
        "training_images: 0": "either `all` or a number of images to train on belongs here",
        "training_images: most": "either `all` or a number of images to train on",
        "training_images: [100, 200]": "either `all` or a number of images to train on",
        "training_images: 15": "a batch of 20 is larger than the 15 training images that the",
    }.items(),
)
def test_a_number_that_cannot_be_is_answered_with_what_can(atlas, line, message):
    with pytest.raises(UserError, match=re.escape(message)) as caught:
        atlas(f"    {line}\n")
    assert re.search(r"tiny\.yaml:\d+: studies\.tiny\.", str(caught.value))


def test_the_page_says_how_many_of_how_many_and_whose_images_they_are(atlas, monkeypatch):
    monkeypatch.setattr("lr_atlas.report.study_facts.software", lambda runs: "")
    part = atlas("    training_images: 60\n")
    plan, study = part.plans["tiny"], part.configuration.studies["tiny"]
    source = part.data["fashion_mnist"]
    data = {**vars(source), "form": source.form._asdict()}
    said = study_facts(plan, study, data, pd.DataFrame({"setting": []}))[0]
    assert "Trained on 60 of 300 training images" in said
    assert said.startswith("Data: own images, the IDX files of a folder")
    assert "in the place of fashion_mnist" in said
