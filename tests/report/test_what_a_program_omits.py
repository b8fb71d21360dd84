"""Figures, tables and curves leave out what a program does not write."""

from dataclasses import replace

import numpy as np
import pytest
from page_tables import made_up, made_up_study

from lr_atlas.figures.curves import curves
from lr_atlas.figures.drawn.best_settings import best_settings
from lr_atlas.figures.drawn.loss_curves import loss_curves
from lr_atlas.figures.wording import Wording
from lr_atlas.report.curve_data import curve_data
from lr_atlas.report.summary_text import reading_notes, summary_for_reading
from lr_atlas.studies.study_metric import ACCURACY

METRIC = replace(ACCURACY, task="program", things="examples")
WORDING = Wording("a", validation="", loss="", metric=METRIC)


@pytest.fixture(scope="module")
def tables():
    """The tables of a program that writes its validation accuracy alone."""
    _, tables = made_up(made_up_study(seeds=2))
    others = [column for column in METRIC.columns if column != METRIC.validation]
    means = [f"{column}_mean" for column in others if f"{column}_mean" in tables.summary]
    empty = dict.fromkeys([*means, "generalisation_gap"], np.nan)
    epochs = tables.epochs.assign(**dict.fromkeys(others, np.nan))
    return replace(tables, epochs=epochs, summary=tables.summary.assign(**empty), metric=METRIC)


def with_lines(figure):
    return [axes for axes in figure.axes if axes.lines]


def test_its_figures_have_no_empty_panels(tables):
    setting = tables.runs["setting"].iloc[0]
    best = best_settings(tables.epochs, tables.runs, [setting], WORDING)
    (axes,) = with_lines(best)
    assert axes.get_title(loc="left") == "held-out examples"
    assert "running mean" not in best.get_supxlabel()
    (axes,) = with_lines(curves(tables.epochs, tables.runs, setting, WORDING))
    assert axes.get_ylabel() == "accuracy (%)"
    losses = loss_curves(tables.epochs, tables.runs, WORDING)
    assert [text.get_text() for axes in losses.axes for text in axes.texts] == [
        "No training loss was measured."
    ]


def test_its_table_and_curves_have_no_empty_columns(tables):
    table = summary_for_reading(tables.summary, metric=METRIC)
    assert not [name for name in table if name.startswith(("training", "during", "gap"))]
    assert "Gap" not in " ".join(reading_notes(made_up_study(), tables.summary, METRIC))
    measures = curve_data(tables.epochs, tables.runs, METRIC)["measures"]
    assert {tuple(each["series"]) for each in measures} == {("validation",)}
    assert "loss" not in {each["key"] for each in measures}
