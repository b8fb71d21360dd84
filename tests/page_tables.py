"""Studies that were never run: tables with the columns of real ones, for pages and answers."""

import numpy as np
import pandas as pd
from scipy import stats

from lr_atlas.analysis.choice import choose
from lr_atlas.grid import plan_study
from lr_atlas.missing_runs import without
from lr_atlas.run_files import METRICS
from lr_atlas.study_models import Study
from lr_atlas.study_page.tables import COLUMNS, Tables
from lr_atlas.summary import compare_with_reference, summarise

DATA = {"digest": None, "training_images": 60000, "test_images": 10000}
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


def made_up(study, name="made-up", missing=(), ends=None, gain=None):
    """(plan, Tables) of a study.

    missing: numbers of the plan's runs that are not there. ends: {setting: how its runs end}, such
    as "diverged". gain: {optimizer: what is added to its final accuracies}.
    """
    plan = plan_study(name, study, None, 1)
    lacking = [plan.runs[index] for index in missing]
    epochs, runs = _measured(without(plan, lacking), ends or {}, gain or {})
    return plan, analysed(plan, study, epochs, runs, lacking)


def analysed(plan, study, epochs, runs, missing=()):
    """All tables of a study, of what was measured."""
    summary = summarise(epochs, runs)
    reported = compare_with_reference(summary, plan, study.reference)
    pairs = _pairs(runs)
    optimizers = _optimizers(runs, summary, pairs)
    summary["validation_accuracy_low"], summary["validation_accuracy_high"] = _interval(summary)
    summary["best_of_optimizer"] = summary["setting"].isin(optimizers["best_setting"])
    summary["on_plateau"] = summary["best_of_optimizer"]
    reported = reported.assign(low=reported["measured"] - 0.01, high=reported["measured"] + 0.01)
    return Tables(
        summary, runs, reported.assign(source="figure 1"), missing, epochs, pairs, optimizers
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
        }
        for verdict in verdicts
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS["claims"]))


def _measured(plan, ends, gain):
    rows, runs = [], []
    for run in plan.runs:
        history = _history(run, ends.get(run.setting, "finished"), gain)
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
        status = ends.get(run.setting, "finished")
        rows += [{**leading, **epoch, "status": status} for epoch in history]
        runs.append(leading | _ended(history, status))
    types = {"diverged_epoch": "Int64", "diverged_step": "Int64", "best_validation_epoch": "Int64"}
    return pd.DataFrame(rows), pd.DataFrame(runs).astype(types)


def _history(run, status, gain):
    optimizer, rate = run.parameters["optimizer"], run.parameters["learning_rate"]
    peak, best_rate = _PEAKS[optimizer]
    rng = np.random.default_rng([run.seed, round(1e6 * rate)])
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
    last, diverged = history[-1], status == "diverged"
    return {
        "status": status,
        "reason": "the loss is not finite" if diverged else "",
        "diverged_epoch": len(history) + 1 if diverged else None,
        "diverged_step": 7 if diverged else None,
        "epochs_completed": len(history),
        **{metric: last[metric] for metric in METRICS},
        "best_validation_epoch": last["epoch"],
        "best_validation_accuracy": last["validation_accuracy"],
        "seconds_per_epoch": 0.3,
        "device": "cpu",
        "torch": "2.13.0",
        "python": "3.11.7",
        "blas": "openblas 0.3.30",
        "processor": "one",
    }


def _pairs(runs):
    kept = runs[runs["status"] != "diverged"]
    of = {name: part.set_index("seed") for name, part in kept.groupby("setting")}
    names = list(dict.fromkeys(runs["setting"]))
    found = [
        _pair(first, second, of.get(first), of.get(second))
        for index, first in enumerate(names)
        for second in names[index + 1 :]
    ]
    table = pd.DataFrame(found, columns=list(COLUMNS["pairs"]))
    holm = (table["p_t"] * len(table)).clip(upper=1)
    sign = np.where(table["difference"] > 0, "first better", "second better")
    return table.assign(
        p_t_holm=holm, p_holm=1.0, verdict=np.where(holm < 0.05, sign, "inconclusive")
    )


def _pair(first, second, one, other):
    row = dict.fromkeys(COLUMNS["pairs"], np.nan)
    row |= {"first": first, "second": second, "metric": "validation_accuracy", "n": 0}
    if one is None or other is None:
        return row
    values = (one["validation_accuracy"] - other["validation_accuracy"]).dropna()
    row |= {
        "n": len(values),
        "difference": values.mean(),
        "improvement": float((values > 0).mean()),
    }
    if len(values) > 1:
        half = stats.t.ppf(0.975, len(values) - 1) * values.sem()
        p = stats.ttest_1samp(values, 0).pvalue if values.std() > 0 else 1.0
        row |= {"low": values.mean() - half, "high": values.mean() + half, "p_t": p}
        row |= {"p_sign_flip": 0.5, "smallest_p": 2 / 2 ** len(values)}
    return row


def _interval(table):
    half = 1.96 * table["validation_accuracy_std"] / np.sqrt(table["seeds"].clip(lower=1))
    return table["validation_accuracy_mean"] - half, table["validation_accuracy_mean"] + half


def _optimizers(runs, summary, pairs):
    rows = [
        _optimizer(each, runs[runs["optimizer"] == each.optimizer], summary)
        for each in choose(runs).itertuples()
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS["optimizers"]))


def _optimizer(choice, runs, summary):
    own = summary[summary["optimizer"] == choice.optimizer]
    best = own.set_index("setting").loc[choice.setting]
    seeds = runs.groupby("setting").size()
    rates = sorted(own["learning_rate"].unique())
    low, high = _interval(own.set_index("setting"))
    diverged = int((runs["status"] == "diverged").sum())
    edge = {rates[0]: "low", rates[-1]: "high"}.get(best["learning_rate"], "")
    return {
        **{"optimizer": choice.optimizer, "settings": len(own), "learning_rates": len(rates)},
        **{"seeds_min": seeds.min(), "seeds_max": seeds.max(), "runs": len(runs)},
        **{"epochs": int(runs["epochs_completed"].sum()), "diverged": diverged},
        **{"collapsed": 0, "diverged_share": diverged / len(runs)},
        "best_setting": choice.setting,
        "best_learning_rate": best["learning_rate"],
        "best_epoch": best["best_validation_epoch"],
        "validation_accuracy_mean": choice.validation_accuracy,
        "validation_accuracy_std": best["validation_accuracy_std"],
        "validation_accuracy_low": low[choice.setting],
        "validation_accuracy_high": high[choice.setting],
        "at_edge": "both" if len(rates) == 1 else edge,
        **{"plateau_settings": 1, "plateau_decades": 0.0},
        **{"plateau_from": best["learning_rate"], "plateau_to": best["learning_rate"]},
        **{"best_of_1": 0.8, "best_of_3": 0.85, "confirmed": False, "test_n": np.nan},
    }
