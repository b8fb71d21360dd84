"""Values that a source reports, beside the measured ones, as texts."""

import functools
from collections.abc import Sequence
from typing import Any

import pandas as pd

from lr_atlas.config.claim_evidence import metric_name
from lr_atlas.config.study_models import Study
from lr_atlas.locale.counted_things import counted
from lr_atlas.locale.speech import numeral, say, say_word
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
        rows.append(
            {
                say("setting"): row.setting,
                say("value"): _named(row, metric),
                say("reported"): number_of(metric, row.reported),
                say("measured"): _measured(row, metric),
                say("95 % interval"): _interval(row, metric),
                "n": str(row.n),
                say("difference"): number_of(metric, row.difference, "+") if row.n else "",
                say("reproduced"): _said(row.reproduced),
                say("one more run (95 %)"): _interval(row, metric, "predicted_"),
                say("within it"): _said(row.predicted),
                say("source"): plain_value(row.source),
            }
        )
    return pd.DataFrame(rows)


def _named(row: Any, metric: Metric) -> str:
    """Return the name of the value, with its unit."""
    name = metric_name(row.metric)
    return f"{name} ({say_word(metric.unit)})" if metric.unit else name


def _measured(row: Any, metric: Metric) -> str:
    """Return mean and standard deviation of the runs, or that there are none."""
    if not row.n:
        return say("all runs diverged")
    deviation = "" if pd.isna(row.std) else f" ± {number_of(metric, row.std)}"
    return f"{number_of(metric, row.measured)}{deviation}"


def _is_judged(judged: Any, verdict: bool) -> bool:
    """Return whether a verdict, from a table or from its file, is there and is this one."""
    if pd.isna(judged) or judged == "":
        return False
    return (judged in (True, "True")) == verdict


def _said(judged: Any) -> str:
    """Return "yes" or "no", from a table or from its file; or that it is not judged."""
    if pd.isna(judged) or judged == "":
        return say("not judged")
    return say("yes") if _is_judged(judged, True) else say("no")


def _interval(row: Any, metric: Metric, which: str = "") -> str:
    low, high = (getattr(row, f"{which}{end}") for end in ("low", "high"))
    if pd.isna(low) or pd.isna(high):
        return ""
    return say("{low} to {high}", low=number_of(metric, low), high=number_of(metric, high))


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
            unit = say_word(metric.unit_of_difference)
            text = numeral(f"{row.tolerance:.4g} {unit}".rstrip())
        tolerances[f"{text} ({plural_of(metric)})"] = None
    within = functools.reduce(
        lambda one, other: say("{one} or {other}", one=one, other=other),
        tolerances or [say("its tolerance")],
    )
    return " ".join(
        [
            _measured_note(of_study),
            say(
                "Reproduced: the mean is within {tolerances} of the reported value. One more run: "
                "where a single further run lies with 95 %, by Student's t from the scatter of "
                "these; a reported value comes from a single run. Intervals hold one by one. "
                "Seconds are not judged: they are those of another machine and program.",
                tolerances=within,
            ),
        ]
    )


def _measured_note(of_study: StudyMetric) -> str:
    """Return what is measured."""
    if of_study.last == 1:
        return say(
            "Measured: mean ± standard deviation of the final value over n runs with different "
            "seeds."
        )
    if of_study.rows == "epochs":
        return say(
            "Measured: mean ± standard deviation of the final value (mean of the last {count} "
            "epochs) over n runs with different seeds.",
            count=of_study.last,
        )
    return say(
        "Measured: mean ± standard deviation of the final value (mean of the last {count} "
        "evaluations) over n runs with different seeds.",
        count=of_study.last,
    )


def not_reproduced(
    reported: pd.DataFrame, of_study: StudyMetric, not_compared: Sequence[str] = ()
) -> str:
    """Return sentences that name every reported value that the runs do not reproduce or predict.

    not_compared: settings with reported values that are not in the table.
    """
    rows = list(reported.itertuples())
    missed = [row for row in rows if _is_judged(row.reproduced, False)]
    outside = [
        row for row in rows if _is_judged(row.reproduced, True) and _is_judged(row.predicted, False)
    ]
    if missed:
        values = "; ".join(_missed(row, of_study) for row in missed)
        sentences = [say("**Not reproduced:** {values}.", values=values)]
    elif not_compared:
        sentences = [say("Every value above was reproduced.")]
    else:
        sentences = [say("Every judged value was reproduced.")]
    if outside:
        values = "; ".join(_outside(row, of_study) for row in outside)
        sentences.append(
            say("**Reproduced, but not where one more run would lie:** {values}.", values=values)
        )
    if not_compared:
        sentences.append(
            say(
                "**Not compared**, since every run is missing: {settings}.",
                settings=", ".join(not_compared),
            )
        )
    return " ".join(sentences)


def _missed(row: Any, of_study: StudyMetric) -> str:
    metric = of_study.of_column(row.metric) or _PLAIN
    return say(
        "{setting}, {value}: reported {reported}, measured {measured}",
        setting=row.setting,
        value=_named(row, metric),
        reported=number_of(metric, row.reported),
        measured=_measured(row, metric),
    )


def _outside(row: Any, of_study: StudyMetric) -> str:
    metric = of_study.of_column(row.metric) or _PLAIN
    return say(
        "{setting}, {value}: reported {reported}, one more run {interval}",
        setting=row.setting,
        value=_named(row, metric),
        reported=number_of(metric, row.reported),
        interval=_interval(row, metric, "predicted_"),
    )


def settings_not_compared(plan: Plan, study: Study, missing: Sequence[Run]) -> list[str]:
    """Return the settings that have reported values, and of which every run is missing."""
    values = study.reference.values if study.reference else ()
    referred = {setting for each in values for setting in matching_settings(plan, each.where)}
    return [setting for setting in settings_without_runs(plan, missing) if setting in referred]
