"""Compare a source's reported values with those that the runs measure."""

import numpy as np
import pandas as pd

from lr_atlas.analysis.intervals import mean_interval, prediction_interval
from lr_atlas.config.reference_models import Reference
from lr_atlas.studies.grid import Plan
from lr_atlas.studies.setting_match import matching_settings
from lr_atlas.studies.study_metric import ACCURACY, StudyMetric
from lr_atlas.tables.study_tables import COLUMNS
from lr_atlas.training.metric import Metric

#: Metrics that depend on the machine and the program: shown, and not judged.
_NOT_JUDGED = ("seconds_per_epoch",)
_DECIMALS = 9  # as in the summary
#: The tolerance unless the reference has one: of shares and losses, and of other metrics as a share
#: of the reported value.
_TOLERANCE = 0.015


def compare_with_reference(
    runs: pd.DataFrame,
    plan: Plan,
    reference: Reference | None,
    metric: StudyMetric = ACCURACY,
) -> pd.DataFrame:
    """Return reported against measured values, a row per reported value.

    runs: a row per run, see collect.collect_study. Without a reference there is no row, and none
    for a setting of which no run is there. Returns a DataFrame with setting, metric, reported,
    measured (mean over the runs that did not diverge), std (n - 1), n, difference (measured -
    reported), tolerance, reproduced (whether the difference is within the tolerance), low and high
    (Student's 95 % interval of the mean), predicted_low and predicted_high (where a single further
    run lies with 95 %, which is what a paper reports), predicted (whether the reported value is
    there) and source (figure or section, may be empty). Intervals are NaN with fewer than two runs.
    reproduced and predicted are empty where they cannot be told, and for seconds: another machine
    and program take another time.
    """
    rows = []
    for reported in reference.values if reference else ():
        setting = matching_settings(plan, reported.where)[0]
        own = runs[runs["setting"] == setting]
        if own.empty:  # after a failure, see missing_runs
            continue
        finished = own[own["status"] != "diverged"]
        assert reference is not None
        for column, value in reported.metrics.items():
            tolerance = reported.tolerance or reference.tolerance
            tolerance = tolerance or _usual_tolerance(metric.of_column(column), value)
            row = {"setting": setting, "metric": column, "reported": value}
            row |= _measured(finished[column].to_numpy(float), value, tolerance)
            if column in _NOT_JUDGED:
                row |= {"reproduced": None, "predicted": None}
            rows.append(row | {"source": reported.source})
    return pd.DataFrame(rows, columns=list(COLUMNS["reported"]))


def _usual_tolerance(metric: Metric | None, reported: float) -> float:
    if metric is None or metric.digits is not None:
        return _TOLERANCE
    return _TOLERANCE * abs(reported)


def _measured(values: np.ndarray, reported: float, tolerance: float) -> dict:
    """Compare the values, float64 [runs], with the reported one."""
    n = len(values)
    mean = values.mean() if n else np.nan
    low, high = (float(end[0]) for end in mean_interval(values[None]))
    ends = [float(end[0]) for end in prediction_interval(values[None])]
    difference = round(mean - reported, _DECIMALS)
    return {
        "measured": round(mean, _DECIMALS),
        "std": round(values.std(ddof=1), _DECIMALS) if n > 1 else np.nan,
        "n": n,
        "difference": difference,
        "tolerance": tolerance,
        "reproduced": bool(abs(difference) <= tolerance) if n else False,
        "low": round(low, _DECIMALS),
        "high": round(high, _DECIMALS),
        "predicted_low": round(ends[0], _DECIMALS),
        "predicted_high": round(ends[1], _DECIMALS),
        "predicted": bool(ends[0] <= reported <= ends[1]) if n > 1 else None,
    }
