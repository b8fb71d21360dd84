"""The main result of a study as a LaTeX table, for a report to take in."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from lr_atlas.analysis.budgets import unequal
from lr_atlas.common.rounding import rounded_texts
from lr_atlas.figures.looks import optimizer_name
from lr_atlas.report.number_text import counted, guessing

_SPECIAL = str.maketrans(
    {character: f"\\{character}" for character in "&%$#_{}"}
    | {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    | {"<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}"}
)
_NOTHING = "-"
# Names of settings may be long: a table that is wider than the text shrinks to its width.
_FIT = "\\footnotesize\\setlength{\\tabcolsep}{4pt}\n"
_FIT += "\\resizebox{\\ifdim\\width>\\linewidth\\linewidth\\else\\width\\fi}{!}{%\n"


def main_table(
    summary: pd.DataFrame,
    optimizers: pd.DataFrame,
    labels: Mapping[str, str],
    *,
    chosen_on: str,
    title: str = "",
) -> str:
    r"""The optimizers, best first: best setting, accuracy, plateau, test result and budget.

    summary, optimizers: as in tables.Analysis. labels: what a setting is called, by its name.
    chosen_on: what the settings were chosen on, "held-out images" or "test images".
    title: of the study; default: its name. Returns one
    `table` environment, in which accuracies are in per cent; it needs
    \usepackage{booktabs,graphicx}. Notes below the table say n and method.
    """
    rows = [_row(optimizer, summary, labels) for optimizer in optimizers.itertuples()]
    text = (
        pd.DataFrame(rows)
        .map(escaped)
        .style.hide(axis="index")
        .format_index(escaped, axis="columns")
        .to_latex(
            hrules=True,
            position="htbp",
            position_float="centering",
            column_format="llllllll",
            caption=escaped(
                f"Study {title or summary['study'].iloc[0]}: the best setting of each optimizer."
            ),
            label=f"tab:{summary['study'].iloc[0]}",
        )
    )
    notes = escaped(_notes(summary, optimizers, chosen_on))
    below = f"\\end{{tabular}}}}\n\n\\smallskip\n\\parbox{{\\linewidth}}{{{notes}}}"
    return text.replace("\\begin{tabular}", _FIT + "\\begin{tabular}").replace(
        "\\end{tabular}", below
    )


def escaped(text: str) -> str:
    """Return a text as LaTeX shows it, on one line."""
    return " ".join(text.translate(_SPECIAL).split())


def _row(optimizer: Any, summary: pd.DataFrame, labels: Mapping[str, str]) -> dict[str, str]:
    setting = summary[summary["setting"] == optimizer.best_setting]
    diverged = int(setting["diverged"].sum())
    runs = int(setting["seeds"].sum())
    name, parameters = optimizer_name(optimizer.optimizer), "every run diverged"
    if len(setting):
        label = labels.get(optimizer.best_setting, f"{name}, {optimizer.best_setting}")
        name, *others = label.split(", ")
        parameters = ", ".join(others)
    return {
        "optimizer": name,
        "best setting": parameters,
        "validation (%)": _accuracy(optimizer, "score"),
        "n": _counted(runs, diverged),
        "plateau": _plateau(optimizer, rounded_texts(summary["learning_rate"])),
        "test (%)": _accuracy(optimizer, "test_accuracy"),
        "n test": _counted(optimizer.test_n, optimizer.test_diverged),
        "budget": f"{optimizer.settings} / {optimizer.runs} / {optimizer.epochs}",
    }


def _accuracy(optimizer: Any, name: str) -> str:
    mean, low, high = (100 * getattr(optimizer, f"{name}_{end}") for end in ("mean", "low", "high"))
    if pd.isna(mean):
        return _NOTHING
    return f"{mean:.2f}" + ("" if pd.isna(low) else f" [{low:.2f}, {high:.2f}]")


def _counted(runs: Any, diverged: Any) -> str:
    if pd.isna(runs) or not runs:
        return _NOTHING
    return f"{runs}" + (f" ({diverged} diverged)" if diverged else "")


def _plateau(optimizer: Any, rates: Mapping[float, str]) -> str:
    if pd.isna(optimizer.best_learning_rate) or not optimizer.rates > 1:
        return _NOTHING
    if pd.isna(optimizer.plateau_from):
        return "not determined"
    if optimizer.plateau_from == optimizer.plateau_to:
        return rates[optimizer.plateau_from]
    found = f"{rates[optimizer.plateau_from]} to {rates[optimizer.plateau_to]}"
    return f"at least {found}" if optimizer.plateau_open or optimizer.plateau_cut else found


def _points(share: float) -> str:
    return f"{100 * share:g} point" + ("" if round(100 * share, 9) == 1 else "s")


def _notes(summary: pd.DataFrame, optimizers: pd.DataFrame, chosen_on: str) -> str:
    tested = optimizers["test_n"].notna()
    sentences = [
        f"Settings are chosen on {'the test set' if chosen_on == 'test images' else chosen_on} by "
        "the mean final validation accuracy.",
        "Accuracies: mean over n runs that differ in the seed alone, a diverged run counting as "
        f"guessing ({_guessing(optimizers)}), and in brackets its 95 % interval by Student's t, "
        f"whose lower end allows for the choice among {counted(len(summary), 'setting')}.",
        "Plateau: the neighbouring learning rates that are shown to be within "
        f"{_points(optimizers['plateau_margin'].iloc[0])} of the best, all else equal.",
    ]
    if tested.any():
        confirmed = optimizers.loc[tested, "confirmed"].astype(bool)
        sentences.append(
            "Test: runs with fresh seeds, Student's t."
            if confirmed.all()
            else "Test: the runs that the setting was chosen by"
            + (", or runs with fresh seeds where there are any." if confirmed.any() else ".")
        )
    equal = not unequal(optimizers)
    sentences.append(
        "Budget: how many settings, runs and epochs in all the optimizer got"
        + ("." if equal else "; they are not equal.")
    )
    return " ".join(sentences)


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
