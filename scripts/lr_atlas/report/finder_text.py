"""The learning-rate finder's suggestions as a table of texts and a sentence."""

from typing import Any

import pandas as pd

from lr_atlas.figures.looks import optimizer_name
from lr_atlas.report.number_text import MINUS, ahead, between, number
from lr_atlas.studies.study_metric import StudyMetric
from lr_atlas.tables.study_tables import StudyTables


def finder_for_reading(tables: StudyTables) -> pd.DataFrame:
    """Return a row of texts per optimizer and way to read its range tests."""
    metric = tables.metric
    rows = [
        {
            "optimizer": optimizer_name(row.optimizer),
            "read by": row.method,
            "range tests": number(row.n),
            "suggested": _suggested(row),
            "best measured rate": number(row.best_learning_rate),
            "off (decades)": _off(row),
            f"lost{metric.in_unit_of_difference}": _lost(metric, row),
        }
        for row in tables.finder.itertuples()
    ]
    return pd.DataFrame(rows)


def finder_sentence(tables: StudyTables) -> str:
    """Return how far off the steepest descent is, and what that loses, for each optimizer."""
    found, metric = tables.finder, tables.metric
    if found.empty:
        return ""
    told = []
    for row in found[found["method"] == found["method"].iloc[0]].itertuples():
        name = optimizer_name(row.optimizer)
        if pd.isna(row.off):
            told.append(f"{name}: {row.refused}")
            continue
        side = "below" if row.off < 0 else "above"
        text = f"{name} {abs(row.off):.1f} decades {side} the best measured rate"
        told.append(f"{text}, which loses {_in_words(metric, row)}")
    return f"A range test's steepest descent suggests for {'; for '.join(told)}."


def finder_note(tables: StudyTables) -> str:
    """Return how the suggestions are made and held against the measured rates."""
    if tables.finder.empty:
        return ""
    metric = tables.metric
    return (
        "Range test (Smith 2017, arXiv:1506.01186): the learning rate rises by the same factor at "
        "each step, a batch each, with the other arguments, batches, loss and network of those of "
        "the optimizer's settings that were run at the most learning rates. The loss is smoothed "
        "by a running mean (weights fall by 0.98 a step) and read until it is four times its "
        "smallest. Steepest descent: where it falls fastest per decade, without the first tenth of "
        "the steps. Valley, after fastai: the middle of its longest descent. Suggested: the "
        "geometric mean over the range tests, which differ in the seed alone. Off: decades from "
        f"the best measured rate of those settings. Lost: {metric.final} {metric.on_validation} "
        "of that rate against the suggestions, read off the lines that join the "
        "measured means over the logarithm of the rate, so between measured rates it is an "
        "interpolation, and outside them nothing is said. In brackets 95 % intervals by Student's "
        "t over the range tests alone: the scatter of the measured runs, and that the best rate "
        "was picked, are not in them."
    )


def _suggested(row: Any) -> str:
    if pd.isna(row.suggested):
        return row.refused
    if pd.isna(row.suggested_low):
        return f"{row.suggested:.2g}"
    return f"{row.suggested:.2g} ({row.suggested_low:.2g} to {row.suggested_high:.2g})"


def _off(row: Any) -> str:
    if pd.isna(row.off):
        return ""
    middle, low, high = (
        f"{value:+.2f}".replace("-", MINUS) for value in (row.off, row.off_low, row.off_high)
    )
    return middle if pd.isna(row.off_low) else f"{middle} ({low} to {high})"


def _lost(metric: StudyMetric, row: Any) -> str:
    if pd.isna(row.lost):
        return row.refused
    interval = between(metric, row.lost_low, row.lost_high, signed=row.lost_low < 0)
    lost = ahead(metric, row.lost).removeprefix("+")
    return f"{lost} ({interval})" if interval else lost


def _in_words(metric: StudyMetric, row: Any) -> str:
    if pd.isna(row.lost):
        return f"what is not known ({row.refused})"
    interval = between(metric, row.lost_low, row.lost_high, signed=row.lost_low < 0)
    return metric.distance(row.lost) + (f" (95 % interval {interval})" if interval else "")
