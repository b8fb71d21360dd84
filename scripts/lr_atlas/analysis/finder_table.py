"""The learning-rate finder's suggestions, held against what the grid has measured."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from lr_atlas.analysis.intervals import mean_interval
from lr_atlas.analysis.range_test_rates import METHODS
from lr_atlas.analysis.rate_sensitivity import best_rate
from lr_atlas.analysis.seeds import scores
from lr_atlas.analysis.setting_summary import DECIMALS
from lr_atlas.locale.speech import mark
from lr_atlas.studies.range_tests import RangeTest
from lr_atlas.studies.study_metric import StudyMetric
from lr_atlas.tables.study_tables import COLUMNS

NO_DESCENT = mark("no descent in some range tests")
OUTSIDE = mark("outside the measured rates")
NOT_MEASURED = mark("none of its line was measured")


def finder_table(
    range_tests: pd.DataFrame | None,
    tests: Sequence[RangeTest],
    runs: pd.DataFrame,
    metric: StudyMetric,
) -> pd.DataFrame:
    """Return a row per optimizer and method to read a range test.

    range_tests: a row per optimizer, seed and step; None without tests. tests: what each is held
    against. runs: the table of collect.collect_study. The columns are
        optimizer, method; setting: the best of the settings that differ from the test in the
            learning rate alone; best_learning_rate: its own
        n, suggested, suggested_low, suggested_high    range tests, the geometric mean of their
            suggestions, and its 95 % interval (Student's t over the seeds, in decades)
        off, off_low, off_high    decades from the best measured rate to the suggestion
        lost, lost_low, lost_high    by how much the suggestions fall behind the best measured
            rate, in the metric's own unit: read off the line that joins the measured means, over
            the logarithm of the learning rate; the interval is of the range tests alone
        refused    why something of this is empty; else empty
    """
    rows = []
    for test in tests:
        assert range_tests is not None
        own = range_tests[range_tests["optimizer"] == test.optimizer]
        line = _line(runs, test, metric)
        for method in METHODS:
            rows.append(
                {
                    "optimizer": test.optimizer,
                    "method": method,
                    **_suggested(own, method, line),
                }
            )
    table = pd.DataFrame(rows, columns=list(COLUMNS["finder"]))
    floats = table.select_dtypes("float").columns
    # The digits that count may begin late in a rate, so rates are not rounded to decimals.
    rates = {"suggested", "suggested_low", "suggested_high", "best_learning_rate"}
    return table.round(dict.fromkeys(set(floats) - rates, DECIMALS))


def _line(
    runs: pd.DataFrame, test: RangeTest, metric: StudyMetric
) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Return (decades rising, mean scores of which more is better, settings) that were measured."""
    members = runs[runs["setting"].isin(test.settings)]
    if members.empty:
        return np.empty(0), np.empty(0), []
    table = metric.sign * scores(members, metric)
    rates = members.drop_duplicates("setting").set_index("setting")["learning_rate"].sort_values()
    return (
        np.log10(rates.to_numpy(dtype=float)),
        table.mean(axis=1)[rates.index].to_numpy(),
        [*rates.index],
    )


def _suggested(
    own: pd.DataFrame, method: str, line: tuple[np.ndarray, np.ndarray, list[str]]
) -> dict[str, Any]:
    found = np.array(
        [
            METHODS[method](
                *(test[name].to_numpy(dtype=float) for name in ("learning_rate", "loss"))
            )
            for _, test in own.groupby("seed")
        ]
    )
    row: dict[str, Any] = {"n": len(found), "refused": ""}
    if not len(found) or np.isnan(found).any():
        return row | {"refused": NO_DESCENT}
    decades = np.log10(found)
    middle, low, high = _mean(decades)
    row |= {"suggested": 10**middle, "suggested_low": 10**low, "suggested_high": 10**high}
    places, values, settings = line
    if not len(places):
        return row | {"refused": NOT_MEASURED}
    best = best_rate(values[:, None])
    row |= {"setting": settings[best], "best_learning_rate": 10 ** places[best]}
    row |= {f"off{end}": each - places[best] for end, each in _ends((middle, low, high))}
    if (decades < places[0]).any() or (decades > places[-1]).any():
        return row | {"refused": OUTSIDE}
    lost = values[best] - np.interp(decades, places, values)
    return row | {f"lost{end}": each for end, each in _ends(_mean(lost))}


def _mean(values: np.ndarray) -> tuple[float, float, float]:
    (low,), (high,) = mean_interval(values[None])
    return float(values.mean()), float(low), float(high)


def _ends(values: tuple[float, float, float]) -> list[tuple[str, float]]:
    return list(zip(("", "_low", "_high"), values, strict=True))
