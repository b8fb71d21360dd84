"""The main result of a study as a paper prints it: a narrow table of the optimizers."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from lr_atlas.analysis.budgets import unequal
from lr_atlas.common.rounding import rounded_texts
from lr_atlas.figures.looks import optimizer_name
from lr_atlas.report.number_text import counted, guessing
from lr_atlas.report.sections import plateau_text

_NOTHING = "-"


def main_table(
    summary: pd.DataFrame, optimizers: pd.DataFrame, labels: Mapping[str, str]
) -> pd.DataFrame:
    """Return the optimizers as texts, best first: setting, accuracy, plateau, test and budget.

    summary, optimizers: the analysis' tables. labels: what a setting is called, by its name.
    """
    rates = rounded_texts(summary["learning_rate"])
    rows = [_row(row, summary, labels, rates) for row in optimizers.itertuples()]
    return pd.DataFrame(rows)


def main_note(summary: pd.DataFrame, optimizers: pd.DataFrame, on_test: bool) -> str:
    """Return what n is in the main table, and how it was made; empty without an optimizer.

    on_test: whether the validation images were the test images.
    """
    if optimizers.empty:
        return ""
    margin = counted(round(100 * optimizers["plateau_margin"].iloc[0], 9), "point")
    sentences = [
        f"Settings are chosen on {'the test set' if on_test else 'held-out images'} by the mean "
        "final validation accuracy.",
        "Accuracies: mean over n runs that differ in the seed alone, a diverged run counting as "
        f"guessing ({_guessing(optimizers)}), and in brackets its 95 % interval by Student's t, "
        f"whose lower end allows for the choice among {counted(len(summary), 'setting')}.",
        f"Plateau: the neighbouring learning rates that are shown to be within {margin} of the "
        "best, all else equal.",
    ]
    tested = optimizers["test_n"].notna()
    if tested.any():
        confirmed = optimizers.loc[tested, "confirmed"].isin((True, "True"))
        sentences.append(
            "Test: runs with fresh seeds, Student's t."
            if confirmed.all()
            else "Test: the runs that the setting was chosen by"
            + (", or runs with fresh seeds where there are any." if confirmed.any() else ".")
        )
    sentences.append(
        "Budget: how many settings, runs and epochs in all the optimizer got"
        + ("; they are not equal." if unequal(optimizers) else ".")
    )
    return " ".join(sentences)


def _row(
    row: Any, summary: pd.DataFrame, labels: Mapping[str, str], rates: Mapping[float, str]
) -> dict[str, str]:
    own = summary[summary["setting"] == row.best_setting]
    name, parameters = optimizer_name(row.optimizer), "every run diverged"
    if len(own):
        label = labels.get(row.best_setting, f"{name}, {row.best_setting}")
        name, _, parameters = label.partition(", ")
    return {
        "optimizer": name,
        "best setting": parameters,
        "validation (%)": _accuracy(row, "score"),
        "n": _counted(own["seeds"].sum(), own["diverged"].sum()),
        "plateau": plateau_text(row, rates, decades=False) or _NOTHING,
        "test (%)": _accuracy(row, "test_accuracy"),
        "n test": _counted(row.test_n, row.test_diverged),
        "budget": " / ".join(str(int(each)) for each in (row.settings, row.runs, row.epochs)),
    }


def _accuracy(row: Any, name: str) -> str:
    mean, low, high = (100 * getattr(row, f"{name}_{end}") for end in ("mean", "low", "high"))
    if pd.isna(mean):
        return _NOTHING
    return f"{mean:.2f}" + ("" if pd.isna(low) else f" [{low:.2f}, {high:.2f}]")


def _counted(runs: Any, diverged: Any) -> str:
    if pd.isna(runs) or not runs:
        return _NOTHING
    return f"{runs:.0f}" + (f" ({diverged:.0f} diverged)" if diverged else "")


def _guessing(optimizers: pd.DataFrame) -> str:
    shares = {
        guessing(share): where
        for where, share in (
            ("on the test images", optimizers["test_chance"].dropna().max()),
            ("on the validation images", optimizers["chance"].iloc[0]),
        )
        if pd.notna(share)
    }
    if len(shares) == 1:
        return next(iter(shares))
    return ", ".join(f"{share} {where}" for share, where in shares.items())
