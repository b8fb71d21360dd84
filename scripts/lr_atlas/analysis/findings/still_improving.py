"""The validation metric still gets better at the end, beyond the scatter of runs.

Found when: the metric on the validation images of an optimizer's best setting is better in the
second half of its last third of epochs than in the first, by more than 0.1 points (of a metric that
is no share: a thousandth of the way from guessing to it) and beyond noise: the 95 % t interval over
seeds is above 0; with one seed, three times the noise of its curve

What to do: twice as many epochs
"""

from lr_atlas.analysis.curve_ends import late_gain
from lr_atlas.analysis.finding import WARNING, Finding, Findings, Seen
from lr_atlas.common.lengths import unit_of
from lr_atlas.training.schedule import HORIZON

TITLE, SEVERITY, PLACE = "still improving at the end of training", WARNING, 30


def find(seen: Seen) -> Findings:
    """Yield each best setting that does so."""
    trained = seen.epochs[seen.epochs["status"] != "diverged"]
    metric = seen.metric
    changes = "rises" if metric.sign > 0 else "falls"
    rows = "evaluations" if seen.plan.is_by_steps else "epochs"
    for row in seen.improvable():
        gain = late_gain(trained[trained["setting"] == row.best_setting], metric)
        length = next(run.epochs for run in seen.plan.runs if run.setting == row.best_setting)
        if gain is None or not gain.is_clear(seen.smallest_gain(row)):
            continue
        ends = f"{metric.number(gain.low)} to {metric.distance(gain.high)}"
        sure = f"95 % interval {ends}, n = {gain.runs}"
        if gain.runs < 2:
            noise = metric.distance(gain.mean - gain.low)
            sure = f"three times the noise of the curve is {noise}, n = 1"
        yield Finding(
            f"Validation {metric.title} of {row.best_setting} still {changes}: by "
            f"{metric.distance(gain.mean)} "
            f"between the two halves of the last {gain.window} of its {gain.epochs} {rows} "
            f"({sure}).",
            f"Train longer: {unit_of(length)} {2 * length}.{_goes_on(seen, row.best_setting)}",
            row.optimizer,
            row.best_setting,
            (2 * length,),
        )


def _goes_on(seen: Seen, setting: str) -> str:
    """Return what a longer run of a setting begins with."""
    if seen.metric.of_program:
        return ""
    if any(HORIZON in run.configuration for run in seen.plan.runs if run.setting == setting):
        return " Its schedule or average ends with the run, so that runs begin anew."
    return " Finished runs go on from where they are."
