"""Check that every run has the evaluations that its score is the mean of."""

import math

from lr_atlas.common.units import counted
from lr_atlas.config.config_file import ConfigFile
from lr_atlas.config.study_models import Study
from lr_atlas.data.image_counts import image_counts
from lr_atlas.studies.data_source import DataSource
from lr_atlas.studies.grid import Plan
from lr_atlas.training.configuration import complete_configuration
from lr_atlas.training.course import Course, is_by_steps


def check_score(plan: Plan, study: Study, data: DataSource, file: ConfigFile) -> None:
    """Raise ConfigError for a mean over more evaluations than some run has."""
    last = study.score.last
    if last == 1 or not plan.trained:
        return
    images = 0
    if study.trains:
        sizes = data.training_images, 0, data.held_out
        images = image_counts(study.validation, study.training_images, *sizes).training
    rows, setting = min(
        (_evaluations(run.configuration, run.epochs, images), run.setting) for run in plan.trained
    )
    if last > rows:
        thing = "evaluation" if plan.is_by_steps else "epoch"
        raise file.error(
            ("studies", plan.study, "score", "last"),
            f"last: {last} is not allowed; it must be at most {rows}, since the runs of {setting} "
            f"have {counted(rows, thing)}",
        )


def _evaluations(configuration: dict, length: int, images: int) -> int:
    """Return how often a run of so many epochs or steps is evaluated."""
    if not is_by_steps(configuration):
        return length
    course = Course.of(complete_configuration(configuration), images)
    end = course.end(length)
    if course.listed:
        return sum(step < end for step in course.listed) + 1
    return math.ceil(end / course.every)
