"""Data of one's own is named in the configuration, found, and a part of what a run is."""

import json

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from lr_atlas.common.errors import UserError
from lr_atlas.config.configuration import Configuration
from lr_atlas.runs.run_costs import shape_of_run
from lr_atlas.studies.atlas import atlas_from_snapshot, load_atlas

STUDY = (
    "studies: {a: {dataset: spirals, validation: 4, batch_size: 2, optimizers: [{name: sgd}]}}\n"
)


@pytest.fixture
def arrays(tmp_path):
    labels = np.arange(20) % 2
    inputs = np.stack([labels, labels], axis=1) + 0.5
    np.savez(tmp_path / "s.npz", x_train=inputs, y_train=labels, x_test=inputs, y_test=labels)
    return tmp_path / "s.npz"


def load(tmp_path, datasets, study=STUDY):
    path = tmp_path / "config.yaml"
    path.write_text(f"datasets: {datasets}\n{study}")
    return load_atlas([path])


def test_own_data_says_its_form_and_is_a_part_of_what_a_run_is(arrays, tmp_path):
    atlas = load(tmp_path, "{spirals: {arrays: s.npz, classes: [in, out]}}")
    data = atlas.data["spirals"]
    assert data.form == ((2,), 2, "classification")
    assert (data.training_images, data.test_images, data.classes) == (20, 20, ["in", "out"])
    run = next(iter(atlas.runs.values()))
    assert run.configuration["data_digest"] == data.digest
    assert run.name.startswith("spirals-sgd-lr0.001-")
    assert atlas_from_snapshot(json.loads(json.dumps(atlas.snapshot()))).data == atlas.data


def test_other_content_is_another_data_set_and_other_names_of_classes_are_not(arrays, tmp_path):
    digests = {load(tmp_path, "{spirals: {arrays: s.npz}}").data["spirals"].digest}
    digests.add(
        load(tmp_path, "{spirals: {arrays: s.npz, classes: [b, a]}}").data["spirals"].digest
    )
    assert len(digests) == 1
    digests.add(
        load(tmp_path, "{spirals: {arrays: s.npz, task: regression}}").data["spirals"].digest
    )
    assert len(digests) == 2


MESSAGES = {
    "{spirals: {arrays: sp.npz}}": "sp.npz: did you mean 's.npz'?",
    "{spirals: {folder: s.npz, test: 0.2}}": "s.npz is no folder",
    "{spirals: {python: 'f.py:load', arguments: {a: [[1, 2]]}}}": "a[0]: a number, true or false",
    "{command: {arrays: s.npz}}": "no data set can be called 'command', which stands for studies",
    "{spirals: {table: s.csv, target: []}}": "nothing is given here; at least one value",
    "{spirals: {arrays: s.npz, idx: d}}": "idx and arrays stand here, and data has one of them",
    "{spirals: {size: 3}}": "datasets.spirals: data of your own is named by exactly one of folder",
    "{spirals: {arrays: s.npz, sise: 3}}": "datasets.spirals.sise: unknown key 'sise'",
    "{spirals: {folder: s, size: big}}": "spirals.size: a whole number belongs here, found 'big'",
    "{spirals: {table: t.csv}}": "datasets.spirals: 'target' is missing",
    "{spirals: {arrays: no.npz}}": "c.yaml:1: datasets.spirals.arrays: there is no file /",
    "{spirals: {python: no.py:load}}": "datasets.spirals.python: there is no file no.py in",
    "{spirals: {python: load}}": "a function is named as in my_data.py:load, which 'load' is not",
    "{spirals: {arrays: s.npz, classes: [a]}}": "classes: 1 names stand here, and it has 2 classes",
    "{spirals: {arrays: s.npz, test: 0.2}}": "the data brings a test part; leave out `test`",
    "{spiral: {arrays: s.npz}}": "studies.a.dataset: unknown value 'spirals': did you mean 'spiral",
    "{../x: {arrays: s.npz}}": "'../x' cannot be a data set's name, since it names a folder",
    "{mnist: {arrays: s.npz}}": "datasets.mnist.arrays: unknown key 'arrays'",
    "{fashion: {directory: d}}": "datasets.fashion: unknown key 'fashion': did you mean 'fashion_m",
}


@pytest.mark.parametrize(("datasets", "expected"), MESSAGES.items(), ids=MESSAGES)
def test_data_that_is_named_wrongly_is_answered_in_a_line(datasets, expected, arrays, tmp_path):
    with pytest.raises(UserError) as error:
        load(tmp_path, datasets)
    assert expected in str(error.value).replace("config.yaml", "c.yaml")


def test_pixels_of_data_that_has_none_are_refused(arrays, tmp_path):
    study = STUDY.replace("batch_size", "pixels: [-1, 1], batch_size")
    with pytest.raises(
        UserError, match=r"spirals holds no pixels of 0 to 255.* leave `pixels` out"
    ):
        load(tmp_path, "{spirals: {arrays: s.npz}}", study)
    with pytest.raises(UserError, match="digits holds no pixels"):
        load(tmp_path, "{}", study.replace("spirals", "digits"))
    labels = np.arange(20) % 2
    pixels = np.repeat(labels[:, None] * 255, 2, axis=1).astype(np.uint8)
    np.savez(arrays, x_train=pixels, y_train=labels, x_test=pixels, y_test=labels)
    assert load(tmp_path, "{spirals: {arrays: s.npz}}", study).runs


@pytest.mark.parametrize("kind", [np.int64, np.float32, bool])
def test_labels_that_look_one_hot_are_told_unless_a_regression_is_asked_for(kind, tmp_path):
    inputs, labels = np.eye(3)[np.arange(21) % 3] + 0.5, np.eye(3)[np.arange(21) % 3]
    labels = labels.astype(kind)
    np.savez(tmp_path / "s.npz", x_train=inputs, y_train=labels, x_test=inputs, y_test=labels)
    for task in ("", ", task: classification"):
        with pytest.raises(UserError, match="labels look one-hot, a single 1 in each row of 3 col"):
            load(tmp_path, f"{{spirals: {{arrays: s.npz{task}}}}}")
    asked = load(tmp_path, "{spirals: {arrays: s.npz, task: regression}}")
    assert asked.data["spirals"].form == ((3,), 3, "regression")


def test_the_schema_knows_own_data():
    validator = Draft202012Validator(Configuration.model_json_schema())
    entries = {"optimizers": [{"name": "sgd"}]}
    good = {"photos": {"folder": "p", "size": 32}, "beans": {"table": "b.csv", "target": "kind"}}
    studies = {"a": {"dataset": "photos", **entries}}
    assert list(validator.iter_errors({"datasets": good, "studies": studies})) == []
    for bad in ({"photos": {"folder": "p", "idx": "q"}}, {"photos": {"size": 32}}):
        assert list(validator.iter_errors({"datasets": bad, "studies": studies}))


def validated(tmp_path, validation, datasets="{spirals: {arrays: s.npz}}"):
    study = STUDY.replace("validation: 4", f"validation: {validation}")
    return load(tmp_path, datasets, study)


def test_a_share_that_is_held_out_is_the_number_that_it_comes_to(arrays, tmp_path):
    share, number = (validated(tmp_path, text) for text in ("0.2", "4"))
    assert share.runs.keys() == number.runs.keys()
    assert share.configuration.studies["a"].validation == 4
    assert {run.configuration["validation"] for run in share.runs.values()} == {4}


def test_another_split_is_another_run_and_the_first_is_todays(arrays, tmp_path):
    names = [
        set(validated(tmp_path, f"{what}, split_seed: {seed}").runs)
        for what, seed in (("4", 0), ("4", 1), ("test", 0), ("test", 1))
    ]
    assert names[0] == set(validated(tmp_path, "4").runs)
    assert names[0].isdisjoint(names[1])
    assert names[2] == names[3]


def test_images_to_validate_on_that_the_data_brings_are_asked_for_by_name(arrays, tmp_path):
    with pytest.raises(UserError, match="spirals brings no images to validate on; hold out a"):
        validated(tmp_path, "given")
    with np.load(arrays) as content:
        inputs, labels = content["x_train"], content["y_train"]
        np.savez(arrays, **content, x_val=inputs[:6], y_val=labels[:6])
    atlas = validated(tmp_path, "given")
    data = atlas.data["spirals"]
    assert (data.training_images, data.held_out) == (26, 6)
    run = next(iter(atlas.runs.values()))
    assert run.configuration["validation"] == "given"
    shape = shape_of_run(atlas, run, "cpu", "")
    assert (shape.training_images, shape.validation_images) == (20, 6)
    # The batch size is held against those that are trained on.
    study = STUDY.replace("validation: 4, batch_size: 2", "validation: given, batch_size: 21")
    with pytest.raises(UserError, match="larger than the 20 training images"):
        load(tmp_path, "{spirals: {arrays: s.npz}}", study)
