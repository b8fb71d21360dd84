"""A linter for studies: what stands in the way of an answer, how that shows, and what to do."""

import math
from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy import stats

from lr_atlas.analysis.curve_ends import disturbed_runs, equal_histories
from lr_atlas.analysis.finding import NOTE, WARNING, Finding, interval_text, pair_of, points
from lr_atlas.analysis.optimizer_findings import about_optimizer
from lr_atlas.analysis.pairs import SIGNIFICANCE
from lr_atlas.analysis.tables import Analysis
from lr_atlas.grid import Plan
from lr_atlas.study_models import Study

COLUMNS = ("code", "severity", "optimizer", "setting", "evidence", "fix")
#: The exact two-sided sign-flip test can reach 2 / 2**n: with 6 seeds 0.031, with 5 only 0.0625.
ENOUGH_SEEDS = 6
_MOST_SEEDS_ADVISED = 100
CODES = (
    *("edge", "coarse", "still_improving", "overfitting", "few_seeds", "unequal_budgets"),
    *("mostly_diverged", "below_noise", "timing_disturbed", "duplicate_settings"),
)


def find(epochs: pd.DataFrame, analysis: Analysis, plan: Plan, study: Study) -> pd.DataFrame:
    """What is to be said of a study, a row per finding, in the order of the codes.

    epochs: the table of collect.collect_study. analysis: see tables.analyse_study. Runs of the plan
    may be missing. Returns a DataFrame of texts: code, severity ("warning": the answer may change;
    "note"), optimizer and setting (may be empty), evidence (a sentence with numbers) and fix (a
    line). Which of an optimizer's settings is its best is taken from `analysis`.
    """
    found = findings(epochs, analysis, plan, study)
    return pd.DataFrame([each[: len(COLUMNS)] for each in found], columns=list(COLUMNS))


def findings(epochs: pd.DataFrame, analysis: Analysis, plan: Plan, study: Study) -> list[Finding]:
    """The rows of `find`, and with them what each of them would change in the configuration."""
    found = [
        *_few_seeds(study),
        *_unequal_budgets(plan),
        *_below_noise(analysis),
        *_timing_disturbed(epochs),
        *_duplicate_settings(epochs, plan),
    ]
    for row in analysis.optimizers.itertuples():
        found += about_optimizer(row, epochs, analysis, plan)
    return sorted(found, key=lambda finding: CODES.index(finding.code))


def _few_seeds(study: Study) -> Iterator[Finding]:
    n = len(study.seeds)
    if n < ENOUGH_SEEDS:
        yield Finding(
            "few_seeds",
            WARNING,
            "",
            "",
            f"With n = {n} the exact sign-flip test cannot fall below p = {min(1, 2 / 2**n):.2g}, "
            "whatever the difference.",
            f"seeds: {ENOUGH_SEEDS}, with which it can reach {2 / 2**ENOUGH_SEEDS:.2g}.",
            (ENOUGH_SEEDS,),
        )


def _unequal_budgets(plan: Plan) -> Iterator[Finding]:
    """Who tries more settings, or trains longer, has better chances (Sivaprasad et al. 2020)."""
    budgets = {}
    for run in plan.runs:
        settings, epochs = budgets.setdefault(run.parameters["optimizer"], (set(), []))
        settings.add(run.setting)
        epochs.append(run.epochs)
    sizes = {name: (len(settings), sum(epochs)) for name, (settings, epochs) in budgets.items()}
    if len(set(sizes.values())) < 2:
        return
    listed = ", ".join(
        f"{name} {_counted(settings, 'setting')} and {epochs} epochs"
        for name, (settings, epochs) in sizes.items()
    )
    fewest, most = (pick(sizes, key=sizes.get) for pick in (min, max))
    yield Finding(
        "unequal_budgets",
        WARNING,
        "",
        "",
        f"The optimizers were not given the same: {listed}.",
        f"Give {fewest} as many settings and epochs as {most}, or compare them as best of k.",
    )


def _below_noise(analysis: Analysis) -> Iterator[Finding]:
    """The best setting and the next one cannot be told apart."""
    finished = analysis.summary.dropna(subset="validation_accuracy_mean")
    best = analysis.optimizers["best_setting"].iloc[0]
    others = finished[finished["setting"] != best]
    if not isinstance(best, str) or others.empty:
        return
    others = others.assign(unsafe=others["diverged"] > 0)
    order = others.sort_values(["unsafe", "validation_accuracy_mean"], ascending=[True, False])
    second = order["setting"].iloc[0]
    pair = pair_of(analysis.pairs, best, second)
    if pair is None or pair["verdict"] != "inconclusive":
        return
    yield Finding(
        "below_noise",
        NOTE,
        "",
        best,
        f"{best} and the next, {second}, cannot be told apart: they differ by "
        f"{points(abs(pair['difference']))} ({interval_text(pair)}).",
        _seeds_needed(pair),
    )


def _seeds_needed(pair: dict) -> str:
    """How many would tell two settings apart if difference and scatter stayed as they are."""
    n, difference = pair["n"], abs(pair["difference"])
    if n < 2:
        return "More seeds: one run of each cannot be compared."
    half = (pair["high"] - pair["low"]) / 2
    deviation = half * math.sqrt(n) / stats.t.ppf(0.975, n - 1)
    counts = np.arange(n + 1, _MOST_SEEDS_ADVISED + 1)
    reached = stats.t.ppf(1 - SIGNIFICANCE / 2, counts - 1) * deviation / np.sqrt(counts)
    enough = counts[reached < difference]
    if not len(enough):
        return (
            "Choose by something else, such as time: not even a hundred seeds would tell them "
            "apart."
        )
    return f"Choose by something else, such as time, or take about {enough[0]} seeds."


def _timing_disturbed(epochs: pd.DataFrame) -> Iterator[Finding]:
    """Epochs of one run, or runs of one setting, took very different times."""
    disturbed = disturbed_runs(epochs)
    if disturbed.empty:
        return
    worst = disturbed.sort_values("scatter").iloc[-1]
    runs = len(epochs[["setting", "seed"]].drop_duplicates())
    yield Finding(
        "timing_disturbed",
        NOTE,
        "",
        "",
        f"In {len(disturbed)} of {runs} runs the seconds of an epoch scatter by more than a tenth; "
        f"most in {worst['setting']}, seed {worst['seed']}: by {100 * worst['scatter']:.0f} %.",
        "Compare epochs or images instead of seconds, or train anew with --cores 1 on a quiet "
        "machine.",
    )


def _duplicate_settings(epochs: pd.DataFrame, plan: Plan) -> Iterator[Finding]:
    """Settings whose runs are the same to the last digit: a parameter that has no effect."""
    parameters = {run.setting: run.parameters for run in plan.runs}
    for settings in equal_histories(epochs):
        keys = dict.fromkeys(key for name in settings for key in parameters[name])
        values = {key: [parameters[name].get(key) for name in settings] for key in keys}
        differ = [key for key, found in values.items() if any(v != found[0] for v in found)]
        yield Finding(
            "duplicate_settings",
            NOTE,
            parameters[settings[0]]["optimizer"],
            settings[0],
            f"{', '.join(settings)} have the same histories to the last digit, though they "
            f"differ in {' and '.join(differ)}.",
            f"Keep one of them: {' and '.join(differ)} has no effect there.",
        )


def _counted(number: int, word: str) -> str:
    return f"{number} {word}" + ("s" if number != 1 else "")
