"""A linter for studies: what stands in the way of an answer, how that shows, and what to do."""

from collections.abc import Iterator

import pandas as pd

from lr_atlas.analysis import power
from lr_atlas.analysis.answer_tables import Analysis
from lr_atlas.analysis.budgets import budgets, unequal
from lr_atlas.analysis.curve_ends import disturbed_runs, equal_histories
from lr_atlas.analysis.finding import NOTE, TITLES, WARNING, Finding, interval_text, points
from lr_atlas.analysis.optimizer_findings import about_optimizer
from lr_atlas.analysis.verdicts import BETWEEN, FRESH, INCONCLUSIVE
from lr_atlas.common.units import counted
from lr_atlas.config.study_models import Study
from lr_atlas.studies.grid import Plan
from lr_atlas.tables.study_tables import COLUMNS

#: With six, two settings that differ by two standard deviations of their runs are told apart.
ENOUGH_SEEDS = 6


def find(epochs: pd.DataFrame, analysis: Analysis, plan: Plan, study: Study) -> pd.DataFrame:
    """Return the findings about a study, a row for each, in the order of the codes.

    epochs: the table of collect.collect_study. analysis: see tables.analyse_study. Runs of the plan
    may be missing. Returns a DataFrame of texts: code, severity ("warning": the answer may change;
    "note"), optimizer and setting (may be empty), evidence (a sentence with numbers) and fix (a
    line). Which of an optimizer's settings is its best is taken from `analysis`.
    """
    found = findings(epochs, analysis, plan, study)
    columns = list(COLUMNS["findings"])
    return pd.DataFrame([each[: len(columns)] for each in found], columns=columns)


def findings(epochs: pd.DataFrame, analysis: Analysis, plan: Plan, study: Study) -> list[Finding]:
    """Return the rows of `find`, each with its change of the configuration."""
    found = [
        *_few_seeds(study),
        *_unequal_budgets(plan),
        *_below_noise(analysis, study),
        *_timing_disturbed(epochs),
        *_duplicate_settings(epochs, plan),
    ]
    for row in analysis.optimizers.itertuples():
        found += about_optimizer(row, epochs, analysis, plan)
    return sorted(found, key=lambda finding: list(TITLES).index(finding.code))


def _few_seeds(study: Study) -> Iterator[Finding]:
    n = len(study.seeds)
    if n < ENOUGH_SEEDS:
        enough = power.in_deviations(ENOUGH_SEEDS)
        shown = (
            f"With n = {n} two settings are told apart in four of five studies only if they differ "
            f"by {power.in_deviations(n):.1f} standard deviations of their runs, and more where "
            "several are compared."
            if n > 1
            else "With one seed no difference can be told from chance."
        )
        yield Finding(
            "few_seeds",
            WARNING,
            "",
            "",
            shown,
            f"seeds: {ENOUGH_SEEDS}, which tell apart settings {enough:.1f} deviations apart.",
            (ENOUGH_SEEDS,),
        )


def _unequal_budgets(plan: Plan) -> Iterator[Finding]:
    """Who tries more settings, or trains longer, has better chances (Sivaprasad et al. 2020)."""
    table = budgets(plan)
    if not {"settings", "epochs"} & set(unequal(table)):
        return
    listed = ", ".join(
        f"{name} {counted(row.settings, 'setting')} and {counted(row.epochs, 'epoch')}"
        for name, row in zip(table.index, table.itertuples(), strict=True)
    )
    ordered = table.sort_values(["settings", "epochs"], kind="stable").index
    yield Finding(
        "unequal_budgets",
        WARNING,
        "",
        "",
        f"The optimizers were not given the same: {listed}.",
        f"Give {ordered[0]} as many settings and epochs as {ordered[-1]}, or compare them as best "
        "of k.",
    )


def _below_noise(analysis: Analysis, study: Study) -> Iterator[Finding]:
    """Find that the best optimizer and the next one cannot be told apart."""
    between = analysis.pairs[analysis.pairs["question"] == BETWEEN]
    if between.empty or between["verdict"].iloc[0] != INCONCLUSIVE:
        return
    pair = between.iloc[0].to_dict()
    yield Finding(
        "below_noise",
        NOTE,
        "",
        pair["first"],
        f"{pair['first']} and the best of the next optimizer, {pair['second']}, cannot be told "
        f"apart: they differ by {points(abs(pair['difference']))} ({interval_text(pair)}).",
        _seeds_advised(pair, study),
    )


def _seeds_advised(pair: dict, study: Study) -> str:
    """Return how many seeds would tell the two apart, if their difference is the true one."""
    if not (pair["error"] > 0 and pair["difference"]):
        return "More seeds: what there is has no scatter, or no difference, to reckon with."
    needed = power.seeds_needed(
        *(pair[name] for name in ("difference", "error", "df", "n")),
        level=pair["level"],
        picked=pair["picked_first"],
    )
    fresh = pair["runs"] == FRESH
    key = "confirm" if fresh or study.confirm else "seeds"
    most = "over " if needed.high >= power.MOST_SEEDS else ""
    return (
        f"Choose by something else, such as time, or take {key}: {needed.seeds} to find a true "
        f"difference of {points(abs(pair['difference']))} in four of five studies (from "
        f"{needed.low} to {most}{needed.high}, since n = {pair['n']} says little of the scatter; "
        "and the true difference may be another)."
    )


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
        f"In {len(disturbed)} of {counted(runs, 'run')} the seconds of an epoch scatter by more "
        f"than a tenth; most in {worst['setting']}, seed {worst['seed']}: by "
        f"{100 * worst['scatter']:.0f} %.",
        "Compare epochs or images instead of seconds, or train anew with --cores 1 on a quiet "
        "machine.",
    )


def _duplicate_settings(epochs: pd.DataFrame, plan: Plan) -> Iterator[Finding]:
    """Find settings whose runs are the same to the last digit: a parameter without effect."""
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
