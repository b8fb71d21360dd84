"""Studies that were never run: tables with the columns of real ones, for pages and answers."""

import zlib

import numpy as np
import pandas as pd

from lr_atlas.analysis.answer_tables import analyse_study
from lr_atlas.analysis.budgets import budgets
from lr_atlas.analysis.choice import choose
from lr_atlas.analysis.reference import compare_with_reference
from lr_atlas.config.study_models import Study
from lr_atlas.report.curve_data import curve_data
from lr_atlas.report.page import study_page
from lr_atlas.report.study_report import study_report
from lr_atlas.runs.missing_runs import without
from lr_atlas.studies.grid import plan_study
from lr_atlas.tables.study_tables import COLUMNS, StudyTables
from lr_atlas.training.records import METRICS

AT_ONCE = "diverged at once"
ONE_OPTIMIZER = [{"name": "sgd", "lr": [0.01, 0.1, 1.0]}]
#: The name of the best setting of `made_up_study`.
BEST = "SGD with learning rate 0.1 and momentum 0.9"
FORM = {"shape": [28, 28], "outputs": 10, "task": "classification"}
DATA = {"digest": None, "training_images": 60000, "test_images": 10000, "form": FORM}
#: The final accuracy that an optimizer reaches at its best learning rate, and that rate.
_PEAKS = {"sgd": (0.89, 0.1), "adam": (0.885, 1e-3), "rmsprop": (0.87, 1e-3)}


def made_up_study(**changes):
    """A study of two optimizers, three learning rates each, five seeds, ten epochs."""
    return Study.model_validate(
        {
            "description": "How does the learning rate shape training?",
            "dataset": "fashion_mnist",
            "seeds": 5,
            "epochs": 10,
            "optimizers": [
                {"name": "sgd", "lr": [0.01, 0.1, 1.0], "momentum": [0, 0.9]},
                {"name": "adam", "lr": [1e-4, 1e-3, 1e-2]},
            ],
        }
        | changes
    )


def made_up(study, name="made-up", missing=(), ends=None, gain=None, fresh=None):
    """(plan, StudyTables) of a study.

    missing: numbers of the plan's runs that are not there. ends: {setting: how its runs end}, such
    as "diverged", or AT_ONCE for the first epoch. gain: {optimizer: what is added to its final
    accuracies}. fresh: test accuracies of runs that confirm the chosen setting of each optimizer,
    NaN for a diverged one.
    """
    plan = plan_study(name, study, None, 1)
    lacking = [plan.runs[index] for index in missing]
    epochs, runs = _measured(without(plan, lacking), ends or {}, gain or {})
    return plan, analysed(plan, study, epochs, runs, lacking, _confirming(runs, fresh))


def _confirming(runs, fresh):
    rows = [
        {
            **{"optimizer": row.optimizer, "setting": row.setting, "seed": 1_000_000 + place},
            **{"confirmation": True, "status": "diverged" if np.isnan(value) else "finished"},
            **{"test_accuracy": value, "chance": 0.1},
        }
        for row in choose(runs).itertuples()
        for place, value in enumerate((fresh or {}).get(row.optimizer, ()))
    ]
    return pd.DataFrame(rows) if rows else None


def analysed(plan, study, epochs, runs, missing=(), test=None):
    """Return all tables of a study, made of what was measured."""
    found = analyse_study(
        *(epochs, runs, budgets(plan)),
        target=study.target,
        training_images=60_000,
        test=test,
        matters=study.matters,
    )
    reported = compare_with_reference(runs, plan, study.reference)
    ranked = found.optimizers.fillna({"best_setting": ""})  # as it is read from its file
    return StudyTables(
        summary=found.summary,
        runs=runs,
        reported=reported,
        missing=missing,
        epochs=epochs,
        pairs=found.pairs,
        optimizers=ranked,
    )


def findings(*codes):
    rows = [
        {
            "code": code,
            "severity": "warning" if code == "edge" else "note",
            "optimizer": "sgd",
            "setting": "",
            "evidence": "The best learning rate of sgd, 1, is the highest of its grid.",
            "fix": "Add 3.16 and 10.",
        }
        for code in codes
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS["findings"]))


def claims(*verdicts):
    rows = [
        {
            "claim": f"SGD is better than Adam <{verdict}>",
            "source": "figure 3",
            "verdict": verdict,
            "evidence": "+0.50 points, 95 % interval +0.20 to +0.80, n = 5.",
            "method": "paired t test",
            "together": "inconclusive" if verdict == "contradicted" else verdict,
        }
        for verdict in verdicts
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS["claims"]))


def _measured(plan, ends, gain):
    rows, runs = [], []
    for run in plan.runs:
        end = ends.get(run.setting, "finished")
        status = "diverged" if end == AT_ONCE else end
        history = [] if end == AT_ONCE else _history(run, status, gain)
        leading = {
            "study": plan.study,
            "run": run.name,
            "setting": run.setting,
            "dataset": run.configuration["dataset"],
            "optimizer": run.parameters["optimizer"],
            "learning_rate": run.parameters["learning_rate"],
            **{name: run.parameters.get(name) for name in plan.varying},
            "seed": run.seed,
        }
        rows += [{**leading, **epoch, "status": status} for epoch in history]
        runs.append(leading | _ended(history, status))
    types = {"diverged_epoch": "Int64", "diverged_step": "Int64", "best_validation_epoch": "Int64"}
    runs = pd.DataFrame(runs).astype(types)
    return pd.DataFrame(rows), runs.astype(dict.fromkeys((*METRICS, "seconds_per_epoch"), float))


def _history(run, status, gain):
    optimizer, rate = run.parameters["optimizer"], run.parameters["learning_rate"]
    peak, best_rate = _PEAKS[optimizer]
    rng = np.random.default_rng([run.seed, zlib.crc32(run.setting.encode())])
    final = peak + gain.get(optimizer, 0) - 0.02 * np.log10(rate / best_rate) ** 2
    final += 0.001 * run.parameters.get("momentum", 0) + 0.0005 * rng.standard_normal()
    epochs = np.arange(1, (3 if status == "diverged" else run.epochs) + 1)
    accuracy = 0.1 + (final - 0.1) * (1 - 0.4 / epochs)
    if status == "collapsed":
        accuracy = np.full(len(epochs), 0.1)
    loss = 2.3 * (1 - accuracy) * (100 if status == "diverged" else 1)
    return [
        {
            "epoch": int(epoch),
            **dict.fromkeys(METRICS[::2], loss[i]),
            "running_accuracy": accuracy[i] - 0.01,
            "train_accuracy": accuracy[i] + 0.01,
            "validation_accuracy": accuracy[i],
            "train_seconds": 0.3,
            "evaluate_seconds": 0.1,
        }
        for i, epoch in enumerate(epochs)
    ]


def _ended(history, status):
    last = history[-1] if history else dict.fromkeys((*METRICS, "epoch"))
    diverged = status == "diverged"
    return {
        "status": status,
        "reason": "the loss is not finite" if diverged else "",
        "diverged_epoch": len(history) + 1 if diverged else None,
        "diverged_step": 7 if diverged else None,
        "epochs_completed": len(history),
        **{metric: last[metric] for metric in METRICS},
        "best_validation_epoch": last["epoch"],
        "best_validation_accuracy": last["validation_accuracy"],
        "seconds_per_epoch": 0.3 if history else None,
        **{"chance": 0.1, "images": "a b"},
        "device": "cpu",
        "torch": "2.13.0",
        "python": "3.11.7",
        "blas": "openblas 0.3.30",
        "processor": "one",
    }


def page_from(plan, study, tables, **more):
    curves = curve_data(tables.epochs, tables.runs)
    return study_page(study_report(plan, study, DATA, tables), curves, **more)


def page_of(study=None, verification=None, images=(), change=lambda tables: tables, **arguments):
    study = study or made_up_study()
    plan, tables = made_up(study, **arguments)
    page = page_from(
        *(plan, study, change(tables)),
        images=images,
        verification=verification,
        version="1.2.3",
        stamp="code-abc",
    )
    library = page.index("<script>")
    return page[:library] + page[page.index("Tables that sort", library) :]
