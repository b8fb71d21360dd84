"""The runs of a study, a row for each, best first: as a table to read, and as data to draw."""

from typing import Any

import numpy as np
import pandas as pd

from lr_atlas.common.rounding import rounded_texts
from lr_atlas.figures.looks import optimizer_colour, optimizer_name
from lr_atlas.locale.speech import mark, numeral, say, say_word
from lr_atlas.report.number_text import plain_value
from lr_atlas.studies.study_metric import StudyMetric

#: A page has no more rows of runs than this, the best ones; runs.csv has all.
MOST_RUNS = 1_000
#: Columns of the table of runs that are parameters, beside those between learning_rate and seed.
_FIRST = "learning_rate"
#: Headings, as `say_word` says them.
HEADINGS = {
    "optimizer": mark("optimizer"),
    "learning_rate": mark("learning rate"),
    "batch_size": mark("batch size"),
    "weight_decay": mark("weight decay"),
    "epochs": mark("epochs"),
    "steps": mark("steps"),
    "seed": mark("seed"),
    "status": mark("status"),
    "seconds_per_epoch": mark("s per epoch"),
}
#: The ends of a run, as `say_word` says them.
STATUSES = mark("finished"), mark("diverged"), mark("collapsed")
_TEXTS = ("optimizer", "status")
_DIGITS = 6


def best_first(runs: pd.DataFrame, metric: StudyMetric) -> pd.DataFrame:
    """Return the runs with the best final value on the validation images first, lost ones last."""
    order = (metric.sign * runs[metric.validation].astype(float)).where(
        runs["status"] != "diverged"
    )
    return runs.loc[order.sort_values(ascending=False, kind="stable").index].reset_index(drop=True)


def shown_columns(runs: pd.DataFrame, metric: StudyMetric) -> list[str]:
    """Return the columns of the table of runs that a page shows, in their order.

    Parameters are among them where they vary; measures where there are any.
    """
    names = list(runs.columns)
    parameters = names[names.index(_FIRST) : names.index("seed")]
    varied = [name for name in parameters if runs[name].map(str).nunique() > 1]
    measured = [metric.validation, metric.best, metric.train, "validation_loss", "train_loss"]
    ends = [f"best_validation_{unit}" for unit in ("epoch", "step")]
    wanted = ["optimizer", *varied, "seed", "status", *measured, *ends, "seconds_per_epoch"]
    there = [name for name in dict.fromkeys(wanted) if name in runs]
    return [name for name in there if runs[name].notna().any()]


def heading(name: str, metric: StudyMetric) -> str:
    """Return what a column of the table of runs is called."""
    if name in HEADINGS:
        return say_word(HEADINGS[name])
    if name == metric.validation:
        return metric.on_validation + metric.in_unit
    if name == metric.best:
        return say("best {metric}", metric=metric.on_validation) + metric.in_unit
    if name == metric.train:
        return say("training {metric}", metric=metric.called) + metric.in_unit
    if name == "validation_loss":
        return say("validation {metric}", metric=say_word("loss"))
    if name == "train_loss":
        return say("training {metric}", metric=say_word("loss"))
    if name == "best_validation_epoch":
        return say("best epoch")
    if name == "best_validation_step":
        return say("best step")
    return name.replace("_", " ")


def runs_for_reading(runs: pd.DataFrame, metric: StudyMetric) -> pd.DataFrame:
    """Return a row of texts for each run, the best first, no more than MOST_RUNS.

    runs: the table of collect.collect_study.
    """
    ordered = best_first(runs, metric).head(MOST_RUNS)
    return pd.DataFrame(
        {
            heading(name, metric): _texts(ordered[name], name, metric)
            for name in shown_columns(runs, metric)
        }
    )


def runs_note(runs: pd.DataFrame, metric: StudyMetric) -> str:
    """Return how the table of runs was made."""
    said = say(
        "A row for each run, ordered by its final value of {metric}. Parameters stand here where "
        "they vary. These are single runs: the best of many is best by luck too, so the answer "
        "above rests on settings, not on them.",
        metric=metric.on_validation,
    )
    if len(runs) <= MOST_RUNS:
        return said
    left = say("The best {count} are shown; `runs.csv` has all.", count=MOST_RUNS)
    return f"{said} {left}"


def run_data(runs: pd.DataFrame, metric: StudyMetric) -> dict:
    """Return the runs as plain values, for the page's script to draw them.

    Returns a dict with `columns`, dicts with name, label, number (0 or 1) and parameter (0 or 1);
    `rows`, lists of their values, None where there is none; `colours` by optimizer as it is called;
    and `metric`, the place of the column that the study is about.
    """
    ordered = best_first(runs, metric).head(MOST_RUNS)
    names = shown_columns(runs, metric)
    kinds = {name: _is_number(ordered[name], name) for name in names}
    columns = [_plain(ordered[name], name, metric, kinds[name]) for name in names]
    before_seed = names[1 : names.index("seed")]
    return {
        "columns": [
            {
                "name": name,
                "label": heading(name, metric),
                "number": int(kinds[name]),
                "parameter": int(name in before_seed),
            }
            for name in names
        ],
        "rows": [list(row) for row in zip(*columns, strict=True)],
        "colours": {
            optimizer_name(name): optimizer_colour(name) for name in ordered["optimizer"].unique()
        },
        "metric": names.index(metric.validation),
    }


def _is_number(values: pd.Series, name: str) -> bool:
    return name not in _TEXTS and pd.api.types.is_numeric_dtype(values)


def _scale(name: str, metric: StudyMetric) -> float:
    return metric.metric.scale if name in (metric.validation, metric.best, metric.train) else 1


def _plain(values: pd.Series, name: str, metric: StudyMetric, is_number: bool) -> list[Any]:
    if name == "optimizer":
        return [optimizer_name(value) for value in values]
    if name == "status":
        return [say_word(value) for value in values]
    if not is_number:
        return [plain_value(value) if _is_one(value) else str(value) for value in values]
    shown = values.astype(float) * _scale(name, metric)
    return [float(f"{each:.{_DIGITS}g}") if np.isfinite(each) else None for each in shown]


def _texts(values: pd.Series, name: str, metric: StudyMetric) -> list[str]:
    if not _is_number(values, name):
        return [str(each) for each in _plain(values, name, metric, False)]
    if name in (metric.validation, metric.best, metric.train):
        return ["" if pd.isna(each) else metric.number(each) for each in values]
    if name.endswith("_loss"):
        return ["" if pd.isna(each) else numeral(f"{each:.4g}") for each in values]
    if name == "seconds_per_epoch":
        return ["" if pd.isna(each) else numeral(f"{each:.3g}") for each in values]
    if pd.api.types.is_float_dtype(values):
        texts = rounded_texts(values.dropna())
        return ["" if pd.isna(each) else numeral(texts[each]) for each in values]
    return [plain_value(each) for each in values]


def _is_one(value: Any) -> bool:
    return not isinstance(value, (list, tuple, np.ndarray))
