"""Parameters are rounded where people read them, as far as different ones stay apart."""

import numpy as np
import pandas as pd
import pytest
from page_tables import made_up, made_up_study

from lr_atlas.common.rounding import rounded_texts
from lr_atlas.figures.axes import rate_texts
from lr_atlas.figures.settings import describe_settings
from lr_atlas.report.answer import answer_of
from lr_atlas.report.summary_text import summary_for_reading
from lr_atlas.studies.grid import plan_study
from lr_atlas.studies.setting_match import matching_settings

LOGARITHMIC = np.logspace(-4, -1, 13).tolist()


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([0.1, 1e-05, 1.0, 64.0], ["0.1", "1e-05", "1", "64"]),
        ([0.0031622776601683794, 0.1], ["0.00316", "0.1"]),
        ([0.0031622, 0.0031623], ["0.0031622", "0.0031623"]),
        ([0.99999, 0.9], ["0.99999", "0.9"]),
        ([1234567.0, 1234568.0], ["1234567", "1234568"]),
        ([0.1, 0.1], ["0.1"]),
        ([0.1, np.nextafter(0.1, 1)], ["0.1", "0.10000000000000002"]),
        ([0.2, float("nan")], ["0.2"]),
    ],
)
def test_the_fewest_digits_that_keep_all_apart(values, texts):
    assert list(rounded_texts(values).values()) == texts


@pytest.fixture(scope="module")
def logarithmic():
    """(study, plan, StudyTables) of a logarithmic grid."""
    study = made_up_study(optimizers=[{"name": "adam", "lr": LOGARITHMIC}], seeds=3)
    return study, *made_up(study)


def test_names_headline_labels_and_axes_are_short_and_tables_exact(logarithmic):
    study, plan, tables = logarithmic
    said = answer_of(plan, study, tables)
    assert "learning rate 0.001" in said.headline
    assert "000" not in " ".join([*said.sentences, *said.cautions]).replace("0.000", "")
    assert "adam-lr0.00316" in plan.settings
    assert len(set(plan.settings)) == 13
    assert max(map(len, rate_texts(LOGARITHMIC).values())) <= len("0.000178")
    assert max(map(len, describe_settings(tables.runs)["short"])) <= len("Adam 0.000178")
    assert summary_for_reading(tables.summary)["learning rate"].nunique() == 13
    assert sorted(set(tables.runs["learning_rate"])) == LOGARITHMIC


@pytest.mark.parametrize("digits", ["{!r}", "{:.10g}", "{:.6g}", "{:.3g}"])
def test_where_finds_a_rate_with_the_digits_that_were_shown(digits, logarithmic):
    plan = logarithmic[1]
    for rate in LOGARITHMIC:
        given = float(digits.format(rate))
        (found,) = matching_settings(plan, {"optimizer": "adam", "lr": given})
        assert {run.parameters["learning_rate"] for run in plan.runs if run.setting == found} == {
            rate
        }


def test_where_takes_an_exact_rate_alone_and_no_rate_with_fewer_digits():
    study = made_up_study(optimizers=[{"name": "adam", "lr": [0.00316, 0.0031622, 0.003]}])
    plan = plan_study("a", study, None, 1)
    assert len(matching_settings(plan, {"lr": 0.00316})) == 1
    assert len(matching_settings(plan, {"lr": 0.003})) == 1
    assert matching_settings(plan, {"lr": 0.0032}) == []
    close = made_up_study(optimizers=[{"name": "adam", "lr": [0.0031622, 0.0031623]}])
    assert len(matching_settings(plan_study("a", close, None, 1), {"lr": 0.00316})) == 2
    assert pd.Series(plan.settings).is_unique
