"""The main result of a study as a LaTeX table, for a report to take in."""

from typing import Any

import pandas as pd

from lr_atlas.analysis.budgets import unequal
from lr_atlas.analysis.seeds import CHANCE

_SPECIAL = str.maketrans(
    {character: f"\\{character}" for character in "&%$#_{}"}
    | {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    | {"<": r"\textless{}", ">": r"\textgreater{}"}
)
_NOTHING = "-"
# Names of settings may be long: a table that is wider than the text shrinks to its width.
_FIT = "\\footnotesize\\setlength{\\tabcolsep}{4pt}\n"
_FIT += "\\resizebox{\\ifdim\\width>\\linewidth\\linewidth\\else\\width\\fi}{!}{%\n"


def main_table(
    summary: pd.DataFrame, optimizers: pd.DataFrame, *, chosen_on: str, title: str = ""
) -> str:
    r"""The optimizers, best first: best setting, accuracy, plateau, test result and budget.

    summary, optimizers: as in tables.Analysis. chosen_on: what the settings were chosen on,
    "held-out images" or "test images". title: of the study; default: its name. Returns one
    `table` environment, in which accuracies are in per cent; it needs
    \usepackage{booktabs,graphicx}. The caption says n and method.
    """
    table = pd.DataFrame([_row(optimizer, summary) for optimizer in optimizers.itertuples()])
    text = (
        table.style.hide(axis="index")
        .format(escape="latex")
        .format_index(escape="latex", axis="columns")
        .to_latex(
            hrules=True,
            position="htbp",
            position_float="centering",
            column_format="llllllll",
            caption=_caption(summary, optimizers, chosen_on, title).translate(_SPECIAL),
            label=f"tab:{summary['study'].iloc[0]}",
        )
    )
    return text.replace("\\begin{tabular}", _FIT + "\\begin{tabular}").replace(
        "\\end{tabular}", "\\end{tabular}}"
    )


def _row(optimizer: Any, summary: pd.DataFrame) -> dict[str, str]:
    setting = summary[summary["setting"] == optimizer.best_setting]
    diverged = int(setting["diverged"].sum())
    runs = int(setting["seeds"].sum())
    return {
        "optimizer": optimizer.optimizer,
        "best setting": optimizer.best_setting if len(setting) else "every run diverged",
        "validation (%)": _accuracy(optimizer, "score"),
        "n": _counted(runs, diverged),
        "plateau": _plateau(optimizer),
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


def _plateau(optimizer: Any) -> str:
    if pd.isna(optimizer.best_learning_rate) or not optimizer.rates > 1:
        return _NOTHING
    if pd.isna(optimizer.plateau_from):
        return "not determined"
    if optimizer.plateau_from == optimizer.plateau_to:
        return f"{optimizer.plateau_from:g}"
    found = f"{optimizer.plateau_from:g} to {optimizer.plateau_to:g}"
    return f"at least {found}" if optimizer.plateau_open or optimizer.plateau_cut else found


def _points(share: float) -> str:
    return f"{100 * share:g} point" + ("" if round(100 * share, 9) == 1 else "s")


def _caption(summary: pd.DataFrame, optimizers: pd.DataFrame, chosen_on: str, title: str) -> str:
    tested = optimizers["test_n"].notna()
    sentences = [
        f"Best setting of each optimizer in the study {title or summary['study'].iloc[0]}, chosen "
        f"on {'the test set' if chosen_on == 'test images' else chosen_on} by the mean final "
        "validation accuracy.",
        "Accuracies: mean over n runs that differ in the seed alone, a diverged run counting as "
        f"guessing ({100 * CHANCE:g} %), and in brackets its 95 % interval by Student's t, whose "
        f"lower end allows for the choice among {len(summary)} settings.",
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
