"""All that the runs of a study say, table by table, for the study as it is configured."""

import pandas as pd

from lr_atlas.analysis.answer_tables import Analysis, analyse_study
from lr_atlas.analysis.budgets import budgets
from lr_atlas.analysis.claims import check_claims
from lr_atlas.analysis.findings import find
from lr_atlas.analysis.reference import compare_with_reference
from lr_atlas.config.study_models import Study
from lr_atlas.data.image_counts import ImageCounts, image_counts
from lr_atlas.studies.grid import Plan


def analysis_of(
    plan: Plan,
    study: Study,
    data: dict,
    epochs: pd.DataFrame,
    runs: pd.DataFrame,
    test: pd.DataFrame | None = None,
) -> Analysis:
    """Return the analysis of a study as it is configured.

    data: training_images and test_images, as in studies.study_definition. epochs, runs: the tables
    of collect.collect_study; runs of the plan may be missing. test: that of evaluation.test_table.
    """
    counts = _image_counts(study, data)
    return analyse_study(
        epochs,
        runs,
        budgets(plan),
        target=study.target,
        training_images=counts.training,
        validation_images=counts.validation,
        test_images=data["test_images"],
        margin=study.margin,
        test=test,
    )


def _image_counts(study: Study, data: dict) -> ImageCounts:
    sizes = data["training_images"], data["test_images"]
    return image_counts(study.validation, study.training_images, *sizes)


def analyse(
    plan: Plan,
    study: Study,
    data: dict,
    epochs: pd.DataFrame,
    runs: pd.DataFrame,
    test: pd.DataFrame,
) -> tuple[Analysis, dict[str, pd.DataFrame]]:
    """Return (the analysis, its tables by the names in analysis.TABLES); see `analysis_of`."""
    analysis = analysis_of(plan, study, data, epochs, runs, test)
    return analysis, {
        "summary": analysis.summary,
        "pairs": analysis.pairs,
        "optimizers": analysis.optimizers,
        "best_of": analysis.best_of,
        "findings": find(epochs, analysis, plan, study),
        "claims": check_claims(
            *(study.claims, plan, analysis.measured, epochs, analysis.pairs),
            validation_images=_image_counts(study, data).validation,
        ),
        "reported": compare_with_reference(runs, plan, study.reference),
    }
