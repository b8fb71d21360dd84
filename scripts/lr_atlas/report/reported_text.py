"""Values that a source reports, beside the measured ones, as texts."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from lr_atlas.config.claim_evidence import metric_name
from lr_atlas.config.study_models import Study
from lr_atlas.locale.counted_things import counted
from lr_atlas.report.number_text import plain_value
from lr_atlas.runs.missing_runs import settings_without_runs
from lr_atlas.studies.grid import Plan, Run
from lr_atlas.studies.setting_match import matching_settings
from lr_atlas.studies.study_metric import StudyMetric, number_of, plural_of
from lr_atlas.training.metric import Metric

#: Shows values that are no metric's, such as seconds.
_PLAIN = Metric("plain", higher_is_better=False, digits=4)


def reported_for_reading(reported: pd.DataFrame, of_study: StudyMetric) -> pd.DataFrame:
    """Return reported against measured values as text; shares in per cent."""
    rows = []
    for row in reported.itertuples():
        metric = of_study.of_column(row.metric) or _PLAIN
        measured = "all runs diverged"
        if row.n:
            deviation = "" if pd.isna(row.std) else f" ± {number_of(metric, row.std)}"
            measured = f"{number_of(metric, row.measured)}{deviation}"
        rows.append(
            {
                "setting": row.setting,
                "value": metric_name(row.metric) + (f" ({metric.unit})" if metric.unit else ""),
                "reported": number_of(metric, row.reported),
                "measured": measured,
                "95 % interval": _interval(row, metric),
                "n": str(row.n),
                "difference": number_of(metric, row.difference, "+") if row.n else "",
                "reproduced": _said(row.reproduced),
                "one more run (95 %)": _interval(row, metric, "predicted_"),
                "within it": _said(row.predicted),
                "source": plain_value(row.source),
            }
        )
    return pd.DataFrame(rows)


def _said(judged: Any) -> str:
    """Return "yes" or "no", from a table or from its file; or that it is not judged."""
    if pd.isna(judged) or judged == "":
        return "not judged"
    return "yes" if judged in (True, "True") else "no"


def _interval(row: Any, metric: Metric, which: str = "") -> str:
    low, high = (getattr(row, f"{which}{end}") for end in ("low", "high"))
    if pd.isna(low) or pd.isna(high):
        return ""
    return f"{number_of(metric, low)} to {number_of(metric, high)}"


def reported_note(reported: pd.DataFrame, of_study: StudyMetric) -> str:
    """Return how the comparison was made."""
    tolerances: dict[str, None] = {}
    for row in reported.itertuples():
        metric = of_study.of_column(row.metric)
        if metric is None:
            continue
        if metric.unit_of_difference == "points":
            text = counted(metric.scale * row.tolerance, "point")
        else:
            text = f"{row.tolerance:.4g} {metric.unit_of_difference}".rstrip()
        tolerances[f"{text} ({plural_of(metric)})"] = None
    return (
        "Measured: mean ± standard deviation of the final value"
        f"{of_study.final.removeprefix('final')} over n runs with different seeds. "
        f"Reproduced: the mean is within {' or '.join(tolerances) or 'its tolerance'} of the "
        "reported value. One more "
        "run: where a single further run lies with 95 %, by Student's t from the scatter of these; "
        "a reported value comes from a single run. Intervals hold one by one. Seconds are not "
        "judged: they are those of another machine and program."
    )


def not_reproduced(
    reported: pd.DataFrame, of_study: StudyMetric, not_compared: Sequence[str] = ()
) -> str:
    """Return sentences that name every reported value that the runs do not reproduce or predict.

    not_compared: settings with reported values that are not in the table.
    """
    missed = reported_for_reading(reported[reported["reproduced"].map(_said) == "no"], of_study)
    if len(missed):
        listed = "; ".join(
            f"{row.setting}, {row.value}: reported {row.reported}, measured {row.measured}"
            for row in missed.itertuples()
        )
        text = f"**Not reproduced:** {listed}."
    else:
        text = f"Every {'value above' if not_compared else 'judged value'} was reproduced."
    near = reported["reproduced"].map(_said) == "yes"
    outside = reported_for_reading(
        reported[near & (reported["predicted"].map(_said) == "no")], of_study
    )
    if len(outside):
        listed = "; ".join(
            f"{row.setting}, {row.value}: reported {row.reported}, one more run {row.interval}"
            for row in outside.rename(columns={"one more run (95 %)": "interval"}).itertuples()
        )
        text += f" **Reproduced, but not where one more run would lie:** {listed}."
    if not_compared:
        text += f" **Not compared**, since every run is missing: {', '.join(not_compared)}."
    return text


def settings_not_compared(plan: Plan, study: Study, missing: Sequence[Run]) -> list[str]:
    """Return the settings that have reported values, and of which every run is missing."""
    values = study.reference.values if study.reference else ()
    referred = {setting for each in values for setting in matching_settings(plan, each.where)}
    return [setting for setting in settings_without_runs(plan, missing) if setting in referred]
