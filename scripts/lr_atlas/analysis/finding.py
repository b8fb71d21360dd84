"""A finding about a study, and the words that findings share."""

from typing import NamedTuple

import pandas as pd

from lr_atlas.common.rounding import rounded_texts

WARNING, NOTE = "warning", "note"
#: More than every second run.
MOST = 0.5
#: A tenth of a point: less is not worth a larger grid, or as many epochs again.
SMALLEST_GAIN = 0.001
#: A heading for each code; findings stand in this order.
TITLES = {
    "edge": "best learning rate lies at the end of the grid",
    "coarse": "wide gap beside the best learning rate",
    "still_improving": "still improving at the end of training",
    "overfitting": "best setting overfits",
    "few_seeds": "few seeds",
    "unequal_budgets": "unequal budgets",
    "mostly_diverged": "most runs of an optimizer diverged",
    "below_noise": "the two best optimizers cannot be told apart",
    "timing_disturbed": "timings are disturbed",
    "duplicate_settings": "settings with equal runs",
}


class Finding(NamedTuple):
    """A row of the table, and what follows for the next grid."""

    code: str
    severity: str
    optimizer: str
    setting: str
    evidence: str
    fix: str
    values: tuple[float, ...] = ()  # what the fix adds to lr, or sets seeds or epochs to


def nothing_left_to_gain(score: float) -> bool:
    """Return whether an accuracy (0..1) is so near to 1 that none can be noticeably higher."""
    return 1 - score < SMALLEST_GAIN


def pair_of(pairs: pd.DataFrame, first: str, second: str) -> dict | None:
    """Return the row of two settings, seen from the first; None if they were not compared."""
    straight = pairs[(pairs["first"] == first) & (pairs["second"] == second)]
    if len(straight):
        return straight.iloc[0].to_dict()
    found = pairs[(pairs["first"] == second) & (pairs["second"] == first)]
    if found.empty:
        return None
    row = found.iloc[0].to_dict()
    turned = {"first better": "second better", "second better": "first better"}
    return row | {
        "difference": -row["difference"],
        "low": -row["high"],
        "high": -row["low"],
        "verdict": turned.get(row["verdict"], row["verdict"]),
    }


def interval_text(pair: dict) -> str:
    """Return such as "95 % interval 0.10 to 0.35 points, n = 3"."""
    if pd.isna(pair["low"]):
        return f"no interval, n = {pair['n']}"
    return f"95 % interval {100 * pair['low']:.2f} to {points(pair['high'])}, n = {pair['n']}"


def points(share: float) -> str:
    """Return a difference of accuracies, in points."""
    return f"{100 * share:.2f} points"


def listed(rates: list[float]) -> str:
    """Return learning rates, rounded as far as they stay apart."""
    return ", ".join(rounded_texts(rates).values())
