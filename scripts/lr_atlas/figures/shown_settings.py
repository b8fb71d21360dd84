"""The settings that the figures of a large study show: all of them would hide one another."""

from dataclasses import replace

import pandas as pd

from lr_atlas.analysis.seeds import run_scores
from lr_atlas.figures.settings import describe_settings
from lr_atlas.figures.spread import without_diverged
from lr_atlas.figures.wording import Wording
from lr_atlas.tables.study_tables import StudyTables

#: Settings whose curves are drawn at most; beyond, each optimizer has as many as any other.
MOST_SETTINGS = 100
#: Variants (an optimizer with its other parameters than the learning rate) compared at most.
MOST_VARIANTS = 30


def settings_with_curves(
    runs: pd.DataFrame, wording: Wording, most: int = MOST_SETTINGS
) -> tuple[pd.Series, str]:
    """Return (settings to draw curves of, a note on how they were chosen, empty if all are).

    The best of each optimizer by the mean final value of the metric; those of which every run
    diverged come last. `runs` is a study's table with a row per run.
    """
    settings = runs.drop_duplicates("setting")[["setting", "optimizer"]]
    if len(settings) <= most:
        return settings["setting"], ""
    each = max(1, most // settings["optimizer"].nunique())
    ranked = settings.assign(final=settings["setting"].map(_finals(runs, wording)))
    ranked = ranked.sort_values("final", ascending=False, na_position="last", kind="stable")
    chosen = ranked.groupby("optimizer").head(each)["setting"]
    return chosen, wording.of_metric(
        "Shown: {shown} of {all} settings, the {each} best of each optimizer by mean final "
        "validation {metric}; all are in summary.csv.",
        shown=wording.count(len(chosen)),
        all=wording.count(len(settings)),
        each=each,
    )


def variants_compared(
    runs: pd.DataFrame, wording: Wording, most: int = MOST_VARIANTS
) -> tuple[pd.Series, str]:
    """Return (settings of the variants to compare, a note on how those were chosen, or nothing).

    The best variants, each by its best learning rate, as in `settings_with_curves`.
    """
    settings = describe_settings(runs, wording)
    count = settings["variant"].nunique()
    if count <= most:
        return settings["setting"], ""
    finals = settings["setting"].map(_finals(runs, wording)).groupby(settings["variant"]).max()
    chosen = finals.sort_values(ascending=False, na_position="last", kind="stable").index[:most]
    return settings.loc[settings["variant"].isin(chosen), "setting"], wording.say(
        "Shown: the {most} best of {count} variants, each by its best learning rate; all are in "
        "summary.csv.",
        most=most,
        count=wording.count(count),
    )


def of_settings(tables: StudyTables, wording: Wording) -> tuple[StudyTables, Wording]:
    """Return the tables of the settings that have curves, and a wording that says so."""
    shown, note = settings_with_curves(tables.runs, wording)
    return _only(tables, shown), replace(wording, selection=note)


def of_variants(tables: StudyTables, wording: Wording) -> tuple[StudyTables, Wording]:
    """Return the tables of the variants that are compared, and a wording that says so."""
    shown, note = variants_compared(tables.runs, wording)
    return _only(tables, shown), replace(wording, selection=note)


def _only(tables: StudyTables, settings: pd.Series) -> StudyTables:
    of_runs = ("epochs", "runs", "first_epoch", "dynamics", "measures")
    kept = {name: getattr(tables, name) for name in of_runs}
    return replace(
        tables,
        **{name: t[t["setting"].isin(settings)] for name, t in kept.items() if len(t.columns)},
    )


def _finals(runs: pd.DataFrame, wording: Wording) -> pd.Series:
    """Return the mean score by setting, more is better; none where every run diverged."""
    finished = without_diverged(runs)["setting"].unique()
    scores = wording.metric.sign * run_scores(runs, wording.metric)
    return scores.groupby(runs["setting"]).mean().loc[finished]
