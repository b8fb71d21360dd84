"""The numbers of two studies against each other, setting by setting and optimizer by optimizer."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
import pandas as pd

from lr_atlas.analysis.choice import choose
from lr_atlas.analysis.differences import holm, paired_t, t_interval, welch
from lr_atlas.analysis.intervals import SIGNIFICANCE
from lr_atlas.tools.compare.matching import Pair
from lr_atlas.tools.compare.recorded import RecordedSetting, RecordedStudy
from lr_atlas.training.records import METRICS

#: The columns of the table of runs that can be compared.
COMPARABLE = (*METRICS, "best_validation_accuracy", "seconds_per_epoch")
CHOSEN_BY = "validation_accuracy"

HIGHER, LOWER, INCONCLUSIVE, IDENTICAL = "higher", "lower", "inconclusive", "identical"
DIVERGED, NOT_COMPARED = "diverged", "not compared"
PAIRED, WELCH = "paired", "Welch"
OVERALL = "all together"

_ENDS = ("status", "diverged_epoch", "diverged_step")
#: Decimals of a difference; what comes after them is left from rounding in binary.
_DIGITS = 12


@dataclass(frozen=True)
class Difference:
    """Mean of B minus mean of A, with what it rests on; NaN where there is none.

    Without two runs on a side there is no interval and no p.
    """

    method: str  # PAIRED: by seed; WELCH: two independent samples; "" where a side has no value
    first_n: int
    second_n: int
    first_mean: float = np.nan
    second_mean: float = np.nan
    difference: float = np.nan
    low: float = np.nan  # of the 95 % interval
    high: float = np.nan
    p: float = np.nan  # two-sided


def difference_of(first: pd.Series, second: pd.Series) -> Difference:
    """Compare two settings by the values of their runs, floats by seed; NaN: the run has none.

    Paired by seed, with Student's t interval of the differences, where two seeds or more have a
    value on both sides, or where one has and no other is there; the means then are over those.
    Else as two independent samples, with Welch's t interval (Biometrika 34, 1947, 28-35).
    """
    first, second = first.dropna(), second.dropna()
    common = first.index.intersection(second.index)
    if first.empty or second.empty:
        return Difference("", len(first), len(second), first.mean(), second.mean())
    is_paired = len(common) > 1 or len(common) == len(first) == len(second)
    if is_paired:
        first, second = first[common], second[common]
        interval = paired_t((second - first).to_numpy().round(_DIGITS)[None])
    else:
        interval = t_interval(welch(second.to_numpy()[None], first.to_numpy()[None]))
    low, high, p = (float(each[0]) for each in interval[1:])
    return Difference(
        PAIRED if is_paired else WELCH,
        *(len(first), len(second), first.mean(), second.mean()),
        *(second.mean() - first.mean(), low, high, p),
    )


def compare_numbers(pairs: Sequence[Pair], metric: str) -> pd.DataFrame:
    """Return a row per pair; the verdict, which depends on the number of tests, is of `judged`.

    metric: one of COMPARABLE. Returns a DataFrame with setting and second_setting (their names),
    optimizer, differing (keys in which they differ, ", " between), first_runs, second_runs,
    first_diverged, second_diverged, common_runs (seeds that both have), same_runs (how many
    of those ended alike with the same metrics after every epoch; NaN where that cannot be known),
    then the fields of Difference.
    """
    rows = [
        {
            "setting": pair.first.name,
            "second_setting": pair.second.name,
            "optimizer": pair.first.optimizer,
            "differing": ", ".join(pair.differing),
            "first_runs": len(pair.first.runs),
            "second_runs": len(pair.second.runs),
            "first_diverged": _diverged(pair.first),
            "second_diverged": _diverged(pair.second),
            "common_runs": len(pair.seeds),
            "same_runs": _same_runs(pair),
            **asdict(difference_of(_values(pair.first, metric), _values(pair.second, metric))),
        }
        for pair in pairs
    ]
    columns = [
        *("setting", "second_setting", "optimizer", "differing", "first_runs", "second_runs"),
        *("first_diverged", "second_diverged", "common_runs", "same_runs"),
        *(field.name for field in fields(Difference)),
    ]
    return pd.DataFrame(rows, columns=columns)


def judged(tables: Sequence[pd.DataFrame]) -> list[pd.DataFrame]:
    """Return the tables of `compare_numbers` with p_holm and verdict.

    p is corrected after Holm, see `differences`, over the rows of all tables together, but for
    those that are IDENTICAL, where there is nothing to test: every run that both have is the same,
    and so is the mean. The verdict is HIGHER or LOWER (B against A) where p_holm is below 0.05,
    else INCONCLUSIVE; DIVERGED where on a side every run did; NOT_COMPARED where a value is missing
    for another reason.
    """
    p = pd.concat([table["p"].where(~_is_identical(table)) for table in tables], ignore_index=True)
    corrected = holm(p.to_numpy(dtype=float))
    results = []
    for table in tables:
        table = table.assign(p_holm=corrected[: len(table)])
        corrected = corrected[len(table) :]
        results.append(table.assign(verdict=_verdicts(table)))
    return results


def _is_identical(table: pd.DataFrame) -> pd.Series:
    same = (table["common_runs"] > 0) & (table["same_runs"] == table["common_runs"])
    # Seconds differ though all else is the same, and so may runs with seeds that one side lacks.
    without_value = (table["first_n"] == 0) & (table["second_n"] == 0)
    return same & (without_value | (table["difference"] == 0))


def _verdicts(table: pd.DataFrame) -> np.ndarray:
    all_diverged = (table["first_diverged"] == table["first_runs"]) | (
        table["second_diverged"] == table["second_runs"]
    )
    is_sure = table["p_holm"] < SIGNIFICANCE
    return np.select(
        [
            _is_identical(table),
            all_diverged,
            table["difference"].isna(),
            is_sure & (table["difference"] > 0),
            is_sure,
        ],
        [IDENTICAL, DIVERGED, NOT_COMPARED, HIGHER, LOWER],
        INCONCLUSIVE,
    )


def compare_choices(
    first: RecordedStudy, second: RecordedStudy, pairs: Sequence[Pair]
) -> pd.DataFrame:
    """Return which setting is chosen in each study, see analysis.choice; a row per optimizer.

    With several optimizers the row OVERALL, for the best of all, is first. Returns a DataFrame with
    optimizer, first_setting, first_accuracy, second_setting, second_accuracy ("" and NaN where a
    study lacks the optimizer), changed (whether B's choice is not the one that belongs to A's), and
    of A's choice in B, where it is there and no longer chosen: diverged (how many of its runs),
    ahead, low and high (by how much B's choice is above it, with the 95 % interval); else NaN.
    """
    one, other = (choose(study.runs).set_index("optimizer") for study in (first, second))
    rows = [
        _choice(optimizer, _row_of(one, optimizer), _row_of(other, optimizer), second, pairs)
        for optimizer in dict.fromkeys([*other.index, *one.index])
    ]
    if len(rows) > 1:
        rows.insert(0, _choice(OVERALL, one.iloc[0], other.iloc[0], second, pairs))
    return pd.DataFrame(rows)


def _row_of(table: pd.DataFrame, name: str) -> pd.Series | None:
    return table.loc[name] if name in table.index else None


def _choice(
    optimizer: str,
    chosen: pd.Series | None,
    chosen_second: pd.Series | None,
    second: RecordedStudy,
    pairs: Sequence[Pair],
) -> dict:
    """Return a row of `compare_choices`."""
    row: dict[str, Any] = {"optimizer": optimizer, "changed": False}
    row |= dict.fromkeys(("diverged", "ahead", "low", "high"), np.nan)
    for side, each in (("first", chosen), ("second", chosen_second)):
        row[f"{side}_setting"] = "" if each is None else each["setting"]
        row[f"{side}_accuracy"] = np.nan if each is None else each["validation_accuracy"]
    if chosen is None or chosen_second is None:
        return row
    counterpart = {pair.first.name: pair.second.name for pair in pairs}.get(chosen["setting"])
    if counterpart == chosen_second["setting"]:
        return row
    row["changed"] = True
    if counterpart is not None:
        settings = {setting.name: setting for setting in second.settings}
        before, now = settings[counterpart], settings[row["second_setting"]]
        found = difference_of(_values(before, CHOSEN_BY), _values(now, CHOSEN_BY))
        row |= {"diverged": _diverged(before), "ahead": found.difference}
        row |= {"low": found.low, "high": found.high}
    return row


def _values(setting: RecordedSetting, metric: str) -> pd.Series:
    """Return a metric by seed, NaN for runs that diverged and where it was not recorded."""
    if metric not in setting.runs:
        return pd.Series(np.nan, setting.runs.index)
    return setting.runs[metric].where(setting.runs["status"] != "diverged").astype(float)


def _diverged(setting: RecordedSetting) -> int:
    return int((setting.runs["status"] == "diverged").sum())


def _same_runs(pair: Pair) -> float:
    """Return how many of the runs that both have are the same; NaN where that is not known."""
    sides = pair.first.histories, pair.second.histories
    if not all(seed in side for side in sides for seed in pair.seeds):
        return np.nan
    return sum(_is_same(pair, seed) for seed in pair.seeds)


def _is_same(pair: Pair, seed: int) -> bool:
    """Return whether two runs ended alike, with the same metrics after every epoch.

    Compared is what both have recorded.
    """
    one, other = (side.runs.loc[seed] for side in (pair.first, pair.second))
    ends = [name for name in _ENDS if name in one and name in other]
    if any(_plain(one[name]) != _plain(other[name]) for name in ends):
        return False
    one, other = (side.histories[seed] for side in (pair.first, pair.second))
    metrics = [name for name in one if name in other]
    return np.array_equal(one[metrics].to_numpy(), other[metrics].to_numpy())


def _plain(value: Any) -> str | float | None:
    """Return a cell of a table, whatever kind of table it comes from."""
    if pd.isna(value):
        return None
    return value if isinstance(value, str) else float(value)
