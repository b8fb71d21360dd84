"""The tables of a study's answers: settings, compared pairs, optimizers, random searches."""

from dataclasses import dataclass

import pandas as pd

from lr_atlas.analysis.choice import best_settings
from lr_atlas.analysis.learning_rates import siblings
from lr_atlas.analysis.measures import default_target, measure_runs
from lr_atlas.analysis.plateau import Plateau, plateau
from lr_atlas.analysis.random_search import best_of_table
from lr_atlas.analysis.ranking import rank_optimizers
from lr_atlas.analysis.setting_summary import summarise, with_statistics
from lr_atlas.analysis.verdicts import compare_settings
from lr_atlas.config.study_models import MARGIN


@dataclass(frozen=True)
class Analysis:
    """Hold the tables of an analysis; see the functions that make them."""

    target: float  # validation accuracy, 0..1; NaN if every run diverged and none was asked for
    measured: pd.DataFrame  # measures.measure_runs
    summary: pd.DataFrame
    pairs: pd.DataFrame
    optimizers: pd.DataFrame
    best_of: pd.DataFrame


def analyse_study(
    epochs: pd.DataFrame,
    runs: pd.DataFrame,
    budgets: pd.DataFrame,
    *,
    target: float | None,
    training_images: int,
    validation_images: int | None = None,
    test_images: int | None = None,
    margin: float = MARGIN,
    test: pd.DataFrame | None = None,
) -> Analysis:
    """Return all tables of a study, from those of collect.collect_study; a function of the runs.

    budgets: what was asked for, see budgets.budgets. target: a validation accuracy (0..1) to be
    reached, None for measures.default_target. training_images: how many an epoch trains on;
    validation_images, test_images: how many accuracies are measured on. margin: see
    plateau.plateau. test: what the chosen settings reached on the test images, see
    evaluation.test_table; None if nothing was evaluated.
    """
    target = default_target(runs) if target is None else target
    measured = measure_runs(epochs, runs, target, training_images)
    summary = with_statistics(summarise(epochs, runs), measured, target)
    best_of = best_of_table(runs)
    pairs = compare_settings(
        runs, test, validation_images=validation_images, test_images=test_images
    )
    plateaus = find_plateaus(summary, pairs, best_settings(runs), margin)
    members = {setting for found in plateaus.values() for setting in found.settings}
    place = summary.columns.get_loc("best_of_optimizer") + 1
    summary.insert(place, "on_plateau", summary["setting"].isin(members))
    summary.insert(place + 1, "plateau_margin", margin)
    return Analysis(
        target=target,
        measured=measured,
        summary=summary,
        pairs=pairs,
        optimizers=rank_optimizers(
            *(runs, summary, budgets, pairs, plateaus, best_of),
            test=test,
            margin=margin,
            validation_images=validation_images,
            test_images=test_images,
        ),
        best_of=best_of,
    )


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
