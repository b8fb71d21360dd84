"""The grid of a study, and what makes a run the run it is."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lr_atlas.grid import plan_study
from lr_atlas.optimizers import OPTIMIZERS, defaults
from lr_atlas.run_identity import (
    DEFAULTS,
    canonical_configuration,
    canonical_json,
    complete_configuration,
    run_name,
)
from lr_atlas.study_models import Study


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
    entries = [{"name": name, "lr": [0.1, 0.01, 1e-5]} for name in OPTIMIZERS]
    found = plan(entries, seeds=1)
    assert len(set(found.settings)) == len(found.runs) == 3 * len(OPTIMIZERS)


def test_only_parameters_that_vary_within_the_study_become_columns():
    found = plan([{"name": "sgd", "momentum": [0, 0.9]}, {"name": "adam", "weight_decay": 0.1}])
    assert found.varying == ("momentum",)
    assert found.fixed_arguments() == {"adam": {"weight_decay": 0.1}}


def test_a_network_without_hidden_layer_has_no_activation_and_no_dropout():
    without = plan([{"name": "sgd"}], model={"hidden": [], "dropout": 0.5, "activation": "tanh"})
    plain = plan([{"name": "sgd"}], model={"hidden": []})
    assert without.runs[0].name == plain.runs[0].name


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_default_written_out_gives_the_same_runs(name):
    bare = plan([{"name": name}])
    written = plan([{"name": name, **defaults(name)}])
    assert [run.name for run in bare.runs] == [run.name for run in written.runs]


def test_the_studys_defaults_written_out_give_the_same_runs():
    written = {key: value for key, value in DEFAULTS.items() if key != "threads"}
    bare, full = plan([{"name": "sgd"}]), plan([{"name": "sgd"}], **written)
    assert [run.name for run in bare.runs] == [run.name for run in full.runs]


def test_names_are_safe_for_folders_and_not_too_long():
    entry = {"name": "adam", "betas": [0.123456789, 0.987654321], "eps": 1e-7, "amsgrad": True}
    name = plan([{**entry, "weight_decay": 0.01, "decoupled_weight_decay": True}]).runs[0].name
    assert len(name) < 150
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-_.")


# Identity ----------------------------------------------------------------------------------------

numbers = st.floats(min_value=1e-6, max_value=10, allow_nan=False)
configurations = st.fixed_dictionaries(
    {
        "dataset": st.sampled_from(["mnist", "fashion_mnist"]),
        "seed": st.integers(0, 5),
        "batch_size": st.sampled_from([10, 100]),
        "loss": st.sampled_from(["cross_entropy", "mse"]),
        "pixels": st.sampled_from([[0.0, 1.0], [-1.0, 1.0]]),
        "threads": st.integers(1, 3),
        "validation": st.sampled_from(["test", 10_000, 5]),
        "model": st.fixed_dictionaries(
            {
                "hidden": st.lists(st.integers(1, 64), min_size=1, max_size=3),
                "activation": st.sampled_from(["relu", "tanh"]),
                "dropout": st.sampled_from([0.0, 0.1]),
            }
        ),
        "optimizer": st.fixed_dictionaries(
            {
                "name": st.just("sgd"),
                "lr": numbers,
                "momentum": st.sampled_from([0.0, 0.5, 0.9]),
                "dampening": st.sampled_from([0.0, 0.5, 0.9]),
            }
        ),
    }
)


def identity(configuration):
    return run_name(canonical_configuration(configuration, defaults("sgd")))


def reordered(value, random):
    if not isinstance(value, dict):
        return value
    items = list(value.items())
    random.shuffle(items)
    return {key: reordered(element, random) for key, element in items}


@given(configurations, st.randoms())
def test_the_order_of_keys_does_not_change_the_identity(configuration, random):
    assert identity(configuration) == identity(reordered(configuration, random))


@given(configurations)
def test_the_canonical_configuration_loses_nothing(configuration):
    canonical = canonical_configuration(configuration, defaults("sgd"))
    complete = complete_configuration(canonical)
    complete["optimizer"] = {**defaults("sgd"), **complete["optimizer"]}
    expected = {**configuration, "optimizer": {**defaults("sgd"), **configuration["optimizer"]}}
    assert canonical_json(complete) == canonical_json(expected)


@given(configurations, configurations)
def test_two_configurations_have_one_identity_only_if_they_are_equal(first, second):
    same = canonical_json(first) == canonical_json(second)
    assert (identity(first) == identity(second)) == same


@pytest.mark.parametrize(
    ("key", "other"),
    [
        *(("seed", 1), ("batch_size", 10), ("loss", "mse"), ("pixels", [-1.0, 1.0])),
        *(("threads", 2), ("validation", "test"), ("data_digest", "ab"), ("dataset", "mnist")),
        *(("model", {"hidden": [64, 128]}), ("model", {"dropout": 0.1})),
        *(("optimizer", {"name": "sgd", "lr": 0.2}),),
        *(("optimizer", {"name": "sgd", "lr": 0.1, "momentum": 0.9}),),
    ],
)
def test_any_value_that_applies_changes_the_identity(key, other):
    base = {"dataset": "fashion_mnist", "optimizer": {"name": "sgd", "lr": 0.1}, "seed": 0}
    assert identity(base) != identity({**base, key: other})


def test_two_arguments_swapped_are_another_run():
    base = {"dataset": "mnist", "seed": 0}
    values = itertools.permutations([0.5, 0.9])
    names = [
        identity({**base, "optimizer": {"name": "sgd", "lr": 0.1, "momentum": a, "dampening": b}})
        for a, b in values
    ]
    assert len(set(names)) == 2


def test_a_run_keeps_its_name_over_versions_of_this_project():
    configuration = {
        "dataset": "mnist",
        "validation": "test",
        "optimizer": {"name": "sgd", "lr": 0.07, "momentum": 0.9},
        "model": {"hidden": [30], "activation": "sigmoid"},
        "batch_size": 10,
        "seed": 2,
    }
    assert run_name(configuration) == "mnist-sgd-lr0.07-momentum0.9-seed2-62ba2e7dc513"
