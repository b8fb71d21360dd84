"""Compare studies, setting by setting and best with best: A was there before, B is there now."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from lr_atlas.analysis.choice import best_settings
from lr_atlas.analysis.contrasts import Contrast, Sample, contrast
from lr_atlas.analysis.differences import holm
from lr_atlas.analysis.intervals import SIGNIFICANCE
from lr_atlas.analysis.measures import Measure, measures_of
from lr_atlas.common.errors import UserError
from lr_atlas.tools.compare.changes import (
    configuration_changes,
    maker_changes,
    match_settings,
    runs_of_both,
    settings_of,
)
from lr_atlas.tools.compare.recorded_study import RecordedStudy, read_study

#: The verdicts on a setting, changes first.
VERDICTS = ("better", "worse", "diverged", "inconclusive", "identical", "only in A", "only in B")
BETTER, WORSE, DIVERGED, INCONCLUSIVE, IDENTICAL, ONLY_A, ONLY_B = VERDICTS


@dataclass(frozen=True)
class Choice:
    """A best setting that is another one in B."""

    optimizer: str  # empty for the best of all
    before: str
    now: str
    advantage: Contrast | None  # of `now` against `before` in B; None if that one is not there


@dataclass(frozen=True)
class Comparison:
    """Hold all that sets two studies apart.

    Attributes:
        first: A.
        second: B.
        column: The column that is compared.
        changes: Keys of the configuration, then makers of runs, with what they were and are.
        choices: The best settings that changed, that of all first.
        numbers: A row per setting of either study: study; setting, second_setting, differing (see
            changes.match_settings); best_in (in which of A and B it is the best of its optimizer);
            common_runs (of equal seed), same_runs (how many of those ended alike, with the same
            metrics after every epoch); the columns of `difference_of`; verdict; p_holm.
    """

    first: RecordedStudy
    second: RecordedStudy
    column: str
    changes: list[tuple[str, str]]
    choices: list[Choice]
    numbers: pd.DataFrame

    @property
    def measure(self) -> Measure:
        """Return how the values of the column are read."""
        return measures_of(self.second.metric)[self.column]

    @property
    def chosen_by(self) -> Measure:
        """Return how the values of the study's metric are read."""
        return measures_of(self.second.metric)[self.second.metric.validation]


def compare_studies(
    folders: Sequence[tuple[Path, Path]], column: str | None = None
) -> list[Comparison]:
    """Compare studies, given the folders of A and B of each.

    column: of their tables of runs; None for the metric of each. Holm's correction is over all of
    the studies. Raises errors.UserError for tables that cannot be read.
    """
    found = [
        _compare(read_study(first, column), read_study(second, column), column)
        for first, second in folders
    ]
    p_holm = holm(np.concatenate([each.numbers["p"].to_numpy(dtype=float) for each in found]))
    for each in found:
        table = each.numbers
        table["p_holm"], p_holm = p_holm[: len(table)], p_holm[len(table) :]
        is_better = (table["difference"] > 0) == each.measure.higher_is_better
        judged = np.where(is_better, BETTER, WORSE)
        table["verdict"] = table["verdict"].mask(table["p_holm"] < SIGNIFICANCE, judged)
    return found


def _compare(first: RecordedStudy, second: RecordedStudy, column: str | None) -> Comparison:
    """Compare two studies, but for p_holm and the verdicts that depend on it."""
    if first.metric.columns != second.metric.columns:
        raise UserError(
            f"{first.folder} is of {first.metric.title}, {second.folder} of {second.metric.title}: "
            "studies of two metrics are not compared"
        )
    metric = column or second.metric.validation
    is_higher_better = measures_of(second.metric)[metric].higher_is_better
    settings, other_settings = settings_of(first, second)
    pairs = match_settings(settings, other_settings)
    both = runs_of_both(first, second, pairs)
    seeds = (first.runs["seed"], second.runs["seed"])
    changes = configuration_changes(settings, other_settings, seeds)
    one, other = (values_by_setting(study.runs, metric) for study in (first, second))
    differences = [
        difference_of(
            one.get(pair.setting, _NONE), other.get(pair.second_setting, _NONE), is_higher_better
        )
        for pair in pairs.itertuples()
    ]
    best_in_one = pairs["setting"].isin(best_settings(first.runs, first.metric))
    best_in_other = pairs["second_setting"].isin(best_settings(second.runs, second.metric))
    best_in = best_in_one.map({True: "A", False: ""}) + best_in_other.map({True: "B", False: ""})
    same = (both["history"] == both["history_B"]).groupby(both["setting"])
    same = same.agg(common_runs="size", same_runs="sum")
    same = same.reindex(pairs["setting"], fill_value=0).reset_index(drop=True)
    numbers = pd.concat([pairs.assign(best_in=best_in), same, pd.DataFrame(differences)], axis=1)
    numbers.insert(0, "study", first.name)
    numbers["verdict"] = _verdicts(numbers)
    numbers["p"] = numbers["p"].where(numbers["verdict"] == INCONCLUSIVE)
    return Comparison(
        first,
        second,
        metric,
        [*changes, *maker_changes(first, second, both)],
        changed_choices(first, second, pairs),
        numbers,
    )


def _verdicts(table: pd.DataFrame) -> np.ndarray:
    """Return the verdicts that need no test; INCONCLUSIVE for those that do."""
    is_same = (table["common_runs"] > 0) & (table["same_runs"] == table["common_runs"])
    # Seconds differ where all else is the same, and so may runs with other seeds.
    is_same &= (table["difference"] == 0) | (table["n"] == 0)
    conditions = {
        ONLY_A: table["second_setting"] == "",
        ONLY_B: table["setting"] == "",
        IDENTICAL: is_same,
        DIVERGED: table["difference"].isna(),
    }
    return np.select(list(conditions.values()), list(conditions), INCONCLUSIVE)


_NONE = pd.Series(dtype=float)


def values_by_setting(runs: pd.DataFrame, metric: str) -> dict[str, pd.Series]:
    """Return the metric of each setting's runs by seed, NaN for a run that diverged."""
    values = runs[metric].astype(float).where(runs["status"] != "diverged").set_axis(runs["seed"])
    return {str(name): rows for name, rows in values.groupby(runs["setting"].to_numpy())}


def difference_of(first: pd.Series, second: pd.Series, is_higher_better: bool) -> dict:
    """Return how far the mean of B is above that of A, as columns of Comparison.numbers.

    first, second: of `values_by_setting`. These are runs, diverged and mean of each side; n (see
    `contrast_of`), difference, low and high (its 95 % interval) and p, NaN where there is none.
    """
    sides = {"first": first, "second": second}
    row: dict = {f"{side}_runs": len(values) for side, values in sides.items()}
    row |= {f"{side}_diverged": values.isna().sum() for side, values in sides.items()}
    if _are_paired(first, second):  # the means are over those that are compared
        sides = pd.DataFrame(sides).dropna()
    row |= {f"{side}_mean": values.mean() for side, values in sides.items()}
    if not (first.count() and second.count()):
        return {**row, "n": 0, **dict.fromkeys(("difference", "low", "high", "p"), np.nan)}
    found = contrast_of(second, first, is_higher_better)
    found = found if is_higher_better else found.reversed()
    row |= {"n": found.n, "difference": found.advantage, "low": found.low, "high": found.high}
    return {**row, "p": np.nan if np.isnan(found.low) else found.p}


def contrast_of(first: pd.Series, second: pd.Series, is_higher_better: bool) -> Contrast:
    """Return how far one setting is ahead of another, see `values_by_setting`.

    n runs of equal seed are compared in pairs where there are two such, or no others on a side;
    else all runs by Welch's t, at least n of each.
    """
    one, other = (Sample(values, values) for values in (first, second))
    return contrast(one, other, is_higher_better, by_seed=_are_paired(first, second))


def _are_paired(first: pd.Series, second: pd.Series) -> bool:
    common = len(first.dropna().index.intersection(second.dropna().index))
    return common > 1 or 0 < common == min(first.count(), second.count())


def changed_choices(
    first: RecordedStudy, second: RecordedStudy, pairs: pd.DataFrame
) -> list[Choice]:
    """Return the best settings that changed: that of all, then those of other optimizers.

    Best is what analysis.choice takes.
    """
    metric = second.metric
    one, other = (best_settings(study.runs, metric) for study in (first, second))
    if one.empty or other.empty:
        return []
    counterparts = pairs.set_index("setting")["second_setting"]
    values = values_by_setting(second.runs, metric.validation)
    found: list[Choice] = []
    for optimizer in ["", *(name for name in other.index if name in one.index)]:
        before, now = (best[optimizer] if optimizer else best.iloc[0] for best in (one, other))
        counterpart = counterparts[before]
        # The best of all is also the best of its optimizer.
        if counterpart == now or any(choice.now == now for choice in found):
            continue
        beaten = values.get(counterpart)
        is_higher_better = metric.metric.higher_is_better
        advantage = None if beaten is None else contrast_of(values[now], beaten, is_higher_better)
        found.append(Choice(optimizer, before, now, advantage))
    return found
