"""The report of a regression: its own words and units, and nothing that makes no sense there."""

import pandas as pd
import pytest
from page_tables import DATA, made_up, made_up_study
from study_tables import mirrored

from lr_atlas.analysis.study_analysis import analyse
from lr_atlas.figures import drawn
from lr_atlas.figures.study import figures_of_study, save_figure
from lr_atlas.figures.wording import Wording
from lr_atlas.report.curve_data import curve_data
from lr_atlas.report.images import read_images
from lr_atlas.report.page import study_page
from lr_atlas.report.study_report import answer_for_file, study_report
from lr_atlas.report.summary import study_latex, study_markdown
from lr_atlas.studies.given_metric import study_metric
from lr_atlas.tables.study_tables import StudyTables

REGRESSION = DATA | {
    "form": {"shape": [8], "outputs": 1, "task": "regression"},
    "transposed": False,
}


@pytest.fixture(scope="module")
def regression():
    """(StudyTables, StudyReport) of a study of RMSE, in which a setting diverged."""
    claim = {"claim": "better", "where": {"optimizer": "adam", "lr": 1e-3}}
    study = made_up_study(claims=[claim | {"than": {"optimizer": "adam", "lr": 1e-4}}])
    plan, tables = made_up(study, ends={"sgd-lr1-momentum0.9": "diverged"})
    epochs, runs = mirrored(tables.epochs), mirrored(tables.runs)
    analysis, found = analyse(plan, study, REGRESSION, epochs, runs, test=None)
    metric = study_metric(study, REGRESSION)
    found["optimizers"] = found["optimizers"].fillna({"best_setting": ""})
    more = {"measures": analysis.measured, "first_epoch": pd.DataFrame({"setting": []})}
    tables = StudyTables(epochs=epochs, runs=runs, metric=metric, **more, **found)
    return tables, study_report(plan, study, REGRESSION, tables)


def test_texts_speak_of_the_metric_and_of_rows(regression):
    _, report = regression
    said = report.answer.sentences[0]
    assert "reached the lowest validation RMSE after the last epoch: a mean of **0.1" in said
    assert "its upper end allows for the choice" in said
    text = study_markdown(report).partition("Data:")[0]
    assert "accurac" not in text
    assert "point" not in text
    assert "images" not in text
    assert "validation RMSE" in report.optimizers.rows
    assert "validation RMSE" in study_latex(report)
    assert answer_for_file(report)["metric"] == "RMSE"


def test_the_page_offers_what_was_measured(regression):
    tables, report = regression
    curves = curve_data(tables.epochs, tables.runs, tables.metric)
    assert [each["key"] for each in curves["measures"]] == ["rmse", "loss"]
    assert curves["measures"][0]["series"] == ["train", "validation"]
    assert {"running_loss", "validation_rmse"} <= curves["runs"][0].keys()
    page = study_page(report, curves)
    assert 'value="rmse" checked> RMSE</label>' in page
    assert 'value="accuracy"' not in page


def test_figures_of_classes_and_pictures_say_that_there_are_none_and_the_page_omits_them(
    regression, tmp_path
):
    tables, _ = regression
    wording = Wording("a", validation="100", loss="mse", metric=tables.metric)
    drawings = dict(figures_of_study(tables, wording))
    for name in ("confusion", "mistakes", "heatmap"):
        save_figure(drawings[name](), tmp_path / name, ["svg"])
    paths = sorted(tmp_path.glob("*.svg"))
    assert all(path.stat().st_size for path in paths)
    assert [image.name for image in read_images(paths, tables.metric)] == ["heatmap"]
    assert drawn.figures()["sensitivity"].of(tables.metric).title == "RMSE against learning rate"


@pytest.mark.parametrize(
    "name", ["sensitivity", "heatmap", "pairs", "best_settings", "validation_curves", "best_of"]
)
def test_a_figure_is_drawn_where_less_is_better(regression, name):
    tables, _ = regression
    wording = Wording("a", validation="100", loss="mse", metric=tables.metric)
    figure = drawn.draw(name, tables, wording)
    figure.draw_without_rendering()
    labels = " ".join(axes.get_ylabel() + axes.get_xlabel() for axes in figure.axes)
    assert "%" not in labels
    assert "accuracy" not in labels
