"""Analyse the runs of a study, table by table, for the study as it is configured."""

import pandas as pd

from lr_atlas.analysis.answer_tables import Analysis, analyse_study
from lr_atlas.analysis.budgets import budgets
from lr_atlas.analysis.claims import check_claims
from lr_atlas.analysis.finder_table import finder_table
from lr_atlas.analysis.finding import Seen
from lr_atlas.analysis.findings import findings_table
from lr_atlas.analysis.reference import compare_with_reference
from lr_atlas.analysis.seeds_and_images import seeds_and_images
from lr_atlas.analysis.study_looks import FIRST_LOOK, Looks
from lr_atlas.analysis.variance_by_source import variance_by_source
from lr_atlas.config.study_models import Study
from lr_atlas.config.target_models import value_of_target
from lr_atlas.data.image_counts import ImageCounts, image_counts
from lr_atlas.studies.given_metric import study_metric
from lr_atlas.studies.grid import Plan
from lr_atlas.studies.range_tests import range_tests as find_tests


def analysis_of(
    plan: Plan,
    study: Study,
    data: dict,
    epochs: pd.DataFrame,
    runs: pd.DataFrame,
    *,
    test: pd.DataFrame | None = None,
    defaults: pd.DataFrame | None = None,
    looks: Looks = FIRST_LOOK,
) -> Analysis:
    """Return the analysis of a study as it is configured.

    data: of its data set, as in studies.study_definition. epochs, runs: the tables
    of collect.collect_study; runs of the plan may be missing. test: that of evaluation.test_table.
    defaults: the runs with default arguments, in the shape of `runs`. looks: how often the study
    was looked at, this time included.
    """
    counts = _image_counts(study, data)
    return analyse_study(
        epochs,
        runs,
        budgets(plan),
        target=value_of_target(study.target),
        training_images=counts.training,
        validation_images=counts.validation,
        test_images=data["test_images"],
        margin=study.margin,
        matters=study.matters,
        test=test,
        defaults=defaults if study.defaults else None,
        metric=study_metric(study, data),
        looks=looks,
    )


def _image_counts(study: Study, data: dict) -> ImageCounts:
    if not study.trains:
        return ImageCounts(0, 0, 0)  # nobody but the program knows, or who trained them
    sizes = data["training_images"], data["test_images"], data.get("held_out", 0)
    return image_counts(study.validation, study.training_images, *sizes)


def analyse(
    plan: Plan,
    study: Study,
    data: dict,
    epochs: pd.DataFrame,
    runs: pd.DataFrame,
    *,
    test: pd.DataFrame,
    defaults: pd.DataFrame | None = None,
    dynamics: pd.DataFrame | None = None,
    range_tests: pd.DataFrame | None = None,
    looks: Looks = FIRST_LOOK,
    right: pd.DataFrame | None = None,
    varied: pd.DataFrame | None = None,
) -> tuple[Analysis, dict[str, pd.DataFrame]]:
    """Return (the analysis, its tables by the names in analysis.TABLES); see `analysis_of`.

    dynamics: the table of collect_dynamics; None where it is not known. range_tests: a row per
    optimizer, seed and step; None without. right, varied: what the test images say beside `test`,
    see seeds_and_images and variance_by_source; None without.
    """
    analysis = analysis_of(
        plan, study, data, epochs, runs, test=test, defaults=defaults, looks=looks
    )
    tests = find_tests(plan) if study.find and range_tests is not None else []
    return analysis, {
        "summary": analysis.summary,
        "pairs": analysis.pairs,
        "optimizers": analysis.optimizers,
        "best_of": analysis.best_of,
        "sensitivity": analysis.sensitivity,
        "seeds_and_images": seeds_and_images(test, right, analysis.pairs, analysis.metric),
        "variance": variance_by_source(varied, analysis.metric, data["test_images"]),
        "finder": finder_table(range_tests, tests, runs, analysis.metric),
        "findings": findings_table(Seen(study, plan, epochs, analysis, dynamics)),
        "claims": check_claims(
            *(study.claims, plan, analysis.measured, epochs, analysis.pairs),
            validation_images=_image_counts(study, data).validation,
            matters=study.matters,
            metric=analysis.metric,
            look=looks.number(),
        ),
        "looks": looks.table(),
        "reported": compare_with_reference(runs, plan, study.reference, analysis.metric),
    }
