"""A row per optimizer: how sensitive it is to its learning rate, and what its defaults cost."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from lr_atlas.analysis.default_arguments import (
    NOT_ASKED,
    NOT_THERE,
    NOT_TORCHS,
    Regret,
    refused,
    regret,
)
from lr_atlas.analysis.fitted_optimum import EDGE, FEW, Optimum, fitted_optimum
from lr_atlas.analysis.learning_rates import siblings
from lr_atlas.analysis.plateau import width_in_decades
from lr_atlas.analysis.rate_sensitivity import (
    NOTHING,
    Measured,
    Reach,
    best_rate,
    common_reach,
    reach_of,
    sensitivity,
)
from lr_atlas.analysis.seeds import by_seed, scores
from lr_atlas.analysis.setting_summary import DECIMALS
from lr_atlas.config.torch_optimizers import defaults as default_arguments
from lr_atlas.locale.speech import mark
from lr_atlas.studies.parameters import COMMON_PARAMETERS
from lr_atlas.studies.study_metric import StudyMetric
from lr_atlas.tables.study_tables import COLUMNS

ALL_DIVERGED = mark("every run diverged")
_PLATEAU = tuple(name for name in COLUMNS["sensitivity"] if name.startswith("plateau_"))
_WHOLE = ("rates", "seeds", "optimum_rates", "defaults_n", "defaults_diverged")


class Line(NamedTuple):
    """The settings of an optimizer that differ from its best one in the learning rate alone."""

    settings: list[str]  # the learning rate rising
    rates: np.ndarray  # float64 [rates]
    values: np.ndarray  # scores, more is better, float64 [rates, seeds]
    diverged: np.ndarray  # bool [rates]

    @property
    def decades(self) -> np.ndarray:
        """Return the base-ten logarithms of the rates."""
        return np.log10(self.rates)

    @property
    def refused(self) -> str:
        """Return why nothing can be said of what lies around its best rate; else nothing."""
        if len(self.rates) < 3:
            return FEW
        return EDGE if best_rate(self.values) in (0, len(self.rates) - 1) else ""


def sensitivity_table(
    runs: pd.DataFrame,
    summary: pd.DataFrame,
    optimizers: pd.DataFrame,
    defaults: pd.DataFrame | None,
    metric: StudyMetric,
    *,
    validation_images: int | None = None,
) -> pd.DataFrame:
    """Return how sensitive each optimizer is to its learning rate, in the ranking's order.

    runs: the table of collect.collect_study; defaults: the same of the settings with default
    arguments, None where the study does not ask for them. summary, optimizers: as in
    answer_tables.Analysis. The columns are
        optimizer, setting     its best setting; rates, from_rate, to_rate, decades: those that
            differ from it in the learning rate alone; seeds: that all of them have
        sensitivity, _low, _high    see rate_sensitivity.sensitivity; over its own grid
        around_below, around_above, around, around_low, around_high, around_refused    the same
            over the decades around the best rate that the grids of all optimizers reach, so that
            they can be compared; why an optimizer has none
        loss_sensitivity, _low, _high    the same of the validation loss over its own grid, empty
            where that is the metric or was not measured
        plateau_…              see ranking.rank_optimizers
        optimum, optimum_low, optimum_high, optimum_rates, optimum_refused    a learning rate, see
            fitted_optimum.fitted_optimum
        defaults_setting, defaults_learning_rate, defaults_n, defaults_diverged, defaults_mean,
            regret, regret_low, regret_high, regret_refused    see default_arguments.regret
    """
    step = metric.step(validation_images)
    best = dict(zip(optimizers["optimizer"], optimizers["best_setting"], strict=True))
    lines = {name: _line(runs, summary, best[name], metric) for name in best if _named(best[name])}
    reaches = [
        reach_of(line.decades, best_rate(line.values))
        for line in lines.values()
        if not line.refused
    ]
    reach = common_reach(reaches) if reaches else None
    floor = _floor(runs, metric)
    rows = []
    for row in optimizers.itertuples():
        line = lines.get(row.optimizer)
        rows.append(
            {
                "optimizer": row.optimizer,
                "setting": best[row.optimizer] if line else "",
                **(_of_line(line, floor, reach, step) if line else _of_none()),
                **_measured("loss_sensitivity", _of_loss(runs, line, metric)),
                **{name: getattr(row, name) for name in _PLATEAU},
                **_regret(runs, defaults, row, metric, step),
            }
        )
    table = pd.DataFrame(rows, columns=list(COLUMNS["sensitivity"]))
    floats = table.select_dtypes("float").columns
    return table.round(dict.fromkeys(floats, DECIMALS)).astype(dict.fromkeys(_WHOLE, "Int64"))


def _named(setting: Any) -> bool:
    return isinstance(setting, str) and bool(setting)


def _line(runs: pd.DataFrame, summary: pd.DataFrame, best: str, metric: StudyMetric) -> Line:
    own = siblings(summary, best)
    members = runs[runs["setting"].isin(own["setting"])]
    table = metric.sign * scores(members, metric)
    settings = own["setting"].tolist()
    lost = members.loc[members["status"] == "diverged", "setting"].unique()
    return Line(
        settings,
        own["learning_rate"].to_numpy(dtype=float),
        table.loc[settings].to_numpy(dtype=float),
        np.isin(settings, lost),
    )


def _floor(runs: pd.DataFrame, metric: StudyMetric) -> float:
    """Return what a diverged run counts as, more is better; NaN where nobody tells."""
    lost = metric.metric.diverged
    return metric.sign * float(runs["chance"].iloc[0] if lost is None else lost)


def _of_line(line: Line, floor: float, reach: Reach | None, step: float) -> dict[str, Any]:
    full = np.isfinite(line.values).all(axis=0)
    around = NOTHING
    if reach and not line.refused:
        around = sensitivity(line.decades, line.values, floor, reach, step)
    optimum = fitted_optimum(line.decades, line.values, line.diverged)
    return {
        "rates": len(line.rates),
        "from_rate": line.rates[0],
        "to_rate": line.rates[-1],
        "decades": width_in_decades(line.rates),
        "seeds": int(full.sum()),
        **_measured("sensitivity", sensitivity(line.decades, line.values, floor, None, step)),
        "around_below": reach.below if reach else np.nan,
        "around_above": reach.above if reach else np.nan,
        **_measured("around", around),
        "around_refused": line.refused,
        **_optimum(optimum),
    }


def _of_none() -> dict[str, Any]:
    return {
        "around_refused": ALL_DIVERGED,
        **_optimum(Optimum(refused=ALL_DIVERGED)),
    }


def _optimum(found: Optimum) -> dict[str, Any]:
    places = {"optimum": found.place, "optimum_low": found.low, "optimum_high": found.high}
    return {
        **{name: 10.0**decades for name, decades in places.items()},
        "optimum_rates": found.rates or np.nan,
        "optimum_refused": found.refused,
    }


def _measured(name: str, found: Measured) -> dict[str, float]:
    return {name: found.value, f"{name}_low": found.low, f"{name}_high": found.high}


def _of_loss(runs: pd.DataFrame, line: Line | None, metric: StudyMetric) -> Measured:
    """Return the sensitivity of the validation loss, a diverged run counting as guessing."""
    column = "validation_loss"
    if line is None or metric.validation == column or column not in metric.columns:
        return NOTHING
    members = runs[runs["setting"].isin(line.settings)]
    guessing = members.get("loss_chance", pd.Series(np.nan, index=members.index)).astype(float)
    losses = members[column].astype(float).where(members["status"] != "diverged", guessing)
    # None of a run that is there: a diverged one that does not tell what guessing loses.
    if losses.isna().any():
        return NOTHING
    table = by_seed(members.assign(value=losses), "value").loc[line.settings]
    return sensitivity(line.decades, -table.to_numpy(dtype=float), -guessing.iloc[0])


def _regret(
    runs: pd.DataFrame,
    defaults: pd.DataFrame | None,
    row: Any,
    metric: StudyMetric,
    resolution: float,
) -> dict[str, Any]:
    found = _regret_of(runs, defaults, row, metric, resolution)
    return {
        "defaults_setting": found.setting,
        "defaults_learning_rate": found.learning_rate,
        "defaults_n": found.lost.n or np.nan,
        "defaults_diverged": found.diverged,
        "defaults_mean": found.mean,
        **_measured("regret", found.lost),
        "regret_refused": found.refused,
    }


def _regret_of(
    runs: pd.DataFrame,
    defaults: pd.DataFrame | None,
    row: Any,
    metric: StudyMetric,
    resolution: float,
) -> Regret:
    if defaults is None:
        return refused(NOT_ASKED)
    if not _named(row.best_setting):
        return refused(ALL_DIVERGED)
    best = runs[runs["setting"] == row.best_setting]
    own = defaults[defaults["optimizer"] == row.optimizer]
    # All else equal: the epochs, batches, loss and network of the best setting.
    alike = [name for name in COMMON_PARAMETERS if name in own and name in best]
    same = own[alike].astype(str) == best[alike].iloc[0].astype(str)
    own = own[same.all(axis=1)]
    if own.empty:
        is_torchs = "lr" in default_arguments(row.optimizer)
        return refused(NOT_THERE if is_torchs else NOT_TORCHS)
    return regret(best, own, int(row.settings), metric, resolution)
