"""The schedules of a study's runs, in sentences of its protocol."""

from lr_atlas.studies.grid import Plan
from lr_atlas.studies.parameters import schedule_text
from lr_atlas.training.schedule import CONSTANT, HORIZON

#: The words for what each schedule changes.
_SCHEDULED = {
    "schedule": "learning rate",
    "momentum_schedule": "momentum (of Adam and its like, the first beta)",
    "weight_decay_schedule": "weight decay",
}


def schedule_sentences(plan: Plan) -> list[str]:
    """Return how the learning rate, and what else has a schedule, goes over the steps of a run.

    None where everything is constant.
    """
    runs = plan.trained
    sentences = []
    for key, value in _SCHEDULED.items():
        found = dict.fromkeys(schedule_text(run.configuration.get(key, CONSTANT)) for run in runs)
        if set(found) != {CONSTANT}:
            listed = "; ".join(sorted(found))
            some = "" if len(found) == 1 else ", as the table says"
            sentences.append(f"Over the steps of a run the {value} is: {listed}{some}.")
    if any(HORIZON in run.configuration for run in runs):
        sentences.append(
            "Where a schedule knows its end, that is the end of the run's own epochs: a longer run "
            "is another one from its first step on."
        )
    return [" ".join(sentences)] if sentences else []
