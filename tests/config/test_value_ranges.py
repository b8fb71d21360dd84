"""A range is the list of its values, which read well and are the same everywhere."""

import jsonschema
import pytest

from lr_atlas.common.errors import UserError
from lr_atlas.studies.atlas import load_atlas
from write_schema import schema_text

STUDY = "studies: {{a: {{dataset: mnist, optimizers: [{{name: sgd, {}}}]}}}}\n"


def load(arguments, folder):
    path = folder / "f.yaml"
    path.write_text(STUDY.format(arguments))
    return load_atlas([path])


@pytest.mark.parametrize(
    ("given", "listed"),
    [
        (
            "lr: {log: [1e-5, 1], points: 12}",
            "lr: [1e-5, 2.85e-5, 8.11e-5, 2.31e-4, 6.58e-4, 1.87e-3, 5.34e-3, 1.52e-2, 4.33e-2, "
            "0.123, 0.351, 1]",
        ),
        ("lr: {log: [1e-4, 0.1], points: 4.0}", "lr: [0.0001, 0.001, 0.01, 0.1]"),
        ("lr: {log: ['1e-3', 0.7071067], points: 2}", "lr: [0.001, 0.7071067]"),
        ("lr: {log: [1, 1.002], points: 3}", "lr: [1, 1.001, 1.002]"),  # digits that tell apart
        ("momentum: {linear: [-0.0, 0.9], points: 4}", "momentum: [0, 0.3, 0.6, 0.9]"),
        (
            "model: {dropout: {linear: [0, 0.5], points: 3}}",
            "model: {dropout: [0, 0.25, 0.5]}",
        ),
    ],
)
def test_a_range_is_the_list_of_its_values(given, listed, tmp_path):
    meant = load(listed, tmp_path)
    assert load(given, tmp_path).runs.keys() == meant.runs.keys()
    assert load(given, tmp_path).configuration == meant.configuration


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("log: [1, 0.1], points: 3", "the first end of a range must be below the second"),
        ("log: [1, 1], points: 3", "the first end of a range must be below the second"),
        ("log: [0, 1], points: 3", "lr.log[0]: 0 is not allowed; it must be greater than 0"),
        ("log: [-1, 1], points: 3", "lr.log[0]: -1 is not allowed"),
        ("log: [0.1, 1], points: 1", "lr.points: 1 is not allowed; it must be at least 2"),
        ("log: [0.1, 1], points: 1e4", "lr.points: 10000 is not allowed; it must be at most 1000"),
        ("log: [0.1, 1], points: 2.5", "a whole number belongs here, found 2.5"),
        ("log: [0.1, 1]", "'points' is missing"),
        ("log: [0.1, 1, 2], points: 3", "lr.log: 2 values belong here"),
        ("log: 0.1, points: 3", "lr.log: a list belongs here, found 0.1"),
        ("log: [0.1, .inf], points: 3", "a finite number belongs here"),
        ("log: [0.1, 1], points: 3, base: 2", "unknown key 'base'; a range is written {log: ["),
        ("log: [0.1, 1], linear: [0, 1], points: 3", "a range has either `log` or `linear`"),
        ("points: 3", "a range has either `log` or `linear`"),
        ("linear: [-1e308, 1e308], points: 3", "the ends of this range are too far apart"),
        ("linear: [1, 1.0000000000000002], points: 3", "there are no 3 different numbers"),
        ("linear: [0, 1], points: 3", "lr: 0 is not allowed; it must be greater than 0"),
        ("a: 1", "a number, a list of numbers or a range belongs here: {log: [1e-5, 1], points"),
    ],
)
def test_a_bad_range_is_explained(given, message, tmp_path):
    with pytest.raises(UserError) as error:
        load(f"lr: {{{given}}}", tmp_path)
    assert message in str(error.value)


def test_editors_know_ranges_and_blocks():
    import json

    schema = jsonschema.Draft202012Validator(json.loads(schema_text()))
    entry = {"name": "sgd", "lr": {"log": [1e-5, 1], "points": 12}}
    study = {"dataset": "mnist", "optimizers": [entry], "title": "Práctica 1"}
    assert schema.is_valid({"x-block": 1, "studies": {"a": study}})
    assert not schema.is_valid({"y-block": 1, "studies": {"a": study}})
    entry["lr"]["point"] = 3
    assert not schema.is_valid({"studies": {"a": study}})
