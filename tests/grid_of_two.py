"""Tables of a made-up grid of two optimizers, in one pattern of values, and their analysis."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
from study_tables import asked_for

from lr_atlas.analysis.answer_tables import analyse_study
from lr_atlas.report.main_table import main_note, main_table
from lr_atlas.report.study_report import Table
from lr_atlas.report.summary import study_latex
from lr_atlas.tables.study_tables import StudyTables
from lr_atlas.training.records import METRICS

IMAGES = 1_000


def make_study(accuracies, *, diverged=(), epochs=6, seeds=3):
    """The tables of a study: (epochs, runs).

    accuracies: the final validation accuracy of each (optimizer, learning rate); the runs of a
    setting lie around it. diverged: (optimizer, learning rate, seed) of runs that did, at once.
    epochs: a number, or one for each optimizer.
    """
    runs, rows = [], []
    generator = np.random.default_rng(0)
    for (optimizer, learning_rate), final in accuracies.items():
        for seed in range(seeds):
            length = epochs[optimizer] if isinstance(epochs, dict) else epochs
            gone = (optimizer, learning_rate, seed) in diverged
            setting = f"{optimizer}-lr{learning_rate:g}"
            leading = {
                **{"study": "a_study", "run": f"{setting}-seed{seed}", "setting": setting},
                **{"dataset": "mnist", "optimizer": optimizer, "learning_rate": learning_rate},
                "seed": seed,
            }
            status = "diverged" if gone else "finished"
            curve = final * (1 - 0.5 ** np.arange(1, length + 1)) / (1 - 0.5**length)
            curve = (curve + 0.002 * generator.normal(size=length)).round(4)
            history = [
                dict.fromkeys(METRICS, 1 - value)
                | {"validation_accuracy": value, "train_accuracy": value + 0.02}
                for value in ([] if gone else curve)
            ]
            rows += [
                {**leading, "epoch": epoch, **metrics, "train_seconds": 2.0, "status": status}
                for epoch, metrics in enumerate(history, 1)
            ]
            last = history[-1] if history else dict.fromkeys(METRICS, np.nan)
            runs.append(
                {**leading, "status": status, "epochs_completed": len(history), **last}
                | {"seconds_per_epoch": 2.0 if history else np.nan, "chance": 0.1}
            )
    runs = pd.DataFrame(runs).astype({"seed": "Int64", "epochs_completed": "Int64"})
    columns = [*runs.columns[:7], "epoch", *METRICS, "train_seconds", "status"]
    return pd.DataFrame(rows, columns=columns), runs


def analyse(epochs, runs, target=None, test=None, **more):
    return analyse_study(
        epochs, runs, asked_for(runs), target=target, training_images=IMAGES, test=test, **more
    )


GRID = {
    **{("sgd", 0.01): 0.5, ("sgd", 0.1): 0.9, ("sgd", 1.0): 0.899},
    **{("adam", 0.001): 0.85, ("adam", 0.01): 0.3},
}


def rows_of_test(*accuracies, confirmation, optimizer="sgd", setting="sgd-lr0.1"):
    return pd.DataFrame(
        {
            "optimizer": optimizer,
            "setting": setting,
            "seed": range(1_000_000, 1_000_000 + len(accuracies)),
            "confirmation": confirmation,
            "status": ["diverged" if pd.isna(value) else "finished" for value in accuracies],
            "test_accuracy": np.array(accuracies, dtype=float),
            "chance": 0.1,
        }
    )


def fresh_seeds(sgd, adam):
    """Confirming runs of the settings that GRID's validation images choose."""
    return pd.concat(
        [
            rows_of_test(*sgd, confirmation=True),
            rows_of_test(*adam, confirmation=True, optimizer="adam", setting="adam-lr0.001"),
        ]
    )


LABELS = {"sgd-lr0.1": "SGD, learning rate 0.1"}


def latex_of(analysis, on_test=False, title=""):
    """The table of an analysis alone, as summary.tex has it."""
    name = analysis.summary["study"].iloc[0]
    tables = StudyTables(summary=analysis.summary, optimizers=analysis.optimizers)
    main = Table(main_table(tables, LABELS), main_note(tables, LABELS, on_test))
    none = Table(pd.DataFrame())
    shown = SimpleNamespace(name=name, title=title or name, main=main)
    vars(shown).update(variance=none, sensitivity=none, finder=none)
    return study_latex(shown)
