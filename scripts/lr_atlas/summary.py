"""Reported values against measured ones."""

import pandas as pd

from lr_atlas.grid import Plan
from lr_atlas.run_files import METRICS
from lr_atlas.studies import matching_settings
from lr_atlas.study_models import Reference

_DECIMALS = 9


def compare_with_reference(
    summary: pd.DataFrame, plan: Plan, reference: Reference | None
) -> pd.DataFrame:
    """Reported against measured values, a row per reported value.

    Without a reference there is no row, and none for a setting that the summary lacks. Returns a
    DataFrame with
    setting, metric, reported, measured (mean over the runs that did not diverge), std, n,
    difference (measured - reported), tolerance and reproduced (whether the difference is within
    the tolerance).
    """
    columns = [
        *("setting", "metric", "reported", "measured", "std", "n"),
        *("difference", "tolerance", "reproduced"),
    ]
    rows = []
    by_setting = summary.set_index("setting")
    for values in reference.values if reference else ():
        setting = matching_settings(plan, values.where)[0]
        if setting not in by_setting.index:  # after a failure, see missing_runs
            continue
        measured = by_setting.loc[setting]
        for metric in METRICS:
            reported = getattr(values, metric)
            if reported is None:
                continue
            difference = round(measured[f"{metric}_mean"] - reported, _DECIMALS)
            rows.append(
                {
                    "setting": setting,
                    "metric": metric,
                    "reported": reported,
                    "measured": measured[f"{metric}_mean"],
                    "std": measured[f"{metric}_std"],
                    "n": measured["seeds"] - measured["diverged"],
                    "difference": difference,
                    "tolerance": reference.tolerance,
                    "reproduced": bool(abs(difference) <= reference.tolerance),
                }
            )
    return pd.DataFrame(rows, columns=columns)
