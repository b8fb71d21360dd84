"""The sensitivity of optimizers to their learning rate, as a table of texts and a sentence."""

from typing import Any

import pandas as pd

from lr_atlas.analysis.default_arguments import NOT_ASKED
from lr_atlas.common.rounding import rounded_texts
from lr_atlas.figures.looks import optimizer_name
from lr_atlas.locale.speech import numeral, say, say_counted, say_word
from lr_atlas.report.number_text import ahead, apart, between, listed, number
from lr_atlas.report.ranking_table import plateau_text
from lr_atlas.studies.metric_columns import metric_of
from lr_atlas.studies.study_metric import StudyMetric, number_of, on_validation
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
            say("optimizer"): optimizer_name(row.optimizer),
            say("learning rates"): _grid(row, rates),
            say("seeds"): number(row.seeds),
            f"{say('sensitivity')}{unit}": _with_interval(metric, row, "sensitivity"),
            f"{say('around the best rate')}{unit}": _around(metric, row),
            say("sensitivity of the {loss}", loss=_loss_title()): _of_loss(row),
            say("plateau"): plateau_text(ranked.loc[row.optimizer], rates),
            say("fitted optimum"): _optimum(row),
            f"{say('defaults, below the best setting')}{unit}": _defaults(metric, row),
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
    sentences = (
        _lost_around(metric, found[found["around"].notna()]),
        _not_compared(found[found["around"].isna() & (found["rates"] > 1)]),
        _lost_by_defaults(metric, found[found["regret"].notna()]),
    )
    return " ".join(filter(None, sentences))


def _lost_around(metric: StudyMetric, compared: pd.DataFrame) -> str:
    """Return what optimizers lose around their best rates."""
    if compared.empty:
        return ""
    lost = [
        f"{optimizer_name(row.optimizer)} "
        + _told(metric.distance(row.around), _between(metric, row.around_low, row.around_high))
        for row in compared.sort_values("around", kind="stable").itertuples()
    ]
    return say(
        "On average over the learning rates from {below:.2g} decades below an optimizer's best one "
        "to {above:.2g} above, it loses against that one: {lost}.",
        below=compared["around_below"].iloc[0],
        above=compared["around_above"].iloc[0],
        lost=listed(lost),
    )


def _not_compared(left_out: pd.DataFrame) -> str:
    """Return of which optimizers it is not known, and why."""
    if left_out.empty:
        return ""
    why = [
        f"{optimizer_name(row.optimizer)} ({say_word(row.around_refused)})"
        for row in left_out.itertuples()
    ]
    return say("Not compared: {optimizers}.", optimizers=listed(why))


def _lost_by_defaults(metric: StudyMetric, tried: pd.DataFrame) -> str:
    """Return what the default arguments lose."""
    if tried.empty:
        return ""
    lost = [
        f"{optimizer_name(row.optimizer)} {_regret(metric, row)}"
        for row in tried.sort_values("regret", kind="stable").itertuples()
    ]
    return say(
        "torch's default arguments lose against the best setting: {lost}.", lost=listed(lost)
    )


def _regret(metric: StudyMetric, row: Any) -> str:
    if row.defaults_setting == row.setting:
        return say("nothing")
    return _told(metric.distance(row.regret), _between(metric, row.regret_low, row.regret_high))


def sensitivity_note(tables: StudyTables) -> str:
    """Return how the numbers are made, and what they do not say."""
    found, metric = tables.sensitivity, tables.metric
    if found.empty:
        return ""
    sentences = [
        _what_sensitivity_is(metric),
        _whose_sensitivity(metric, of_loss=found["loss_sensitivity"].notna().any()),
        say(
            "Each rate counts as far as its nearest neighbours leave it room on the logarithmic "
            "axis, so an even grid has equal weights. A wider grid gives another number: compare "
            "optimizers by the column around the best rate, for which every grid is cut to the "
            "decades below and above its best rate that all grids reach; optimizers with fewer "
            "than three rates, or whose best rate is the last of its grid, are left out of it. In "
            "brackets 95 % intervals by Student's t over the numbers by seed, whose lower end "
            "allows for the best rate having been picked."
        ),
    ]
    if found["optimum"].notna().any():
        sentences.append(
            say(
                "Fitted optimum: the peak of a parabola over the logarithm of the learning rate, "
                "by least squares for each seed through the best rate, its neighbours and all "
                "within half a decade; in brackets the rates at which the mean slope is not shown "
                "to differ from 0 (Fieller). It says nothing beyond the rates that it is fitted to."
            )
        )
    if found["regret"].notna().any():
        sentences.append(
            say(
                "Defaults: by how much the mean of the runs with all of torch's default arguments, "
                "epochs, batches, loss and network as in the best setting, lies below that "
                "setting; Welch's t, whose lower end allows for that setting having been picked. "
                "These runs are in no other table, and no setting is chosen from them."
            )
        )
    return " ".join(sentences)


def _what_sensitivity_is(metric: StudyMetric) -> str:
    if metric.metric.diverged is None:
        return say(
            "Sensitivity, after Wortsman et al. 2023 (arXiv:2309.14322): how far the average over "
            "a line of learning rates, all else as in the best setting, lies behind the best of "
            "them, where no value counts as worse than guessing."
        )
    return say(
        "Sensitivity, after Wortsman et al. 2023 (arXiv:2309.14322): how far the average over a "
        "line of learning rates, all else as in the best setting, lies behind the best of them, "
        "where no value counts as worse than the worst value."
    )


def _whose_sensitivity(metric: StudyMetric, of_loss: bool) -> str:
    if of_loss:
        return say(
            "Theirs is of the validation loss over three decades around the best rate, where no "
            "loss counts as more than that at initialisation; here it is of the {final} {metric}, "
            "and of the final validation loss in a column of its own, in which guessing stands for "
            "the initialisation, over the decades that the grid has.",
            final=metric.final,
            metric=metric.on_validation,
        )
    return say(
        "Theirs is of the validation loss over three decades around the best rate, where no loss "
        "counts as more than that at initialisation; here it is of the {final} {metric}, over the "
        "decades that the grid has.",
        final=metric.final,
        metric=metric.on_validation,
    )


def _loss_title() -> str:
    assert _LOSS is not None
    return on_validation(_LOSS)


def _between(metric: StudyMetric, low: float, high: float) -> str:
    """Return an interval, with signs where it reaches below 0."""
    return between(metric, low, high, signed=low < 0)


def _told(value: str, interval: str) -> str:
    if not interval:
        return value
    return say("{value} (95 % interval {interval})", value=value, interval=interval)


def _grid(row: Any, rates: dict[float, str]) -> str:
    if pd.isna(row.rates) or pd.isna(row.from_rate):
        return ""
    if row.rates == 1:
        return numeral(rates[row.from_rate])
    return say(
        "{count:g}, {low} to {high} ({width:.1f} decades)",
        count=row.rates,
        low=numeral(rates[row.from_rate]),
        high=numeral(rates[row.to_rate]),
        width=row.decades,
    )


def _with_interval(metric: StudyMetric, row: Any, name: str) -> str:
    value, low, high = (getattr(row, f"{name}{end}") for end in ("", "_low", "_high"))
    interval = _between(metric, low, high)
    return f"{apart(metric, value)} ({interval})" if interval else apart(metric, value)


def _around(metric: StudyMetric, row: Any) -> str:
    if pd.isna(row.around):
        return say_word(row.around_refused)
    return _with_interval(metric, row, "around")


def _of_loss(row: Any) -> str:
    assert _LOSS is not None
    if pd.isna(row.loss_sensitivity):
        return ""
    value, low, high = (
        number_of(_LOSS, getattr(row, f"loss_sensitivity{end}")) for end in ("", "_low", "_high")
    )
    if pd.isna(row.loss_sensitivity_low):
        return value
    return f"{value} ({say('{low} to {high}', low=low, high=high)})"


def _optimum(row: Any) -> str:
    if pd.isna(row.optimum):
        return say_word(row.optimum_refused)
    place, low, high = (
        numeral(f"{value:.{_OPTIMUM_DIGITS}g}")
        for value in (row.optimum, row.optimum_low, row.optimum_high)
    )
    if pd.isna(row.optimum_low) and pd.isna(row.optimum_high):
        wide, single = say("wider than the fitted rates"), say("one seed: no interval")
        interval = wide if row.seeds > 1 else single
    elif pd.isna(row.optimum_low):
        interval = say("up to {high}, lower end not determined", high=high)
    elif pd.isna(row.optimum_high):
        interval = say("from {low}, upper end not determined", low=low)
    else:
        interval = say("{low} to {high}", low=low, high=high)
    return f"{place} ({interval})"


def _defaults(metric: StudyMetric, row: Any) -> str:
    """Return how far default arguments lie below the best setting, or why that is not known."""
    if pd.isna(row.regret):
        return "" if row.regret_refused == NOT_ASKED else say_word(row.regret_refused)
    rate, n = row.defaults_learning_rate, row.defaults_n
    if row.defaults_setting == row.setting:
        return say("0, they are the best setting (rate {rate:g})", rate=rate)
    lost = ahead(metric, row.regret).removeprefix("+")
    interval = _between(metric, row.regret_low, row.regret_high)
    runs = say("rate {rate:g}, n = {n:g}", rate=rate, n=n)
    if row.defaults_diverged:
        runs = say_counted(
            "rate {rate:g}, n = {n:g}, {count:g} diverged",
            "rate {rate:g}, n = {n:g}, {count:g} diverged",
            row.defaults_diverged,
            rate=rate,
            n=n,
        )
    return f"{lost} ({interval}; {runs})" if interval else f"{lost} ({runs})"
