"""The grid of a study: its settings, their names and their parameters."""

from lr_atlas.config.study_models import Study
from lr_atlas.config.torch_optimizers import torch_optimizers
from lr_atlas.config.training_axes import TrainingAxes
from lr_atlas.studies.grid import plan_study
from lr_atlas.studies.setting_match import matching_settings, nearest_settings
from lr_atlas.training.configuration import TRAINING_AXES


def plan(optimizers, **study):
    """The plan of a study of MNIST with these optimizer entries."""
    model = Study.model_validate({"dataset": "mnist", "optimizers": optimizers, **study})
    return plan_study("a", model, None, 1)


def test_the_grid_is_the_product_of_the_axes_times_the_seeds():
    found = plan([{"name": "sgd", "lr": [0.1, 0.01], "momentum": [0, 0.5, 0.9]}], seeds=4)
    assert len(found.settings) == 6
    assert len(found.runs) == 24
    assert {run.seed for run in found.runs} == {0, 1, 2, 3}


def test_a_setting_asked_for_twice_is_there_once():
    found = plan([{"name": "sgd", "lr": [0.1, 0.1]}, {"name": "sgd", "lr": 1e-1, "momentum": 0}])
    assert found.settings == ["sgd-lr0.1"]


def test_a_list_is_one_value_where_the_argument_is_a_tuple():
    assert len(plan([{"name": "adam", "betas": [0.9, 0.99]}]).settings) == 1
    found = plan([{"name": "adam", "betas": [[0.9, 0.99], [0.8, 0.9]]}])
    assert found.settings == ["adam-lr0.001-betas0.8_0.9", "adam-lr0.001-betas0.9_0.99"]


def test_an_entry_overrides_keys_of_the_study_and_takes_lists():
    entry = {
        "name": "sgd",
        "lr": 0.1,
        "epochs": [5, 10],
        "batch_size": [10, 20],
        "loss": ["mse", "cross_entropy"],
        "model": {"hidden": [[30], [64, 32]], "dropout": [0, 0.5]},
    }
    found = plan([entry], model={"activation": "tanh"})
    assert len(found.settings) == 32
    assert found.varying == ("batch_size", "epochs", "loss", "hidden", "dropout")
    assert {run.parameters["activation"] for run in found.runs} == {"tanh"}


def test_a_list_of_models_is_an_axis_too():
    models = [{"hidden": [30]}, {"hidden": [10], "activation": "tanh"}]
    found = plan([{"name": "sgd", "model": models}])
    assert {(r.parameters["hidden"], r.parameters["activation"]) for r in found.runs} == {
        ("30", "relu"),
        ("10", "tanh"),
    }


def test_the_number_of_epochs_is_not_part_of_a_run():
    found = plan([{"name": "sgd", "epochs": [5, 10]}], seeds=1)
    assert len({run.name for run in found.runs}) == 1
    assert {run.epochs for run in found.runs} == {5, 10}


def test_two_studies_share_a_run():
    first = plan([{"name": "sgd", "lr": [0.1, 0.2]}], description="one")
    second = plan([{"name": "adam"}, {"name": "sgd", "lr": 0.1}], seeds=1)
    assert len({run.name for run in first.runs} & {run.name for run in second.runs}) == 1


def test_every_setting_of_every_optimizer_has_its_own_name():
    entries = [{"name": name, "lr": [0.1, 0.01, 1e-5]} for name in torch_optimizers()]
    for entry in entries:
        entry |= {"rest": {"name": "adamw"}} if entry["name"] == "muon" else {}
    found = plan(entries, seeds=1)
    assert len(set(found.settings)) == len(found.runs) == 3 * len(torch_optimizers())


def test_only_parameters_that_vary_within_the_study_become_columns():
    found = plan([{"name": "sgd", "momentum": [0, 0.9]}, {"name": "adam", "weight_decay": 0.1}])
    assert found.varying == ("momentum",)
    assert found.fixed_arguments() == {"adam": {"weight_decay": 0.1}}


def test_names_are_safe_for_folders_and_not_too_long():
    entry = {"name": "adam", "betas": [0.123456789, 0.987654321], "eps": 1e-7, "amsgrad": True}
    name = plan([{**entry, "weight_decay": 0.01, "decoupled_weight_decay": True}]).runs[0].name
    assert len(name) < 150
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-_.")


def test_long_names_of_settings_end_in_a_digest_and_stay_apart():
    deep = [[128] * 90 + [last] for last in (8, 9)]
    found = plan([{"name": "sgd", "model": {"hidden": [[1], *deep]}}], seeds=1)
    assert len(set(found.settings)) == len(found.runs) == 3
    assert [len(name) for name in found.settings] == [len("sgd-lr0.001"), 200, 200]
    assert all(len(run.name) < 200 for run in found.runs)
    kept = plan([{"name": "sgd", "model": {"hidden": [[1], [8] * 80]}}], seeds=1)
    assert kept.settings[-1] == "sgd-lr0.001-hidden" + "-".join(["8"] * 80)


def test_a_key_of_training_is_an_axis_of_the_study_that_an_entry_overrides():
    entries = [{"name": "sgd", "lr": 0.1}, {"name": "adam", "lr": 0.1, "schedule": "constant"}]
    found = plan(entries, schedule=["constant", "mine.py:half"], seeds=1)
    assert found.settings == ["adam-lr0.1", "sgd-lr0.1", "sgd-lr0.1-schedulehalf"]
    assert [run.parameters["schedule"] for run in found.runs] == ["constant", "constant", "half"]
    assert [run.configuration.get("schedule") for run in found.runs] == [None, None, "mine.py:half"]


def test_the_table_of_training_keys_names_the_fields_of_a_study():
    assert tuple(TrainingAxes.model_fields) == TRAINING_AXES


def test_where_means_what_the_study_means_by_the_same_words():
    """A claim may name a schedule, the rest and a class of a package as the entry does."""
    cosine, rest = {"name": "cosine", "warmup": 0.05}, {"name": "adamw", "lr": 0.003}
    found = plan(
        [
            {"name": "sgd", "lr": [0.1, 0.3]},
            {"name": "muon", "lr": 0.01, "rest": {**rest, "lr": [0.003, 0.01]}},
            {"name": "schedulefree:AdamWScheduleFree", "lr": [0.01]},
        ],
        schedule=["constant", cosine],
    )
    for where in [
        {"optimizer": "sgd", "lr": 0.1, "schedule": cosine},
        {"optimizer": "sgd", "lr": 0.1, "schedule": "cosine-warmup0.05"},
        {"optimizer": "muon", "rest": rest, "schedule": "constant"},
        {"optimizer": "schedulefree.AdamWScheduleFree", "schedule": cosine},
        {"optimizer": "AdamWScheduleFree", "schedule": cosine},
    ]:
        assert len(matching_settings(found, where)) == 1, where
    unknown = {"optimizer": "sgd", "lr": 0.1, "schedule": {"name": "cosine", "warmup": 0.1}}
    assert matching_settings(found, unknown) == []
    assert nearest_settings(found, unknown)[0].startswith("sgd-lr0.1")
