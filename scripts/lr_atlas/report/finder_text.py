"""The learning-rate finder's suggestions as a table of texts and a sentence."""

from typing import Any

import pandas as pd

from lr_atlas.figures.looks import optimizer_name
from lr_atlas.locale.speech import numeral, say, say_word
from lr_atlas.report.number_text import MINUS, ahead, between, number
from lr_atlas.studies.study_metric import StudyMetric
from lr_atlas.tables.study_tables import StudyTables


def finder_for_reading(tables: StudyTables) -> pd.DataFrame:
    """Return a row of texts per optimizer and way to read its range tests."""
    metric = tables.metric
    lost = f"{say('lost')}{metric.in_unit_of_difference}"
    rows = [
        {
            say("optimizer"): optimizer_name(row.optimizer),
            say("read by"): say_word(row.method),
            say("range tests"): number(row.n),
            say("suggested"): _suggested(row),
            say("best measured rate"): number(row.best_learning_rate),
            say("off (decades)"): _off(row),
            lost: _lost(metric, row),
        }
        for row in tables.finder.itertuples()
    ]
    return pd.DataFrame(rows)


def finder_sentence(tables: StudyTables) -> str:
    """Return how far off the steepest descent is, and what that loses, for each optimizer."""
    found, metric = tables.finder, tables.metric
    if found.empty:
        return ""
    steepest = found[found["method"] == found["method"].iloc[0]]
    told = "; ".join(_told(metric, row) for row in steepest.itertuples())
    return say("A range test's steepest descent suggests {told}.", told=told)


def _told(metric: StudyMetric, row: Any) -> str:
    """Return the clause on an optimizer: how far off its suggestion is, and what that loses."""
    name = optimizer_name(row.optimizer)
    if pd.isna(row.off):
        return say("for {optimizer}: {why}", optimizer=name, why=say_word(row.refused))
    values = {"optimizer": name, "off": abs(row.off)}
    if pd.isna(row.lost):
        values["why"] = say_word(row.refused)
        if row.off < 0:
            return say(
                "for {optimizer} {off:.1f} decades below the best measured rate, which loses what "
                "is not known ({why})",
                **values,
            )
        return say(
            "for {optimizer} {off:.1f} decades above the best measured rate, which loses what is "
            "not known ({why})",
            **values,
        )
    values["lost"] = _lost_in_words(metric, row)
    if row.off < 0:
        return say(
            "for {optimizer} {off:.1f} decades below the best measured rate, which loses {lost}",
            **values,
        )
    return say(
        "for {optimizer} {off:.1f} decades above the best measured rate, which loses {lost}",
        **values,
    )


def finder_note(tables: StudyTables) -> str:
    """Return how the suggestions are made and held against the measured rates."""
    if tables.finder.empty:
        return ""
    metric = tables.metric
    return say(
        "Range test (Smith 2017, arXiv:1506.01186): the learning rate rises by the same factor at "
        "each step, a batch each, with the other arguments, batches, loss and network of those of "
        "the optimizer's settings that were run at the most learning rates. The loss is smoothed "
        "by a running mean (weights fall by 0.98 a step) and read until it is four times its "
        "smallest. Steepest descent: where it falls fastest per decade, without the first tenth of "
        "the steps. Valley, after fastai: the middle of its longest descent. Suggested: the "
        "geometric mean over the range tests, which differ in the seed alone. Off: decades from "
        "the best measured rate of those settings. Lost: {final} {metric} of that rate against the "
        "suggestions, read off the lines that join the measured means over the logarithm of the "
        "rate, so between measured rates it is an interpolation, and outside them nothing is said. "
        "In brackets 95 % intervals by Student's t over the range tests alone: the scatter of the "
        "measured runs, and that the best rate was picked, are not in them.",
        final=metric.final,
        metric=metric.on_validation,
    )


def _suggested(row: Any) -> str:
    if pd.isna(row.suggested):
        return say_word(row.refused)
    middle, low, high = (
        numeral(f"{value:.2g}") for value in (row.suggested, row.suggested_low, row.suggested_high)
    )
    if pd.isna(row.suggested_low):
        return middle
    return f"{middle} ({say('{low} to {high}', low=low, high=high)})"


def _off(row: Any) -> str:
    if pd.isna(row.off):
        return ""
    middle, low, high = (
        numeral(f"{value:+.2f}".replace("-", MINUS))
        for value in (row.off, row.off_low, row.off_high)
    )
    if pd.isna(row.off_low):
        return middle
    return f"{middle} ({say('{low} to {high}', low=low, high=high)})"


def _lost(metric: StudyMetric, row: Any) -> str:
    if pd.isna(row.lost):
        return say_word(row.refused)
    interval = between(metric, row.lost_low, row.lost_high, signed=row.lost_low < 0)
    lost = ahead(metric, row.lost).removeprefix("+")
    return f"{lost} ({interval})" if interval else lost


def _lost_in_words(metric: StudyMetric, row: Any) -> str:
    lost = metric.distance(row.lost)
    interval = between(metric, row.lost_low, row.lost_high, signed=row.lost_low < 0)
    if not interval:
        return lost
    return say("{value} (95 % interval {interval})", value=lost, interval=interval)
