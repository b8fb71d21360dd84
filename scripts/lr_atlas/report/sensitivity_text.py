"""The sensitivity of optimizers to their learning rate, as a table of texts and a sentence."""

from typing import Any

import pandas as pd

from lr_atlas.analysis.default_arguments import NOT_ASKED
from lr_atlas.common.rounding import rounded_texts
from lr_atlas.figures.looks import optimizer_name
from lr_atlas.report.number_text import ahead, apart, between, listed, number
from lr_atlas.report.ranking_table import plateau_text
from lr_atlas.studies.metric_columns import metric_of, title_of
from lr_atlas.studies.study_metric import StudyMetric, number_of
from lr_atlas.tables.study_tables import StudyTables

_LOSS = metric_of("validation_loss")
_OPTIMUM_DIGITS = 2


def sensitivity_for_reading(tables: StudyTables) -> pd.DataFrame:
    """Return a row of texts per optimizer, in the order of the ranking.

    Numbers have their 95 % interval in brackets. Columns that hold nothing are left out.
    """
    metric, found = tables.metric, tables.sensitivity
    unit = metric.in_unit_of_difference
    rates = rounded_texts(tables.summary["learning_rate"])
    ranked = tables.optimizers.set_index("optimizer", drop=False)
    rows = [
        {
            "optimizer": optimizer_name(row.optimizer),
            "learning rates": _grid(row, rates),
            "seeds": number(row.seeds),
            f"sensitivity{unit}": _with_interval(metric, row, "sensitivity"),
            f"around the best rate{unit}": _around(metric, row),
            f"sensitivity of the {_loss_title()}": _of_loss(row),
            "plateau": plateau_text(ranked.loc[row.optimizer], rates),
            "fitted optimum": _optimum(row),
            f"defaults, below the best setting{unit}": _defaults(metric, row, rates),
        }
        for row in found.itertuples()
    ]
    table = pd.DataFrame(rows)
    empty = [name for name in table if (table[name] == "").all()]
    return table.drop(columns=empty)


def sensitivity_sentence(tables: StudyTables) -> str:
    """Return what the optimizers lose around their best rates, and by their default arguments."""
    found, metric = tables.sensitivity, tables.metric
    if found.empty:
        return ""
    compared = found[found["around"].notna()]
    sentences = []
    if len(compared):
        lost = [
            f"{optimizer_name(row.optimizer)} "
            + _told(metric.distance(row.around), _between(metric, row.around_low, row.around_high))
            for row in compared.sort_values("around", kind="stable").itertuples()
        ]
        below, above = compared["around_below"].iloc[0], compared["around_above"].iloc[0]
        sentences.append(
            f"On average over the learning rates from {below:.2g} decades below an optimizer's "
            f"best one to {above:.2g} above, it loses against that one: {listed(lost)}."
        )
    left_out = found[found["around"].isna() & (found["rates"] > 1)]
    if len(left_out):
        why = [
            f"{optimizer_name(row.optimizer)} ({row.around_refused})"
            for row in left_out.itertuples()
        ]
        sentences.append(f"Not compared: {listed(why)}.")
    tried = found[found["regret"].notna()]
    if len(tried):
        lost = [
            f"{optimizer_name(row.optimizer)} "
            + (
                "nothing"
                if row.defaults_setting == row.setting
                else _told(
                    metric.distance(row.regret), _between(metric, row.regret_low, row.regret_high)
                )
            )
            for row in tried.sort_values("regret", kind="stable").itertuples()
        ]
        sentences.append(
            f"torch's default arguments lose against the best setting: {listed(lost)}."
        )
    return " ".join(sentences)


def sensitivity_note(tables: StudyTables) -> str:
    """Return how the numbers are made, and what they do not say."""
    found, metric = tables.sensitivity, tables.metric
    if found.empty:
        return ""
    guessing = "guessing" if metric.metric.diverged is None else "the worst value"
    text = (
        "Sensitivity, after Wortsman et al. 2023 (arXiv:2309.14322): how far the average over a "
        "line of learning rates, all else as in the best setting, lies behind the best of them, "
        f"where no value counts as worse than {guessing}. Theirs is of the validation loss over "
        "three decades around the best rate, where no loss counts as more than that at "
        f"initialisation; here it is of the {metric.final} {metric.on_validation}"
    )
    if found["loss_sensitivity"].notna().any():
        text += (
            ", and of the final validation loss in a column of its own, in which guessing stands "
            "for the initialisation"
        )
    text += (
        ", over the decades that the grid has. Each rate counts as far as its nearest neighbours "
        "leave it room on the logarithmic axis, so an even grid has equal weights. A wider grid "
        "gives another number: compare optimizers by the column around the best rate, for which "
        "every grid is cut to the decades below and above its best rate that all grids reach; "
        "optimizers with fewer than three rates, or whose best rate is the last of its grid, are "
        "left out of it. In brackets 95 % intervals by Student's t over the numbers by seed, whose "
        "lower end allows for the best rate having been picked."
    )
    if found["optimum"].notna().any():
        text += (
            " Fitted optimum: the peak of a parabola over the logarithm of the learning rate, by "
            "least squares for each seed through the best rate, its neighbours and all within half "
            "a decade; in brackets the rates at which the mean slope is not shown to differ from 0 "
            "(Fieller). It says nothing beyond the rates that it is fitted to."
        )
    if found["regret"].notna().any():
        text += (
            " Defaults: by how much the mean of the runs with all of torch's default arguments, "
            "epochs, batches, loss and network as in the best setting, lies below that setting; "
            "Welch's t, whose lower end allows for that setting having been picked. These runs are "
            "in no other table, and no setting is chosen from them."
        )
    return text


def _loss_title() -> str:
    assert _LOSS is not None
    return f"validation {title_of(_LOSS)}"


def _between(metric: StudyMetric, low: float, high: float) -> str:
    """Return an interval, with signs where it reaches below 0."""
    return between(metric, low, high, signed=low < 0)


def _told(value: str, interval: str) -> str:
    return f"{value} (95 % interval {interval})" if interval else value


def _grid(row: Any, rates: dict[float, str]) -> str:
    if pd.isna(row.rates) or pd.isna(row.from_rate):
        return ""
    if row.rates == 1:
        return rates[row.from_rate]
    width = f"{row.decades:.1f} decades"
    return f"{number(row.rates)}, {rates[row.from_rate]} to {rates[row.to_rate]} ({width})"


def _with_interval(metric: StudyMetric, row: Any, name: str) -> str:
    value, low, high = (getattr(row, f"{name}{end}") for end in ("", "_low", "_high"))
    interval = _between(metric, low, high)
    return f"{apart(metric, value)} ({interval})" if interval else apart(metric, value)


def _around(metric: StudyMetric, row: Any) -> str:
    if pd.isna(row.around):
        return row.around_refused
    return _with_interval(metric, row, "around")


def _of_loss(row: Any) -> str:
    assert _LOSS is not None
    if pd.isna(row.loss_sensitivity):
        return ""
    value, low, high = (
        number_of(_LOSS, getattr(row, f"loss_sensitivity{end}")) for end in ("", "_low", "_high")
    )
    return value if pd.isna(row.loss_sensitivity_low) else f"{value} ({low} to {high})"


def _optimum(row: Any) -> str:
    if pd.isna(row.optimum):
        return row.optimum_refused
    place, low, high = (
        f"{value:.{_OPTIMUM_DIGITS}g}" for value in (row.optimum, row.optimum_low, row.optimum_high)
    )
    if pd.isna(row.optimum_low) and pd.isna(row.optimum_high):
        interval = "wider than the fitted rates" if row.seeds > 1 else "one seed: no interval"
    elif pd.isna(row.optimum_low):
        interval = f"up to {high}, lower end not determined"
    elif pd.isna(row.optimum_high):
        interval = f"from {low}, upper end not determined"
    else:
        interval = f"{low} to {high}"
    return f"{place} ({interval})"


def _defaults(metric: StudyMetric, row: Any, rates: dict[float, str]) -> str:
    """Return how far default arguments lie below the best setting, or why that is not known."""
    if pd.isna(row.regret):
        return "" if row.regret_refused == NOT_ASKED else row.regret_refused
    rate = f"rate {row.defaults_learning_rate:g}"
    if row.defaults_setting == row.setting:
        return f"0, they are the best setting ({rate})"
    lost = ahead(metric, row.regret).removeprefix("+")
    interval = _between(metric, row.regret_low, row.regret_high)
    seeds = f"n = {number(row.defaults_n)}"
    if row.defaults_diverged:
        seeds += f", {number(row.defaults_diverged)} diverged"
    return f"{lost} ({interval}; {rate}, {seeds})" if interval else f"{lost} ({rate}, {seeds})"
