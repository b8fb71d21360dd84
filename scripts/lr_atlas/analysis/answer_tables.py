"""The tables of a study's answers: settings, compared pairs, optimizers, random searches."""

from dataclasses import dataclass

import pandas as pd

from lr_atlas.analysis.choice import best_settings, choose
from lr_atlas.analysis.learning_rates import siblings
from lr_atlas.analysis.mattering import with_sizes
from lr_atlas.analysis.measures import default_target, measure_runs
from lr_atlas.analysis.plateau import Plateau, plateau
from lr_atlas.analysis.random_search import best_of_table
from lr_atlas.analysis.ranking import rank_optimizers
from lr_atlas.analysis.sensitivity_table import sensitivity_table
from lr_atlas.analysis.setting_summary import summarise, with_statistics
from lr_atlas.analysis.step_to_target import steps_beyond
from lr_atlas.analysis.study_looks import FIRST_LOOK, Looks
from lr_atlas.analysis.verdicts import compare_settings
from lr_atlas.studies.study_metric import ACCURACY, StudyMetric
from lr_atlas.training.records import STEP


@dataclass(frozen=True)
class Analysis:
    """Hold the tables of an analysis; see the functions that make them."""

    metric: StudyMetric
    target: float  # a value of it; NaN if every run diverged and none was asked for
    measured: pd.DataFrame  # measures.measure_runs
    summary: pd.DataFrame
    pairs: pd.DataFrame
    optimizers: pd.DataFrame
    best_of: pd.DataFrame
    sensitivity: pd.DataFrame
    looks: Looks = FIRST_LOOK


def analyse_study(
    epochs: pd.DataFrame,
    runs: pd.DataFrame,
    budgets: pd.DataFrame,
    *,
    target: float | None,
    training_images: int,
    validation_images: int | None = None,
    test_images: int | None = None,
    margin: float | None = None,
    matters: float | None = None,
    test: pd.DataFrame | None = None,
    defaults: pd.DataFrame | None = None,
    metric: StudyMetric = ACCURACY,
    looks: Looks = FIRST_LOOK,
) -> Analysis:
    """Return all tables of a study, from those of collect.collect_study; a function of the runs.

    budgets: what was asked for, see budgets.budgets. target: a value of metric.timed on the
    validation images to be reached, None for measures.default_target. training_images: how many an
    epoch trains on; validation_images, test_images: how many the metric is measured on. margin: see
    plateau.plateau; None for StudyMetric.margin. matters: see mattering.with_sizes. test: what
    the chosen settings reached on the test images, see evaluation.test_table; None if nothing was
    evaluated. defaults: the runs with default arguments, in the shape of `runs`; None where none
    were asked for. metric: of the study. looks: how often it was looked at, this time included.
    """
    target = default_target(runs, metric) if target is None else target
    margin = usual_margin(runs, metric) if margin is None else margin
    measured = measure_runs(epochs, runs, target, training_images, metric)
    summary = with_statistics(summarise(epochs, runs, metric), measured, target, metric)
    if STEP in epochs:
        step = metric.timed.step(validation_images)
        beyond = steps_beyond(epochs, runs, target, metric.timed, step)
        summary = summary.join(beyond, on="setting")
    best_of = best_of_table(runs, metric)
    pairs = compare_settings(
        *(runs, test),
        validation_images=validation_images,
        test_images=test_images,
        metric=metric,
        looks=(looks.number(), looks.number(fresh=True)),
    )
    pairs = with_sizes(pairs, matters)
    plateaus = find_plateaus(summary, pairs, best_settings(runs, metric), margin)
    members = {setting for found in plateaus.values() for setting in found.settings}
    place = summary.columns.get_loc("best_of_optimizer") + 1
    summary.insert(place, "on_plateau", summary["setting"].isin(members))
    summary.insert(place + 1, "plateau_margin", margin)
    optimizers = rank_optimizers(
        *(runs, summary, budgets, pairs, plateaus),
        best_of=best_of,
        test=test,
        margin=margin,
        metric=metric,
        validation_images=validation_images,
        test_images=test_images,
    )
    return Analysis(
        metric=metric,
        target=target,
        measured=measured,
        summary=summary,
        pairs=pairs,
        optimizers=optimizers,
        best_of=best_of,
        sensitivity=sensitivity_table(
            *(runs, summary, optimizers, defaults, metric), validation_images=validation_images
        ),
        looks=looks,
    )


def usual_margin(runs: pd.DataFrame, metric: StudyMetric) -> float:
    """Return the loss that does not matter where the study names none; NaN if it is not known."""
    return metric.margin(runs["chance"].iloc[0], choose(runs, metric)["score"].iloc[0])


def find_plateaus(
    summary: pd.DataFrame, pairs: pd.DataFrame, best: pd.Series, margin: float
) -> dict[str, Plateau]:
    """Return the plateau of each optimizer's best setting, by optimizer; see `plateau`.

    best: the chosen setting by optimizer.
    """
    found = {}
    for optimizer, setting in best.items():
        own = siblings(summary, setting)
        rows = pairs[(pairs["first"] == setting) & pairs["second"].isin(own["setting"])]
        behind = dict(zip(rows["second"], zip(rows["low"], rows["high"], strict=True), strict=True))
        settings = dict(zip(own["learning_rate"], own["setting"], strict=True))
        found[optimizer] = plateau(setting, settings, behind, margin)
    return found
