"""Our own tables read as those of others: the same runs, settings and verdicts."""

import numpy as np
import pandas as pd
import pytest
from foreign_tables import imported_of
from study_tables import study_of, tables_of

from lr_atlas.analysis.answer_tables import analyse_study
from lr_atlas.analysis.budgets import budgets

OPTIMIZERS = [
    {"name": "sgd", "lr": [0.01, 0.1, 1.0], "momentum": [0.0, 0.9], "batch_size": [32, 64]},
    {"name": "sgd", "lr": 0.1, "momentum": 0.9, "nesterov": True},
    {"name": "adam", "lr": [0.0001, 0.000316227766, 0.001], "betas": [[0.9, 0.999], [0.5, 0.9]]},
]


@pytest.fixture(scope="module")
def own():
    """(plan, epochs, runs) of a study with axes of all kinds, of which some runs diverged."""
    _, plan = study_of(OPTIMIZERS, seeds=[3, 5, 11], epochs=4)
    scatter = np.random.default_rng(0)

    def accuracy(run):
        if run.parameters["learning_rate"] == 1.0 and run.seed == 5:
            return None
        best = 0.8 + 0.02 * np.log10(run.parameters["learning_rate"])
        return best + 0.01 * scatter.standard_normal(4) + 0.01 * np.arange(4)

    epochs, runs = tables_of(plan, accuracy, seconds=lambda run: 1 / (3 + run.seed))
    return plan, epochs, runs


def test_our_tables_are_read_as_the_runs_that_they_are(own, tmp_path):
    plan, epochs, runs = own
    found = imported_of(
        tmp_path,
        {"epochs.csv": epochs.to_csv(index=False), "runs.csv": runs.to_csv(index=False)},
    )
    assert list(found.parameters) == plan.settings
    assert found.varying == plan.varying
    assert found.unknown == frozenset()
    for mine, read in ((runs, found.runs), (epochs, found.epochs)):
        shared = [name for name in mine if name in read and name not in ("images", "reason")]
        assert {"setting", "seed", "status", "validation_accuracy", *plan.varying} <= {*shared}
        pd.testing.assert_frame_equal(
            read[shared], mine[shared], check_dtype=False, check_exact=True
        )


def test_verdicts_on_our_tables_are_the_same_to_the_last_digit(own, tmp_path):
    plan, epochs, runs = own
    found = imported_of(
        tmp_path,
        {"a/epochs.csv": epochs.to_csv(index=False), "a/runs.csv": runs.to_csv(index=False)},
    )
    mine = analyse_study(epochs, runs, budgets(plan), target=None, training_images=1000)
    read = analyse_study(
        found.epochs,
        found.runs,
        budgets(plan),
        target=None,
        training_images=1000,
        metric=found.metric,
    )
    for name in ("pairs", "optimizers", "summary", "sensitivity"):
        # The names of study and data set are told by the configuration that imports the runs.
        expected = getattr(mine, name).drop(columns=["study", "dataset"], errors="ignore")
        pd.testing.assert_frame_equal(
            getattr(read, name), expected, check_dtype=False, check_exact=True
        )
