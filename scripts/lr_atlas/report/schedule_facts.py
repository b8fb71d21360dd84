"""The schedules of a study's runs, in sentences of its protocol."""

from lr_atlas.locale.speech import say
from lr_atlas.studies.grid import Plan
from lr_atlas.studies.parameters import schedule_text
from lr_atlas.training.schedule import CONSTANT, HORIZON


def schedule_sentences(plan: Plan) -> list[str]:
    """Return how the learning rate, and what else has a schedule, goes over the steps of a run.

    None where everything is constant.
    """
    runs = plan.trained
    sentences = []
    for key in ("schedule", "momentum_schedule", "weight_decay_schedule"):
        found = dict.fromkeys(schedule_text(run.configuration.get(key, CONSTANT)) for run in runs)
        if set(found) != {CONSTANT}:
            schedules = "; ".join(sorted(found))
            said = _only(key, schedules) if len(found) == 1 else _several(key, schedules)
            sentences.append(said)
    if any(HORIZON in run.configuration for run in runs):
        sentences.append(
            say(
                "Where a schedule knows its end, that is the end of the run's own epochs: a longer "
                "run is another one from its first step on."
            )
        )
    return [" ".join(sentences)] if sentences else []


def _only(key: str, schedules: str) -> str:
    """Return the sentence on the schedule of all runs; key: that of a configuration."""
    return {
        "schedule": say(
            "Over the steps of a run the learning rate is: {schedules}.", schedules=schedules
        ),
        "momentum_schedule": say(
            "Over the steps of a run the momentum (of Adam and its like, the first beta) is: "
            "{schedules}.",
            schedules=schedules,
        ),
        "weight_decay_schedule": say(
            "Over the steps of a run the weight decay is: {schedules}.", schedules=schedules
        ),
    }[key]


def _several(key: str, schedules: str) -> str:
    """Return the same of schedules in which the runs differ."""
    return {
        "schedule": say(
            "Over the steps of a run the learning rate is: {schedules}, as the table says.",
            schedules=schedules,
        ),
        "momentum_schedule": say(
            "Over the steps of a run the momentum (of Adam and its like, the first beta) is: "
            "{schedules}, as the table says.",
            schedules=schedules,
        ),
        "weight_decay_schedule": say(
            "Over the steps of a run the weight decay is: {schedules}, as the table says.",
            schedules=schedules,
        ),
    }[key]
