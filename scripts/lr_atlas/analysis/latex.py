"""The main result of a study as a LaTeX table, for a report to take in."""

from typing import Any

import pandas as pd

_SPECIAL = str.maketrans(
    {character: f"\\{character}" for character in "&%$#_{}"}
    | {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
)
_NOTHING = "-"
# Names of settings may be long: a table that is wider than the text shrinks to its width.
_FIT = "\\footnotesize\\setlength{\\tabcolsep}{4pt}\n"
_FIT += "\\resizebox{\\ifdim\\width>\\linewidth\\linewidth\\else\\width\\fi}{!}{%\n"


def main_table(summary: pd.DataFrame, optimizers: pd.DataFrame, *, chosen_on: str) -> str:
    r"""The optimizers, best first: best setting, accuracy, plateau, test result and budget.

    summary, optimizers: as in tables.Analysis. chosen_on: what the settings were chosen on,
    "held-out images" or "test images". Returns one `table` environment, in which accuracies are
    in per cent; it needs \usepackage{booktabs,graphicx}. The caption says n and method.
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
            caption=_caption(summary, optimizers, chosen_on).translate(_SPECIAL),
            label=f"tab:{summary['study'].iloc[0]}",
        )
    )
    return text.replace("\\begin{tabular}", _FIT + "\\begin{tabular}").replace(
        "\\end{tabular}", "\\end{tabular}}"
    )


def _row(optimizer: Any, summary: pd.DataFrame) -> dict[str, str]:
    setting = summary[summary["setting"] == optimizer.best_setting]
    diverged = int(setting["diverged"].sum())
    finished = int(setting["seeds"].sum()) - diverged
    return {
        "optimizer": optimizer.optimizer,
        "best setting": optimizer.best_setting if len(setting) else "every run diverged",
        "validation (%)": _accuracy(optimizer, "validation_accuracy"),
        "n": _counted(finished, diverged),
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


def _counted(finished: Any, diverged: Any) -> str:
    if pd.isna(finished) or not finished + diverged:
        return _NOTHING
    return f"{finished}" + (f" ({diverged} diverged)" if diverged else "")


def _plateau(optimizer: Any) -> str:
    if pd.isna(optimizer.plateau_settings):
        return _NOTHING
    if optimizer.plateau_from == optimizer.plateau_to:
        return f"{optimizer.plateau_from:g}"
    return f"{optimizer.plateau_from:g} to {optimizer.plateau_to:g}"


def _caption(summary: pd.DataFrame, optimizers: pd.DataFrame, chosen_on: str) -> str:
    tested = optimizers["test_n"].notna()
    sentences = [
        f"Best setting of each optimizer in the study {summary['study'].iloc[0]}, chosen on "
        f"{'the test set' if chosen_on == 'test images' else chosen_on} by the mean final "
        "validation accuracy.",
        "Accuracies: mean over n runs that differ in the seed alone, and in brackets its 95 % "
        "percentile bootstrap interval, which is too narrow for few runs; a diverged run is in no "
        "mean.",
        "Plateau: the learning rates of the settings that are not worse than the best by a paired "
        "t test over the seeds at 0.05 with Holm's correction within the optimizer.",
    ]
    if tested.any():
        confirmed = optimizers.loc[tested, "confirmed"].astype(bool)
        sentences.append(
            "Test: runs with fresh seeds."
            if confirmed.all()
            else "Test: the runs that the setting was chosen by"
            + (", or runs with fresh seeds where there are any." if confirmed.any() else ".")
        )
    equal = optimizers[["settings", "runs", "epochs"]].drop_duplicates()
    sentences.append(
        "Budget: how many settings, runs and epochs in all the optimizer got"
        + ("." if len(equal) == 1 else "; they are not equal.")
    )
    return " ".join(sentences)
