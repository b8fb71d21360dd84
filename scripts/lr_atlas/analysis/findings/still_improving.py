"""The validation metric still gets better at the end, beyond the scatter of runs.

Found when: the metric on the validation images of an optimizer's best setting is better in the
second half of its last third of epochs than in the first, by more than 0.1 points (of a metric that
is no share: a thousandth of the way from guessing to it) and beyond noise: the 95 % t interval over
seeds is above 0; with one seed, three times the noise of its curve

What to do: twice as many epochs
"""

from lr_atlas.analysis.curve_ends import Gain, late_gain
from lr_atlas.analysis.finding import WARNING, Finding, Findings, Seen
from lr_atlas.common.lengths import unit_of
from lr_atlas.locale.speech import mark, say, say_word
from lr_atlas.studies.study_metric import StudyMetric
from lr_atlas.training.schedule import HORIZON

TITLE, SEVERITY, PLACE = mark("still improving at the end of training"), WARNING, 30


def find(seen: Seen) -> Findings:
    """Yield each best setting that does so."""
    trained = seen.epochs[seen.epochs["status"] != "diverged"]
    metric = seen.metric
    rows = "evaluations" if seen.plan.is_by_steps else "epochs"
    for row in seen.improvable():
        gain = late_gain(trained[trained["setting"] == row.best_setting], metric)
        length = next(run.epochs for run in seen.plan.runs if run.setting == row.best_setting)
        if gain is None or not gain.is_clear(seen.smallest_gain(row)):
            continue
        advice = say("Train longer: {unit} {length}.", unit=unit_of(length), length=2 * length)
        yield Finding(
            _evidence(row.best_setting, gain, metric, rows),
            f"{advice}{_goes_on(seen, row.best_setting)}",
            row.optimizer,
            row.best_setting,
            (2 * length,),
        )


def _evidence(setting: str, gain: Gain, metric: StudyMetric, rows: str) -> str:
    values = {
        "metric": metric.called,
        "setting": setting,
        "gain": metric.distance(gain.mean),
        "window": gain.window,
        "all": gain.epochs,
        "rows": say_word(rows),
        "sure": _sure(gain, metric),
    }
    if metric.sign > 0:
        return say(
            "Validation {metric} of {setting} still rises: by {gain} between the two halves of the "
            "last {window} of its {all} {rows} ({sure}).",
            **values,
        )
    return say(
        "Validation {metric} of {setting} still falls: by {gain} between the two halves of the "
        "last {window} of its {all} {rows} ({sure}).",
        **values,
    )


def _sure(gain: Gain, metric: StudyMetric) -> str:
    if gain.runs < 2:
        noise = metric.distance(gain.mean - gain.low)
        return say("three times the noise of the curve is {noise}, n = 1", noise=noise)
    return say(
        "95 % interval {low} to {high}, n = {n}",
        low=metric.number(gain.low),
        high=metric.distance(gain.high),
        n=gain.runs,
    )


def _goes_on(seen: Seen, setting: str) -> str:
    """Return what a longer run of a setting begins with."""
    if seen.metric.of_program:
        return ""
    if any(HORIZON in run.configuration for run in seen.plan.runs if run.setting == setting):
        return f" {say('Its schedule or average ends with the run, so that runs begin anew.')}"
    return f" {say('Finished runs go on from where they are.')}"
