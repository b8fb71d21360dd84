"""The settings of a study as a table of texts, and how that table is to be read."""

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from lr_atlas.common.rounding import rounded_texts
from lr_atlas.config.study_models import Study
from lr_atlas.locale.speech import mark, numeral, say, say_counted, say_word
from lr_atlas.report.number_text import between, plain_value
from lr_atlas.runs.missing_runs import missing_by_setting
from lr_atlas.studies.grid import Run
from lr_atlas.studies.study_metric import ACCURACY, StudyMetric

#: The columns of parameters that are the same in every study, and other common ones.
PARAMETERS = (
    *(mark("optimizer"), mark("learning rate"), mark("momentum"), mark("weight decay")),
    *(mark("batch size"), mark("loss"), mark("network"), mark("hidden"), mark("activation")),
    *(mark("dropout"), mark("schedule"), mark("momentum schedule"), mark("weight decay schedule")),
    *(mark("epochs"), mark("steps"), mark("dampening"), mark("alpha"), mark("eps"), mark("clip")),
    *(mark("average"), mark("accumulate"), mark("validation"), mark("model")),
)


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
    table = table.rename(columns=lambda name: say_word(name.replace("_", " ")))
    at_step = "best_validation_step" in summary
    for column, values in _measured(summary, metric, at_step).items():
        table[column] = values
    if not _not_written(summary["generalisation_gap"], metric):
        table[f"{say('gap')}{metric.in_unit_of_difference}"] = [
            "" if pd.isna(gap) else _short_gap(metric, gap) for gap in summary["generalisation_gap"]
        ]
    place = "best_validation_step" if at_step else "best_validation_epoch"
    heading = say("best step") if at_step else say("best epoch")
    table[heading] = summary[place].map(plain_value)
    table[say("s per epoch")] = summary["seconds_per_epoch"].map(
        lambda seconds: "" if pd.isna(seconds) else numeral(f"{seconds:.2f}")
    )
    table[say("runs")] = summary["seeds"].map(str)
    lacking = missing_by_setting(missing)
    table[say("remarks")] = [
        ", ".join(_remarks(row, lacking[row.setting])) for row in summary.itertuples()
    ]
    return table


def _measured(
    summary: pd.DataFrame, metric: StudyMetric, at_step: bool
) -> dict[str, Sequence[str]]:
    """Return the columns of what was measured, by their headings."""
    titles = {
        metric.validation: metric.on_validation,
        metric.train: say("training {metric}", metric=metric.called),
        f"running_{metric.name}": say("before the evaluation")
        if at_step
        else say("during the epoch"),
    }
    table: dict[str, Sequence[str]] = {}
    for column, title in titles.items():
        if column not in metric.columns or _not_written(summary[f"{column}_mean"], metric):
            continue
        means, deviations = (summary[f"{column}_{name}"] for name in ("mean", "std"))
        table[f"{title}{metric.in_unit}"] = [
            _mean_and_deviation(metric, mean, deviation)
            for mean, deviation in zip(means, deviations, strict=True)
        ]
        if f"{column}_low" in summary:
            ends = zip(summary[f"{column}_low"], summary[f"{column}_high"], strict=True)
            table[say("95 % interval")] = [between(metric, low, high) for low, high in ends]
        if column == metric.validation and _counts_diverged(summary):
            table[f"{_counted_heading()}{metric.in_unit}"] = [
                _mean_and_deviation(metric, score, math.nan) for score in summary["score"]
            ]
    return table


def _counted_heading() -> str:
    """Return the heading of scores, beside the means where these leave diverged runs out."""
    return say("with diverged runs as guessing")


def _remarks(row: Any, lacking: int) -> list[str]:
    """Return what a reader must know of a setting and its runs."""
    remarks = _place(row)
    if row.diverged:
        remarks.append(say_counted("{count:g} diverged", "{count:g} diverged", row.diverged))
    if row.collapsed:
        remarks.append(say_counted("{count:g} collapsed", "{count:g} collapsed", row.collapsed))
    if lacking:
        remarks.append(say_counted("{count:g} missing", "{count:g} missing", lacking))
    return remarks


def _not_written(values: pd.Series, metric: StudyMetric) -> bool:
    """Return whether a program has not measured what a column is for."""
    return metric.of_program and not values.notna().any()


def _short_gap(metric: StudyMetric, gap: float) -> str:
    shown = metric.metric.scale * gap
    return numeral(f"{shown:.1f}") if metric.is_share else metric.number(gap)


def _counts_diverged(summary: pd.DataFrame) -> bool:
    """Return whether a setting has two means, without its diverged runs and with them."""
    return "score" in summary and bool((summary["diverged"] > 0).any())


def _parameter_texts(values: pd.Series) -> pd.Series:
    """Return a parameter's values as texts, numbers rounded as far as they stay apart."""
    if pd.api.types.is_float_dtype(values):
        texts = {value: numeral(text) for value, text in rounded_texts(values.dropna()).items()}
        return values.map(texts).fillna("")
    return values.map(plain_value)


def _place(row: Any) -> list[str]:
    """Return that a setting is its optimizer's best, or on the plateau with it, if it is."""
    if getattr(row, "best_of_optimizer", False) in (True, "True"):
        return [say("best of its optimizer")]
    on_plateau = getattr(row, "on_plateau", False) in (True, "True")
    return [say("on its plateau")] if on_plateau else []


def reading_notes(study: Study, summary: pd.DataFrame, metric: StudyMetric = ACCURACY) -> list[str]:
    """Return how the summary was made and what it does not show; sentences."""
    by_steps = "best_validation_step" in summary
    notes = [_means_are(metric, by_steps), _intervals_are(_counts_diverged(summary))]
    if not _not_written(summary["generalisation_gap"], metric):
        notes.append(
            say("Gap: training minus {validation}.", validation=metric.on_validation)
            if metric.sign > 0
            else say("Gap: validation minus training {metric}.", metric=metric.called)
        )
    notes.append(_best_is(metric, by_steps))
    notes.append(
        say(
            "Seconds are those of training on the machine that ran it, whatever else it did at "
            "the time."
        )
    )
    if study.validation == "test":
        notes.append(
            say(
                "All choices that this table suggests would be made on the test {things}.",
                things=say_word(metric.things),
            )
        )
    return notes


def _means_are(metric: StudyMetric, by_steps: bool) -> str:
    values = metric.plural[0].upper() + metric.plural[1:]
    if metric.last > 1:
        return say(
            "{values} are each run's mean of the last {last} {rows}: mean ± standard deviation "
            "over the runs of a setting, which differ in the seed alone; with one run there is no "
            "deviation.",
            values=values,
            last=metric.last,
            rows=say_word(metric.rows),
        )
    if by_steps:
        return say(
            "{values} are of the last evaluation: mean ± standard deviation over the runs of a "
            "setting, which differ in the seed alone; with one run there is no deviation.",
            values=values,
        )
    return say(
        "{values} are of the last epoch: mean ± standard deviation over the runs of a setting, "
        "which differ in the seed alone; with one run there is no deviation.",
        values=values,
    )


def _intervals_are(counts_diverged: bool) -> str:
    if counts_diverged:
        return say(
            "Intervals are Student's t over these runs, each for itself. A diverged run is counted "
            'in the remarks and is in no mean of this table, but for the column "{column}"; where '
            "settings are ranked it counts as guessing.",
            column=_counted_heading(),
        )
    return say(
        "Intervals are Student's t over these runs, each for itself. A diverged run is counted in "
        "the remarks and is in no mean of this table; where settings are ranked it counts as "
        "guessing."
    )


def _best_is(metric: StudyMetric, by_steps: bool) -> str:
    validation, most = metric.on_validation, metric.metric.higher_is_better
    if by_steps:
        return (
            say("Best step: where the mean {validation} was highest.", validation=validation)
            if most
            else say("Best step: where the mean {validation} was lowest.", validation=validation)
        )
    return (
        say("Best epoch: where the mean {validation} was highest.", validation=validation)
        if most
        else say("Best epoch: where the mean {validation} was lowest.", validation=validation)
    )


def _mean_and_deviation(metric: StudyMetric, mean: float, deviation: float) -> str:
    if pd.isna(mean):
        return ""
    return metric.number(mean) + ("" if pd.isna(deviation) else f" ± {metric.number(deviation)}")
