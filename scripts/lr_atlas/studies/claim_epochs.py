"""Epochs that claims speak of, in studies whose runs may count, or be evaluated, by steps."""

from collections.abc import Iterable

from lr_atlas.config.claim import Claim
from lr_atlas.studies.grid import Plan, Run
from lr_atlas.training.configuration import complete_configuration
from lr_atlas.training.course import Course

_AT_EPOCH, _LAST = "at_epoch", "last"


def epochs_problem(
    plan: Plan, claim: Claim, settings: Iterable[str], images: int
) -> tuple[str, str] | None:
    """Return (key, text) of what a claim says of epochs that cannot be told; None if all can.

    settings: those that it is about. images: that the study trains on; 0 of a program.
    """
    runs = {run.setting: run for run in plan.runs}
    for key in (_AT_EPOCH, _LAST):
        asked: int = getattr(claim, key, None) or 0
        for name in settings if asked else ():
            text = _not_there(runs[name], key, asked, images)
            if text:
                return key, text
    return None


def _not_there(run: Run, key: str, asked: int, images: int) -> str:
    """Return which epochs of a run a claim speaks of without an evaluation after them, or ""."""
    if not images or run.is_from_elsewhere:  # or of a program: their rows are epochs
        course, end = Course(1, 1), int(run.epochs)
    else:
        course = Course.of(complete_configuration(run.configuration), images)
        end = course.end(run.epochs)
    of_epoch = course.steps_per_epoch
    if asked > end // of_epoch:
        return f"{key}: {asked} is more than the {end / of_epoch:.6g} epochs of {run.setting}"
    step, way_out = asked * of_epoch, f"with `evaluate: {{every: {of_epoch}}}` there is one"
    if key == _AT_EPOCH and step != end and not course.is_scheduled(step):
        return (
            f"at_epoch: {run.setting} is not evaluated after epoch {asked}, at step {step}; "
            f"{way_out}"
        )
    has_rows_of_epochs = not course.listed and course.every == of_epoch and end % of_epoch == 0
    if key == _LAST and not has_rows_of_epochs:
        return (
            f"last counts epochs, and {run.setting} has not one evaluation after each; {way_out}, "
            "where a whole number of epochs is trained"
        )
    return ""
