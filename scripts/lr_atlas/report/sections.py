"""The tables of the analysis as texts for a reader, a DataFrame of texts each."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from lr_atlas.analysis.finding import TITLES
from lr_atlas.analysis.verdicts import FRESH
from lr_atlas.common.rounding import rounded_texts
from lr_atlas.figures.looks import optimizer_name
from lr_atlas.report.number_text import (
    MINUS,
    between,
    counted,
    guessing,
    number,
    p_text,
    parameters,
    percent,
    points,
)
from lr_atlas.tables.study_tables import StudyTables

#: The verdicts on a claim, in the order in which a page groups them.
VERDICTS = ("contradicted", "inconclusive", "confirmed")


def ranking_for_reading(optimizers: pd.DataFrame, labels: Mapping[str, str]) -> pd.DataFrame:
    """Return the optimizers, best first, each with the budget that it had.

    optimizers: the analysis' table. labels: what a setting is called, by its name.
    """
    rates = rounded_texts([*optimizers["plateau_from"], *optimizers["plateau_to"]])
    rows = [
        {
            "optimizer": labels.get(row.best_setting, optimizer_name(row.optimizer)).split(", ")[0],
            "best setting": parameters(labels, row.best_setting),
            "settings": number(row.settings),
            "seeds": _range(row.seeds_min, row.seeds_max),
            "epochs in all": number(row.epochs),
            "validation accuracy (%)": _share(row.score_mean),
            "95 % interval": between(row.score_low, row.score_high),
            "test accuracy (%)": _test(row),
            "behind the best (points)": _behind(row),
            "plateau": plateau_text(row, rates),
            "rate matters (points)": _rate_effect(row),
            "best of 3 (%)": _share(row.best_of_3),
            "diverged": f"{number(row.diverged)} of {number(row.present)}",
        }
        for row in optimizers.itertuples()
    ]
    return _without_empty(
        pd.DataFrame(rows),
        ("behind the best (points)", "test accuracy (%)", "best of 3 (%)", "rate matters (points)"),
    )


def plateau_text(row: Any, rates: Mapping[float, str], decades: bool = True) -> str:
    """Return the rates of an optimizer's plateau: "at least 0.03 to 0.3 (1.0 decades)".

    row: of the table of optimizers. rates: what learning rates are called. Empty if every run
    diverged.
    """
    if pd.isna(row.best_learning_rate):
        return ""
    if not row.rates > 1:
        return "one rate alone"
    if pd.isna(row.plateau_from):
        return "not determined"
    text = " to ".join(dict.fromkeys(rates[end] for end in (row.plateau_from, row.plateau_to)))
    if decades and row.plateau_decades > 0:
        text += f" ({row.plateau_decades:.1f} decades)"
    return f"at least {text}" if row.plateau_open or row.plateau_cut else text


def ranking_note(tables: StudyTables) -> str:
    """Return how the ranking was made, and who reached the target how soon."""
    optimizers = tables.optimizers
    if optimizers.empty:
        return ""
    fresh = (optimizers["decided"] == FRESH).any()
    chance = guessing(optimizers["chance"].iloc[0])
    if optimizers["test_chance"].notna().any():
        on_test = guessing(optimizers["test_chance"].dropna().iloc[0])
        chance += f" ({on_test} of the test images)" if on_test != chance else ""
    text = (
        f"Ranked by the mean {'test accuracy on fresh seeds' if fresh else 'validation accuracy'} "
        "of the chosen setting of each; beside it what each was given: settings, seeds of each, "
        f"epochs of all runs as asked for. A run that diverged counts as guessing, {chance}, in "
        "every mean of this table. Interval: Student's t over the seeds; its lower end allows for "
        f"the choice among all {counted(len(tables.summary), 'setting')}. "
    )
    if optimizers["behind"].notna().any():
        text += (
            "Behind the best: difference of the means "
            f"{'on fresh seeds' if fresh else 'of the runs that chose'}, and its interval from the "
            "table of pairs; where that is inconclusive, the difference that so many runs show, "
            "found in four of five studies. "
        )
    margin = optimizers["plateau_margin"].iloc[0]
    text += (
        f"Plateau: the neighbouring learning rates, all else equal, that are shown to be within "
        f"{counted(100 * margin, 'point')} of the best. Rate matters: the largest difference over "
        "learning rates, all else equal; in brackets with the optimizer's other arguments tuned "
        "anew at each. Best of 3: expected best of three settings drawn from the same grid."
    )
    if optimizers["test_n"].notna().any():
        confirmed = optimizers["confirmed"].isin((True, "True")).any()
        text += (
            " Test: mean ± standard deviation over n runs "
            f"{'with fresh seeds' if confirmed else 'of those that the setting was chosen by'}."
        )
    times = [
        f"{optimizer_name(row.optimizer)} after {counted(row.epochs_to_target, 'epoch')} "
        f"({number(row.target_reached)} of {counted(row.target_runs, 'run')})"
        if pd.notna(row.epochs_to_target)
        else f"{optimizer_name(row.optimizer)} not in most runs"
        for row in optimizers.itertuples()
    ]
    target = tables.summary["target"].iloc[0] if "target" in tables.summary else None
    if target is not None and pd.notna(target) and times:
        text += f" Median time of the best settings to {percent(target, 0)}: {'; '.join(times)}."
    return text


def pairs_for_reading(pairs: pd.DataFrame, labels: Mapping[str, str]) -> pd.DataFrame:
    """Return the compared pairs of settings, differences in points."""
    rows = [
        {
            "question": row.question,
            "first": labels.get(row.first, row.first),
            "second": labels.get(row.second, row.second),
            "runs": row.runs,
            "n": number(row.n),
            "difference (points)": points(row.difference),
            "95 % interval": between(row.low, row.high, signed=True),
            "p": p_text(row.p),
            "shows (points)": points(row.smallest_difference)[1:],
            "first above second": percent(row.improvement, 0),
            "verdict": row.verdict,
        }
        for row in pairs.itertuples()
    ]
    return pd.DataFrame(rows)


def pairs_note(tables: StudyTables) -> str:
    """Return how the pairs were compared, and whether pairing by seed helped."""
    if tables.pairs.empty:
        return ""
    return " ".join(
        [
            "Differences of mean final accuracy, first minus second, a diverged run counting as "
            "guessing (the share of the most frequent class): the chosen settings of the "
            "optimizers among each other, and each with the other settings of its optimizer. All "
            "intervals hold together with 95 %, whichever pair one looks at (Bonferroni), and "
            "allow for the first, or both, having been picked for a high mean; p is of the whole "
            "table. Every verdict of this study is read from here. Shows: the true difference that "
            "so many runs find in four of five studies. First above second: the share of all pairs "
            "of runs in which the first is better, ties half.",
            *_method_sentences(tables.pairs),
        ]
    )


def _method_sentences(pairs: pd.DataFrame) -> list[str]:
    sentences = []
    for (question, runs), own in pairs.groupby(["question", "runs"], sort=False):
        method, correlation = own["method"].iloc[0], own["correlation"].iloc[0]
        which = "runs with fresh seeds" if runs == FRESH else "runs that chose"
        where = f"For the question {question}: of the {which}"
        if pd.isna(correlation):
            sentences.append(
                f"{where} it cannot be told whether equal seeds go together: Welch's t."
            )
            continue
        found = f"{correlation:+.2f}".replace("-", MINUS)
        helps = (
            "so they are compared in pairs"
            if method.startswith("paired")
            else "too little, or too unsure, for pairing to help: Welch's t"
        )
        sentences.append(
            f"{where} those of equal seed correlate by {found} on average over pairs of settings "
            f"(n = {counted(own['n'].max(), 'seed')}), {helps}."
        )
    if pairs["method"].str.endswith("permutation").any():
        sentences.append(
            "Where runs of a chosen setting diverged, a permutation test of the runs has to agree, "
            "since Student's t is too sure of them."
        )
    return sentences


def claims_counted(claims: pd.DataFrame) -> str:
    """Return how many claims have which verdict, in a sentence; empty without claims."""
    if claims.empty:
        return ""
    counts = claims["verdict"].value_counts()
    parts = [f"{counts[verdict]} {verdict}" for verdict in reversed(VERDICTS) if verdict in counts]
    return f"Of its paper's {counted(len(claims), 'claim')}: {', '.join(parts)}."


def findings_for_reading(findings: pd.DataFrame) -> list[dict[str, str]]:
    """Return severity, evidence, fix, and what it is about, of each finding; warnings first."""
    ordered = findings.sort_values(
        "severity", key=lambda values: values != "warning", kind="stable"
    )
    return [
        {
            "severity": row.severity,
            "title": TITLES.get(row.code, row.code),
            "evidence": row.evidence,
            "fix": row.fix,
        }
        for row in ordered.itertuples()
    ]


def claims_for_reading(claims: pd.DataFrame) -> list[tuple[str, list[dict[str, str]]]]:
    """Return (verdict, claims as dicts of the table's columns) for each verdict that there is."""
    return [
        (verdict, claims[claims["verdict"] == verdict].to_dict("records"))
        for verdict in VERDICTS
        if (claims["verdict"] == verdict).any()
    ]


def _share(value: Any) -> str:
    return "" if pd.isna(value) else f"{100 * value:.2f}"


def _test(row: Any) -> str:
    if pd.isna(row.test_accuracy_mean):
        return ""
    deviation = "" if pd.isna(row.test_accuracy_std) else f" ± {100 * row.test_accuracy_std:.2f}"
    return f"{100 * row.test_accuracy_mean:.2f}{deviation} (n = {number(row.test_n)})"


def _behind(row: Any) -> str:
    if pd.isna(row.behind):
        return ""
    interval = between(row.behind_low, row.behind_high, signed=True)
    shows = "" if pd.isna(row.behind_shows) else f"; shows {100 * row.behind_shows:.2f}"
    sure = "" if row.behind_verdict == "behind" else f" (inconclusive{shows})"
    return f"{100 * row.behind:.2f}, {interval}{sure}" if interval else f"{100 * row.behind:.2f}"


def _rate_effect(row: Any) -> str:
    if pd.isna(row.spread_fixed):
        return "" if pd.isna(row.spread_tuned) else f"({100 * row.spread_tuned:.2f})"
    tuned = row.spread_tuned
    other = "" if pd.isna(tuned) or tuned == row.spread_fixed else f" ({100 * tuned:.2f})"
    return f"{100 * row.spread_fixed:.2f}{other}"


def _range(low: float, high: float) -> str:
    return number(low) if low == high else f"{number(low)} to {number(high)}"


def _without_empty(table: pd.DataFrame, names: tuple[str, ...]) -> pd.DataFrame:
    """Return the table without those of the named columns that hold nothing."""
    return table.drop(
        columns=[name for name in names if name in table and (table[name] == "").all()]
    )
