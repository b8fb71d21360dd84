"""The tables of the analysis as texts for a reader, a DataFrame of texts each."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from lr_atlas.figures.looks import optimizer_name
from lr_atlas.study_page.tables import Tables
from lr_atlas.study_page.wording import between, counted, number, percent, points

#: The verdicts on a claim, in the order in which a page groups them.
VERDICTS = ("contradicted", "inconclusive", "confirmed")


def ranking_for_reading(optimizers: pd.DataFrame, labels: Mapping[str, str]) -> pd.DataFrame:
    """The optimizers, best first, each with the budget that it had.

    optimizers: the analysis' table. labels: what a setting is called, by its name.
    """
    rows = [
        {
            "optimizer": labels.get(row.best_setting, optimizer_name(row.optimizer)).split(", ")[0],
            "best setting": _without_optimizer(labels, row.best_setting),
            "settings": number(row.settings),
            "seeds": _range(row.seeds_min, row.seeds_max),
            "epochs in all": number(row.epochs),
            "validation accuracy (%)": _share(row.validation_accuracy_mean),
            "95 % interval": between(row.validation_accuracy_low, row.validation_accuracy_high),
            "behind the best (points)": _behind(row),
            "test accuracy (%)": _test(row),
            "plateau": _plateau(row),
            "best of 3 (%)": _share(row.best_of_3),
            "diverged": f"{number(row.diverged)} of {number(row.runs)}",
        }
        for row in optimizers.itertuples()
    ]
    return _without_empty(
        pd.DataFrame(rows), ("behind the best (points)", "test accuracy (%)", "best of 3 (%)")
    )


def ranking_note(tables: Tables) -> str:
    """How the ranking was made, and who reached the target how soon."""
    text = (
        "Ranked by the mean final validation accuracy of the best setting of each; beside it what "
        "each was given: settings, seeds of each, epochs of all runs. Interval: 95 % bootstrap of "
        "the mean over seeds, too narrow with three to five seeds. Behind the best: mean "
        "difference paired by seed, its 95 % interval by Student's t, and whether the paired t "
        "test with Holm's correction over the optimizers is sure of it at 0.05. Plateau: learning "
        "rates of the settings that such a test cannot tell from the optimizer's best, and how "
        "many decades they span. Best of 3: expected best of three settings drawn from the same "
        "grid, a diverged run counting as 10 %."
    )
    if tables.optimizers["test_n"].notna().any():
        fresh = tables.optimizers["confirmed"].isin((True, "True")).any()
        text += (
            " Test: mean ± standard deviation over n runs "
            f"{'with fresh seeds' if fresh else 'of those that the setting was chosen by'}."
        )
    times = [
        f"{optimizer_name(row.optimizer)} after {counted(row.epochs_to_target, 'epoch')} "
        f"({number(row.target_reached)} of {number(row.target_runs)} runs)"
        if pd.notna(row.epochs_to_target)
        else f"{optimizer_name(row.optimizer)} not in most runs"
        for row in tables.optimizers.itertuples()
    ]
    target = tables.summary["target"].iloc[0] if "target" in tables.summary else None
    if pd.notna(target) and times:
        text += f" Median time of the best settings to {percent(target, 0)}: {'; '.join(times)}."
    return text


def pairs_for_reading(pairs: pd.DataFrame, labels: Mapping[str, str]) -> pd.DataFrame:
    """The compared pairs of settings, differences in points."""
    rows = [
        {
            "first": labels.get(row.first, row.first),
            "second": labels.get(row.second, row.second),
            "n": number(row.n),
            "difference (points)": points(row.difference),
            "95 % interval": between(row.low, row.high, signed=True),
            "p (t, Holm)": _p(row.p_t_holm),
            "p (sign flip, Holm)": _p(row.p_holm),
            "smallest p": _p(row.smallest_p),
            "first above second": percent(row.improvement, 0),
            "verdict": row.verdict,
        }
        for row in pairs.itertuples()
    ]
    return pd.DataFrame(rows)


PAIRS_NOTE = (
    "Differences of final validation accuracy, first minus second, paired by seed. The interval is "
    "Student's t, each pair for itself; the verdict takes the paired t test with Holm's correction "
    "over all pairs at 0.05. The exact sign-flip test needs no normality, but with n seeds its p "
    "cannot fall below 2 / 2ⁿ (smallest p): five seeds cannot reach 0.05. First above second: the "
    "share of all pairs of runs in which the first is better, ties half, a diverged run below all."
)


def findings_for_reading(findings: pd.DataFrame) -> list[dict[str, str]]:
    """severity, evidence, fix, and what it is about, of each finding; warnings first."""
    ordered = findings.sort_values(
        "severity", key=lambda values: values != "warning", kind="stable"
    )
    return [
        {
            "severity": row.severity,
            "title": row.code.replace("_", " "),
            "evidence": row.evidence,
            "fix": row.fix,
        }
        for row in ordered.itertuples()
    ]


def claims_for_reading(claims: pd.DataFrame) -> list[tuple[str, list[dict[str, str]]]]:
    """(verdict, claims) for each verdict that there is, of dicts with the table's columns."""
    return [
        (verdict, claims[claims["verdict"] == verdict].to_dict("records"))
        for verdict in VERDICTS
        if (claims["verdict"] == verdict).any()
    ]


def _without_optimizer(labels: Mapping[str, str], setting: str) -> str:
    return ", ".join(labels.get(setting, setting).split(", ")[1:]) or setting


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
    sure = {"behind": "", "ahead": " (the other way round)"}.get(
        row.behind_verdict, " (inconclusive)"
    )
    return f"{100 * row.behind:.2f}, {interval}{sure}" if interval else f"{100 * row.behind:.2f}"


def _plateau(row: Any) -> str:
    if pd.isna(row.plateau_from):
        return ""
    rates = _range(row.plateau_from, row.plateau_to)
    return rates if not row.plateau_decades > 0 else f"{rates} ({row.plateau_decades:.1f} decades)"


def _range(low: float, high: float, joint: str = " to ") -> str:
    return number(low) if low == high else f"{number(low)}{joint}{number(high)}"


def _p(value: float) -> str:
    if pd.isna(value):
        return ""
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def _without_empty(table: pd.DataFrame, names: tuple[str, ...]) -> pd.DataFrame:
    """The table without those of the named columns that hold nothing."""
    return table.drop(
        columns=[name for name in names if name in table and (table[name] == "").all()]
    )
