"""Sentences of a study's protocol on its runs from elsewhere: what is known of them, what not."""

from lr_atlas.config.study_models import Study
from lr_atlas.locale.counted_things import counted
from lr_atlas.locale.speech import mark, say, say_word
from lr_atlas.report.number_text import shortened
from lr_atlas.studies.grid import Plan
from lr_atlas.studies.study_metric import StudyMetric

#: The files may leave this unsaid (imported.UNKNOWN), with what follows; as `say_word` says it.
_UNSAID = {
    "optimizer": mark("the optimizer, so that all settings stand under one name"),
    "learning_rate": mark("learning rates, so that nothing is shown against them"),
    "seeds": mark("seeds, so that runs of a setting are replicates in the order of their rows"),
    "seconds": mark("seconds, so that no times are shown"),
    "divergence": mark(
        "whether a run diverged, so that each counts with the value that it ended with"
    ),
    "chance": mark(
        "what guessing reaches, so that a run that diverged has no score, and a setting that has "
        "one is not chosen"
    ),
    "validation": mark(
        "whether the values were measured on validation data: if it was test data, what is chosen "
        "here is chosen on the test set"
    ),
    "curves": mark("values before the end, so that there are no curves"),
    "epochs": mark("epochs, so that all is counted in steps"),
}
_MOST_NAMED = 5


def elsewhere_facts(plan: Plan, study: Study, data: dict, metric: StudyMetric) -> list[str]:
    """Return what a reader must know of a study's runs from elsewhere; nothing without such."""
    said = data.get("elsewhere")
    if not said:
        return []
    runs = [run for run in plan.runs if run.is_from_elsewhere]
    settings = len({run.setting for run in runs})
    unsaid = [key for key in said["unknown"] if key != "chance" or study.chance is None]
    what = "; ".join(say_word(_UNSAID[key]) for key in _UNSAID if key in unsaid)
    notes = shortened(said["notes"], _MOST_NAMED)
    return [
        say(
            "Runs from elsewhere: {runs} of {settings}, read from {files} (content {digest}), "
            "judged by {metric}. Data, network and training are as those who trained them say; "
            "test results of theirs are not among what is read.",
            runs=counted(len(runs), "run"),
            settings=counted(settings, "setting"),
            files=shortened(said["files"], _MOST_NAMED),
            digest=said["digest"][:12],
            metric=metric.called,
        ),
        *([say("Their files do not say: {what}.", what=what)] if what else []),
        *([say("Read so: {notes}.", notes=notes)] if notes else []),
    ]
