"""Lists among the arguments of a function that returns data are axes of the grid."""

import json

import pytest

from lr_atlas.common.errors import UserError
from lr_atlas.studies.atlas import atlas_from_snapshot, load_atlas
from lr_atlas.studies.study_definition import study_definition, study_from_definition

FUNCTION = """\
import numpy as np

def load(noise=0.1, count=20, momentum=0.0):
    labels = np.arange(count) % 2
    inputs = np.stack([labels, labels], axis=1) + noise * np.arange(count)[:, None]
    return inputs, labels, inputs[:10], labels[:10]
"""
STUDY = """\
studies:
  a:
    dataset: mine
    validation: 4
    batch_size: 2
    optimizers: [{name: sgd, lr: [0.1, 1]}, {name: adam}]
"""


def load(folder, arguments):
    (folder / "my_data.py").write_text(FUNCTION)
    path = folder / "config.yaml"
    datasets = f"datasets: {{mine: {{python: 'my_data.py:load', arguments: {arguments}}}}}"
    path.write_text(f"{datasets}\n{STUDY}")
    return load_atlas([path])


def test_a_value_that_is_added_has_runs_of_its_own_and_the_others_stay(tmp_path):
    one, two = load(tmp_path, "{noise: 0.1}"), load(tmp_path, "{noise: [0.2, 0.1, 0.10]}")
    assert len(two.runs) == 2 * len(one.runs)
    assert one.runs.keys() < two.runs.keys()
    assert len(two.stores) == 2
    assert one.stores.keys() < two.stores.keys()
    # Each run is trained on the data that its identity names.
    for run in two.runs.values():
        (path,) = two.image_files(run, tmp_path)
        assert path.parent.name == f"mine-{run.configuration['data_digest'][:12]}"
    assert {each.own["options"]["arguments"]["noise"] for each in two.stores.values()} == {0.1, 0.2}


def test_settings_are_told_apart_by_it_also_in_a_job(tmp_path):
    atlas = load(tmp_path, "{noise: [0.1, 0.2], count: 20}")
    plan = atlas.plans["a"]
    assert plan.varying == ("noise",)
    assert "sgd-lr1-noise0.2" in plan.settings
    snapshot = json.loads(json.dumps(atlas.snapshot()))
    assert atlas_from_snapshot(snapshot).plans == atlas.plans
    definition = json.dumps(study_definition(atlas, "a"), sort_keys=True)
    assert study_from_definition(json.loads(definition))[1] == plan


def test_a_name_that_something_else_has_is_written_with_that_of_its_kind(tmp_path):
    plan = load(tmp_path, "{momentum: [0.1, 0.2]}").plans["a"]
    assert plan.varying == ("data.momentum",)
    assert {run.parameters.get("momentum") for run in plan.runs} == {0.0, None}


WRONG = {
    "{count: [20, 30]}": "with count 20 the data has inputs of 2, 20 to train on in the classes 0, "
    "1 (0 of them to validate on), 10 to test on, for classification, with count 30 it has inputs",
    "{noise: []}": "nothing is given here; at least one value",
    "{nois: [1, 2]}": "datasets.mine.python: with nois 1: my_data.py:load gives no data: TypeError",
    "{noise: [0.1, .inf]}": "my_data.py:load: 'noise' holds inf; a number has to be finite",
    f"{{noise: {list(range(101))}}}": "101 data sets are too many",
}


@pytest.mark.parametrize(("arguments", "expected"), WRONG.items(), ids=range(len(WRONG)))
def test_lists_that_one_study_cannot_train_on_are_told(arguments, expected, tmp_path):
    with pytest.raises(UserError) as error:
        load(tmp_path, arguments)
    assert expected in str(error.value)
