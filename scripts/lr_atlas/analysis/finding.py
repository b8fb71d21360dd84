"""A finding about a study, and the words that findings share."""

from typing import NamedTuple

import pandas as pd

from lr_atlas.rounding import rounded_texts

WARNING, NOTE = "warning", "note"
#: More than every second run.
MOST = 0.5


class Finding(NamedTuple):
    """A row of the table, and what follows for the next grid."""

    code: str
    severity: str
    optimizer: str
    setting: str
    evidence: str
    fix: str
    values: tuple[float, ...] = ()  # what the fix adds to lr, or sets seeds or epochs to


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
