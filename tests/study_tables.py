"""Tables of made-up studies, with the columns that collecting gives."""

import numpy as np
import pandas as pd

from lr_atlas.analysis.answer_tables import analyse_study
from lr_atlas.analysis.budgets import budgets
from lr_atlas.config.study_models import Study
from lr_atlas.studies.grid import plan_study


def study_of(optimizers, **more):
    """A study and its plan."""
    study = Study.model_validate({"dataset": "mnist", "optimizers": optimizers, **more})
    return study, plan_study("a", study, None, 1)


def tables_of(plan, accuracy, seconds=None, loss=None, leave_out=()):
    """(epochs, runs) of a plan.

    accuracy: function of a Run; validation accuracy of each of its epochs, None if it diverged in
    the first. seconds, loss: the same for the seconds of an epoch and the validation loss.
    leave_out: names of settings without runs.
    """
    epochs, runs = [], []
    for run in plan.runs:
        if run.setting in leave_out:
            continue
        curve = accuracy(run)
        leading = {
            **{"study": "a", "run": run.name, "setting": run.setting},
            **{"dataset": "mnist", "optimizer": run.parameters["optimizer"]},
            "learning_rate": run.parameters["learning_rate"],
            **{name: run.parameters.get(name) for name in plan.varying},
            "seed": run.seed,
        }
        status = "finished" if curve is not None else "diverged"
        curve = np.full(1, 0.1) if curve is None else np.asarray(curve, float)
        lost = 1 - curve if loss is None else np.asarray(loss(run), float)
        table = pd.DataFrame(
            {
                "epoch": np.arange(1, len(curve) + 1),
                "running_loss": 1.0,
                "running_accuracy": curve,
                "train_loss": np.linspace(1, 0.5, len(curve)),
                "train_accuracy": curve,
                "validation_loss": lost,
                "validation_accuracy": curve,
                "train_seconds": 1.0 if seconds is None else seconds(run),
                "evaluate_seconds": 0.1,
            }
        )
        epochs.append(table.assign(**leading, status=status))
        best = int(curve.argmax())
        runs.append(
            {
                **leading,
                **{"status": status, "reason": "", "epochs_completed": len(curve)},
                **table.iloc[-1][list(table.columns[1:7])].to_dict(),
                "best_validation_epoch": best + 1,
                "best_validation_accuracy": curve[best],
                "seconds_per_epoch": table["train_seconds"].mean(),
                **{"chance": 0.1, "images": "a b"},
            }
        )
    return pd.concat(epochs, ignore_index=True), pd.DataFrame(runs)


def mirrored(table):
    """A table of accuracies as one of RMSE, which falls as much as accuracy rises."""
    named = {name: 1 - table[f"{name}_accuracy"] for name in ("train", "validation")}
    if "best_validation_accuracy" in table:
        named["best_validation"] = 1 - table["best_validation_accuracy"]
        table = table.assign(chance=1 - table["chance"])
    table = table.assign(**{f"{name}_rmse": values for name, values in named.items()})
    return table.drop(columns=[name for name in table if name.endswith("accuracy")])


def analysed(plan, *arguments, **more):
    """(epochs, analysis) of a plan, see tables_of."""
    epochs, runs = tables_of(plan, *arguments, **more)
    return epochs, analyse_study(epochs, runs, budgets(plan), target=None, training_images=1000)


def asked_for(runs):
    """Return the budgets of a table of runs in which none is missing, as budgets.budgets does.

    Each run was to have as many epochs as the longest one of its optimizer.
    """
    by = runs.groupby("optimizer", sort=False)
    seeds = runs.groupby(["optimizer", "setting"]).size().groupby("optimizer")
    return pd.DataFrame(
        {
            "settings": by["setting"].nunique(),
            "learning_rates": by["learning_rate"].nunique(),
            "seeds_min": seeds.min(),
            "seeds_max": seeds.max(),
            "runs": by.size(),
            "epochs": by.size() * by["epochs_completed"].max().astype(int),
        }
    )
