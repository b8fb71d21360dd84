"""The settings of a study as a table of texts, and how that table is to be read."""

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from lr_atlas.common.rounding import rounded_texts
from lr_atlas.config.study_models import Study
from lr_atlas.report.number_text import between, plain_value
from lr_atlas.runs.missing_runs import missing_by_setting
from lr_atlas.studies.grid import Run
from lr_atlas.studies.study_metric import ACCURACY, StudyMetric

#: The column of scores, which stands beside the means where these leave diverged runs out.
_COUNTED = "with diverged runs as guessing"


def summary_for_reading(
    summary: pd.DataFrame, missing: Sequence[Run] = (), metric: StudyMetric = ACCURACY
) -> pd.DataFrame:
    """Return the summary as texts: parameters, means ± standard deviations, remarks by setting.

    missing: runs that the summary lacks, which become a remark. metric: of the study. Where runs
    diverged, a column more has the means that settings are ranked by.
    """
    parameters = list(summary.columns[: summary.columns.get_loc("seeds")])
    parameters = [name for name in parameters if name not in ("study", "setting", "dataset")]
    table = pd.DataFrame({name: _parameter_texts(summary[name]) for name in parameters})
    table = table.rename(columns=lambda name: name.replace("_", " "))
    at_step = "best_validation_step" in summary
    titles = {
        metric.validation: metric.on_validation,
        metric.train: f"training {metric.title}",
        f"running_{metric.name}": "before the evaluation" if at_step else "during the epoch",
    }
    for column, title in titles.items():
        if column not in metric.columns or _not_written(summary[f"{column}_mean"], metric):
            continue
        means, deviations = (summary[f"{column}_{name}"] for name in ("mean", "std"))
        table[f"{title}{metric.in_unit}"] = [
            _mean_and_deviation(metric, mean, deviation)
            for mean, deviation in zip(means, deviations, strict=True)
        ]
        if f"{column}_low" in summary:
            table["95 % interval"] = [
                between(metric, low, high)
                for low, high in zip(
                    summary[f"{column}_low"], summary[f"{column}_high"], strict=True
                )
            ]
        if column == metric.validation and _counts_diverged(summary):
            table[f"{_COUNTED}{metric.in_unit}"] = [
                _mean_and_deviation(metric, score, math.nan) for score in summary["score"]
            ]
    if not _not_written(summary["generalisation_gap"], metric):
        table[f"gap{metric.in_unit_of_difference}"] = [
            "" if pd.isna(gap) else _short_gap(metric, gap) for gap in summary["generalisation_gap"]
        ]
    place = "best_validation_step" if at_step else "best_validation_epoch"
    table["best step" if at_step else "best epoch"] = summary[place].map(plain_value)
    table["s per epoch"] = summary["seconds_per_epoch"].map(
        lambda seconds: "" if pd.isna(seconds) else f"{seconds:.2f}"
    )
    table["runs"] = summary["seeds"].map(str)
    lacking = missing_by_setting(missing)
    table["remarks"] = [
        ", ".join(
            [
                *_place(row),
                *(
                    f"{count} {status}"
                    for count, status in (
                        (row.diverged, "diverged"),
                        (row.collapsed, "collapsed"),
                        (lacking[row.setting], "missing"),
                    )
                    if count
                ),
            ]
        )
        for row in summary.itertuples()
    ]
    return table


def _not_written(values: pd.Series, metric: StudyMetric) -> bool:
    """Return whether a program has not measured what a column is for."""
    return metric.of_program and not values.notna().any()


def _short_gap(metric: StudyMetric, gap: float) -> str:
    return f"{metric.metric.scale * gap:.1f}" if metric.is_share else metric.number(gap)


def _counts_diverged(summary: pd.DataFrame) -> bool:
    """Return whether a setting has two means, without its diverged runs and with them."""
    return "score" in summary and bool((summary["diverged"] > 0).any())


def _parameter_texts(values: pd.Series) -> pd.Series:
    """Return a parameter's values as texts, numbers rounded as far as they stay apart."""
    if pd.api.types.is_float_dtype(values):
        return values.map(rounded_texts(values.dropna())).fillna("")
    return values.map(plain_value)


def _place(row: Any) -> list[str]:
    """Return that a setting is its optimizer's best, or on the plateau with it, if it is."""
    if getattr(row, "best_of_optimizer", False) in (True, "True"):
        return ["best of its optimizer"]
    return ["on its plateau"] if getattr(row, "on_plateau", False) in (True, "True") else []


def reading_notes(study: Study, summary: pd.DataFrame, metric: StudyMetric = ACCURACY) -> list[str]:
    """Return how the summary was made and what it does not show; sentences."""
    diverged = "A diverged run is counted in the remarks and is in no mean of this table"
    if _counts_diverged(summary):
        diverged += f', but for the column "{_COUNTED}"'
    values = metric.plural[0].upper() + metric.plural[1:]
    by_steps = "best_validation_step" in summary
    last, place = ("evaluation", "step") if by_steps else ("epoch", "epoch")
    of_end = f"of the last {last}"
    if metric.last > 1:
        of_end = f"each run's mean of the last {metric.last} {metric.rows}"
    gap = f"Gap: training minus {metric.on_validation}. "
    if metric.sign < 0:
        gap = f"Gap: validation minus training {metric.title}. "
    if _not_written(summary["generalisation_gap"], metric):
        gap = ""
    return [
        f"{values} are {of_end}: mean ± standard deviation over the runs of a setting, "
        "which differ in the seed alone; with one run there is no deviation.",
        f"Intervals are Student's t over these runs, each for itself. {diverged}; where settings "
        "are ranked it counts as guessing.",
        f"{gap}Best {place}: where the mean {metric.on_validation} "
        f"was {metric.highest}. Seconds are those of training on the machine that ran it, whatever "
        "else it did at the time.",
        *(
            [f"All choices that this table suggests would be made on the test {metric.things}."]
            if study.validation == "test"
            else []
        ),
    ]


def _mean_and_deviation(metric: StudyMetric, mean: float, deviation: float) -> str:
    if pd.isna(mean):
        return ""
    return metric.number(mean) + ("" if pd.isna(deviation) else f" ± {metric.number(deviation)}")
