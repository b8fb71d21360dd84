"""Range tests suggest learning rates, which are held against what a grid measured."""

import numpy as np
import pandas as pd
import pytest
import torch
from pydantic import ValidationError
from study_tables import study_of, tables_of

from lr_atlas.analysis import finder_table as held
from lr_atlas.analysis.finder_table import finder_table
from lr_atlas.analysis.range_test_rates import read_until, smoothed, steepest, valley
from lr_atlas.runs.range_test import range_test
from lr_atlas.studies.range_tests import as_plain, range_tests, rates
from lr_atlas.studies.study_metric import ACCURACY
from lr_atlas.training.configuration import complete_configuration
from lr_atlas.training.form import Form
from lr_atlas.training.image_sets import image_set
from lr_atlas.training.loss import build_loss
from lr_atlas.training.network import build_network, input_shape
from lr_atlas.training.random_streams import stream
from lr_atlas.training.transforms.scale import scale

STEPS = 100
RATES = np.geomspace(1e-7, 10, STEPS)
FORM = Form((1, 4, 4), 3)


def falling(start=50, end=80, top=2.3, bottom=0.5):
    """Losses that are level, fall from one step to another, and explode at the end."""
    losses = np.interp(np.arange(STEPS), [0, start, end, STEPS], [top, top, bottom, bottom])
    losses[95:] = 1e6
    return losses


def test_the_smoothed_loss_of_a_level_one_is_that_loss():
    assert smoothed(np.full(5, 2.3)) == pytest.approx(np.full(5, 2.3))


def test_a_lost_test_is_read_no_further():
    assert read_until(np.array([2.0, 1.0, 3.9, 4.1, 2.0])) == 3


def test_suggestions_lie_where_the_loss_falls_and_nowhere_where_it_never_does():
    losses = falling()
    place = np.searchsorted(RATES, steepest(RATES, losses))
    assert 50 < place < 95
    assert 50 < np.searchsorted(RATES, valley(RATES, losses)) < 95
    rising = np.linspace(1, 2, STEPS)
    assert np.isnan(steepest(RATES, rising))
    assert np.isnan(valley(RATES, rising))


def test_a_range_test_is_the_training_of_torch_with_a_rate_that_rises():
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (50, 4, 4), dtype=np.uint8)
    labels = generator.integers(0, 3, 50).astype(np.uint8)
    training_set = image_set(images, labels, "cpu")
    configuration = complete_configuration(
        {
            **{"dataset": "mnist", "seed": 3, "batch_size": 8, "model": {"hidden": [5]}},
            "optimizer": {"name": "sgd", "lr": 0.1, "momentum": 0.9},
        }
    )
    risen = np.geomspace(1e-3, 1, 13).tolist()
    losses = range_test(configuration, training_set, FORM, risen)

    network = build_network(configuration["model"], FORM, 3, False)
    network.train()
    optimizer = torch.optim.SGD(network.parameters(), lr=1.0, momentum=0.9)
    loss_of = build_loss(configuration["loss"], training_set, FORM)
    factor, summand = scale(configuration["pixels"])
    order = [
        torch.randperm(50, generator=stream(3, "order", epoch))[:48].split(8) for epoch in (1, 2, 3)
    ]
    expected = []
    for rate, indices in zip(risen, [each for epoch in order for each in epoch], strict=False):
        optimizer.param_groups[0]["lr"] = rate
        inputs = torch.from_numpy(images)[indices].float() * factor + summand
        inputs = inputs.reshape(-1, *input_shape(configuration["model"], FORM))
        loss = loss_of(network(inputs), torch.from_numpy(labels)[indices].long())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        expected.append(float(loss.detach()))
    assert losses == pytest.approx(expected, rel=1e-5)


def test_a_range_test_ends_before_a_loss_that_is_not_finite():
    images = np.full((20, 4, 4), 255, dtype=np.uint8)
    training_set = image_set(images, np.arange(20).astype(np.uint8) % 3, "cpu")
    configuration = complete_configuration(
        {
            **{"dataset": "mnist", "seed": 0, "batch_size": 5, "model": {"hidden": []}},
            "optimizer": {"name": "sgd", "lr": 0.1},
        }
    )
    losses = range_test(configuration, training_set, FORM, np.geomspace(1, 1e38, 40).tolist())
    assert 0 < len(losses) < 40
    assert np.isfinite(losses).all()


ENTRIES = [
    {"name": "sgd", "lr": [0.01, 0.1], "momentum": 0.5},
    {"name": "sgd", "lr": [0.001, 0.01, 0.1], "momentum": 0.9},
    {"name": "adam", "lr": [0.001]},
]


@pytest.mark.parametrize("entries", [ENTRIES, ENTRIES[::-1]])
def test_a_range_test_has_the_other_arguments_of_the_line_with_the_most_rates(entries):
    _, plan = study_of(entries, seeds=2, find=True)
    of_adam, of_sgd = sorted(range_tests(plan), key=lambda test: test.optimizer)
    assert of_sgd.configuration["optimizer"]["momentum"] == 0.9
    assert len(of_sgd.settings) == 3
    assert of_adam.settings == ("adam-lr0.001",)
    assert "seed" not in of_sgd.configuration


def test_a_range_test_stands_beside_the_settings_without_a_schedule():
    cosine = {"name": "cosine", "warmup": 0.05}
    _, plan = study_of(ENTRIES, seeds=2, find=True, schedule=[cosine, "constant"])
    for test in range_tests(plan):
        assert not [setting for setting in test.settings if "cosine" in setting]


def test_a_range_test_is_made_once_whatever_rates_and_lengths_stand_beside_it():
    study, plan = study_of(ENTRIES[1:2], find=True)
    lower = [{**ENTRIES[1], "lr": [1e-4, 0.001, 0.01, 0.1]}]
    made = as_plain(range_tests(plan), study.find)
    for entries, more in ((lower, {}), (ENTRIES[1:2], {"schedule": "cosine", "epochs": 4})):
        _, other = study_of(entries, find=True, **more)
        assert as_plain(range_tests(other), study.find) == made
    _, other = study_of(ENTRIES[:1], find=True)
    assert as_plain(range_tests(other), study.find) != made


def test_range_tests_change_neither_the_runs_of_a_study_nor_their_names():
    assert study_of(ENTRIES, find=True)[1] == study_of(ENTRIES)[1]


def test_a_rate_that_does_not_rise_is_refused_when_the_configuration_is_read():
    assert study_of(ENTRIES, find=False)[0].find is None
    assert rates(study_of(ENTRIES, find={"steps": 20})[0].find)[0] == pytest.approx(1e-7)
    with pytest.raises(ValidationError, match="the first learning rate must be below the second"):
        study_of(ENTRIES, find={"lr": [1, 0.1]})
    with pytest.raises(ValidationError, match="greater than or equal to 20"):
        study_of(ENTRIES, find={"steps": 5})


def held_against(reached, tests):
    """The finder's table of a line of SGD that reached so much at each rate."""
    _, plan = study_of([{"name": "sgd", "lr": list(reached)}], seeds=2, find=True)
    _, runs = tables_of(plan, lambda run: [reached[run.parameters["learning_rate"]]])
    return finder_table(tests, range_tests(plan), runs, ACCURACY).set_index("method")


def made_tests(*losses):
    """The table of range tests of SGD with these losses, a test each."""
    return pd.concat(
        pd.DataFrame(
            {"optimizer": "sgd", "seed": seed, "step": np.arange(1, STEPS + 1)}
            | {"learning_rate": RATES, "loss": each}
        )
        for seed, each in enumerate(losses)
    )


def test_a_suggestion_is_so_many_decades_off_and_loses_so_much():
    reached = {1e-4: 0.5, 1e-2: 0.7, 1.0: 0.9, 10.0: 0.1}
    row = held_against(reached, made_tests(falling(), falling())).loc["steepest descent"]
    assert row["suggested"] == pytest.approx(steepest(RATES, falling()))
    assert row["off"] == pytest.approx(np.log10(row["suggested"]), abs=1e-8)
    assert row["best_learning_rate"] == pytest.approx(1.0)
    places = np.log10(list(reached))
    between = np.interp(np.log10(row["suggested"]), places, list(reached.values()))
    assert row["lost"] == pytest.approx(0.9 - between, abs=1e-8)
    # Two tests that agree.
    assert row["lost_low"] == pytest.approx(row["lost"]) == row["lost_high"]
    assert row["n"] == 2


def test_a_suggestion_beyond_the_measured_rates_loses_what_nobody_knows():
    row = held_against({1e-6: 0.5, 1e-5: 0.9}, made_tests(falling())).loc["valley"]
    assert row["refused"] == held.OUTSIDE
    assert np.isnan(row["lost"])
    assert row["off"] > 2


def test_a_test_without_a_descent_suggests_nothing():
    table = held_against({0.01: 0.5, 0.1: 0.9}, made_tests(np.linspace(1, 2, STEPS)))
    assert set(table["refused"]) == {held.NO_DESCENT}
    assert table["suggested"].isna().all()
