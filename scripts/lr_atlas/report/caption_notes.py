"""Notes on a study in the captions of its figures, which Snakemake's report shows."""

from lr_atlas.locale.counted_things import counted
from lr_atlas.locale.speech import say
from lr_atlas.studies.study_metric import StudyMetric


def seeds_note(seeds: int, completeness: str) -> str:
    """Return how many seeds there are, and what is missing; completeness: may be empty."""
    return "; ".join(filter(None, [counted(seeds, "seed"), completeness]))


def validation_note(validation: str, metric: StudyMetric) -> str:
    """Return what settings are compared on.

    validation: as in a study; "unknown" where runs are not trained by this project.
    """
    if metric.last == 1:
        ends = ""
    elif metric.rows == "epochs":
        ends = say("At the end: the mean of the last {count} epochs.", count=metric.last)
    else:
        ends = say("At the end: the mean of the last {count} evaluations.", count=metric.last)
    return f"{_images_note(validation)} {ends}".rstrip()


def _images_note(validation: str) -> str:
    if validation == "unknown":
        return say("What validation was on, those who made the runs know.")
    if validation == "test":
        return say(
            "Validation was on the test images: what is chosen from this figure has been chosen on "
            "the test set."
        )
    if validation == "given":
        return say("Validation was on those that the data itself holds out of its training part.")
    return say("Validation was on {count} training images that were held out.", count=validation)
