"""Clipping, accumulation and averages in a configuration: what they mean, and what is refused."""

import pytest

from lr_atlas.config.config_file import load_configuration
from lr_atlas.config.config_text import ConfigError
from lr_atlas.studies.grid import plan_study

STUDY = """\
studies:
  a:
    dataset: mnist
    epochs: {epochs}
    seeds: [0]
    optimizers: [{{name: sgd, lr: 0.1}}]
    {line}
"""


def planned(line, folder, epochs=4):
    path = folder / "study.yaml"
    path.write_text(STUDY.format(line=line, epochs=epochs))
    return plan_study("a", load_configuration([path]).configuration.studies["a"], None, 1).runs


@pytest.mark.parametrize(
    ("line", "key", "value"),
    [
        ("clip: 1", "clip", {"norm": 1.0}),
        ("clip: 1e-1", "clip", {"norm": 0.1}),
        ("clip: {value: 0.5}", "clip", {"value": 0.5}),
        ("accumulate: 4", "accumulate", 4),
        ("average: ema", "average", {"name": "ema", "decay": 0.999}),
        ("average: {name: swa, start: 0.5}", "average", {"name": "swa", "start": 0.5}),
        ("average: tail", "average", {"name": "tail", "share": 0.1}),
    ],
)
def test_each_spelling_is_one_value_of_a_run(line, key, value, tmp_path):
    (run,) = planned(line, tmp_path)
    assert run.configuration[key] == value


def test_their_defaults_are_no_part_of_a_run(tmp_path):
    (plain,) = planned("loss: cross_entropy", tmp_path)
    for line in ("clip: none", "accumulate: 1", "average: none"):
        assert planned(line, tmp_path)[0].name == plain.name


def test_lists_are_axes_whose_settings_have_names_of_their_own(tmp_path):
    runs = planned("clip: [none, 1.0, {value: 0.5}]\n    average: [none, swa]", tmp_path)
    assert sorted(run.setting for run in runs) == [
        "sgd-lr0.1",
        "sgd-lr0.1-averageswa-start0.75",
        "sgd-lr0.1-clipnorm1",
        "sgd-lr0.1-clipnorm1-averageswa-start0.75",
        "sgd-lr0.1-clipvalue0.5",
        "sgd-lr0.1-clipvalue0.5-averageswa-start0.75",
    ]


def test_the_budget_is_part_of_a_run_that_averages_from_a_share_of_it_on(tmp_path):
    for line, is_part in (("average: swa", True), ("average: tail", True), ("average: ema", False)):
        (short,), (long,) = planned(line, tmp_path, 4), planned(line, tmp_path, 8)
        assert (short.name != long.name) == is_part
        assert short.configuration.get("horizon") == ({"epochs": 4} if is_part else None)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("clip: nome", "'nome' does not belong here: none, a norm such as 1.0"),
        ("clip: -1", "-1 is not allowed; it must be greater than 0"),
        ("clip: {norm: 1, value: 2}", "clip says one of both"),
        ("clip: {nrm: 1}", "unknown key 'nrm': did you mean 'norm'?"),
        ("average: emma", "unknown average 'emma': did you mean 'ema'?"),
        ("average: {name: ema, decay: 1.5}", "1.5 is not allowed; it must be less than 1"),
        ("average: {name: swa, strt: 0.5}", "unknown key 'strt': did you mean 'start'?"),
        ("average: 3", "an average is one of none, ema, swa, tail"),
        ("accumulate: 0", "0 is not allowed; it must be at least 1"),
        ("accumulate: 2.5", "a whole number belongs here, found 2.5"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(line, said, tmp_path):
    with pytest.raises(ConfigError) as error:
        planned(line, tmp_path)
    assert f"study.yaml:7: studies.a.{line.partition(':')[0]}" in str(error.value)
    assert said in str(error.value)


def test_a_study_with_them_is_written_down_without_a_warning(tmp_path, recwarn):
    path = tmp_path / "study.yaml"
    lines = "clip: [1, {value: 0.5}, none]\n    average: [ema, swa, {name: tail, share: 0.2}, none]"
    path.write_text(STUDY.format(line=lines, epochs=4))
    study = load_configuration([path]).configuration.studies["a"]
    written = study.model_dump(mode="json", exclude_defaults=True)
    assert written["clip"] == [{"norm": 1.0}, {"value": 0.5}, "none"]
    assert not [each for each in recwarn if "serializer" in str(each.message)]
