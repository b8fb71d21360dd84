"""The answer of a study in a paragraph: which optimizer and learning rate, and how sure that is.

Every sentence comes from the tables, and says what they do not show.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from lr_atlas.figures.looks import optimizer_name
from lr_atlas.study_page.cautions import cautions_of, missing_runs
from lr_atlas.study_page.tables import Tables, finished_runs, higher_but_unsafe
from lr_atlas.study_page.wording import (
    between,
    counted,
    in_words,
    listed,
    number,
    percent,
    points,
    seeds,
)

#: As in the table of pairs.
SIGNIFICANCE = 0.05
BETTER, WORSE, INCONCLUSIVE = "better", "worse", "inconclusive"


@dataclass(frozen=True)
class Answer:
    """What a study says, in sentences of which the parts between ** carry the weight."""

    headline: str
    sentences: tuple[str, ...] = ()
    cautions: tuple[str, ...] = ()  # what a reader must know before using it


@dataclass(frozen=True)
class Difference:
    """The paired difference of two settings' validation accuracies, 0..1."""

    n: int
    difference: float
    low: float
    high: float
    p: float  # of the paired t test, after Holm's correction over the other optimizers
    verdict: str  # of the first setting: BETTER, WORSE or INCONCLUSIVE


def answer(tables: Tables, labels: Mapping[str, str], planned: int, on_test: bool) -> Answer:
    """The answer of a study.

    labels: what a setting is called, by its name. planned: how many runs the study asks for.
    on_test: whether the validation images were the test images.
    """
    lacking = missing_runs(tables, planned)
    if tables.optimizers.empty:
        return Answer("There is nothing to answer from yet.", (), lacking)
    best = tables.optimizers.iloc[0]
    if pd.isna(best["validation_accuracy_mean"]):
        runs, settings = len(tables.runs), tables.runs["setting"].nunique()
        text = f"No answer: every run diverged ({counted(runs, 'run')} of "
        return Answer(f"{text}{counted(settings, 'setting')}).", (), lacking)
    if _learned_nothing(tables, best["best_setting"]):
        name = in_words(labels, best["best_setting"])
        text = f"No setting learned: even the best, {name}, collapsed in every run"
        accuracy = percent(best["validation_accuracy_mean"])
        return Answer(f"{text} ({accuracy}, where guessing gives 10 %).", (), lacking)
    sentences = (
        _best(tables, labels),
        *_against_others(tables, labels),
        *_learning_rate(tables, labels),
        *_test(best, on_test),
    )
    cautions = (*lacking, *cautions_of(tables, labels, on_test))
    return Answer(_headline(tables, labels), sentences, cautions)


def difference_of(row: pd.Series) -> Difference:
    """How the best setting of all compares with that of the optimizer in a row of the ranking."""
    verdict = {"behind": BETTER, "ahead": WORSE}.get(row["behind_verdict"], INCONCLUSIVE)
    n = 0 if pd.isna(row["behind_n"]) else int(row["behind_n"])
    numbers = (row[name] for name in ("behind", "behind_low", "behind_high", "behind_p"))
    return Difference(n, *numbers, verdict)


def _compared(tables: Tables) -> list[tuple[pd.Series, Difference]]:
    """The other optimizers of which a setting did not diverge, each against the best."""
    others = (row for _, row in tables.optimizers.iloc[1:].iterrows())
    return [
        (row, difference_of(row)) for row in others if pd.notna(row["validation_accuracy_mean"])
    ]


def _headline(tables: Tables, labels: Mapping[str, str]) -> str:
    best = tables.optimizers.iloc[0]
    name = in_words(labels, best["best_setting"])
    compared = _compared(tables)
    verdicts = [found.verdict for _, found in compared]
    if not compared:
        return f"{name} did best."
    if set(verdicts) == {BETTER}:
        return f"{name} is better than {_each_other([row for row, _ in compared], labels)}."
    return f"{name} did best, but whether it is the better optimizer is inconclusive."


def _each_other(rows: list[pd.Series], labels: Mapping[str, str]) -> str:
    names = listed([_optimizer(labels, row) for row in rows])
    return f"the best setting of {names}" if len(rows) == 1 else f"the best settings of {names}"


def _optimizer(labels: Mapping[str, str], row: pd.Series) -> str:
    return labels.get(row["best_setting"], optimizer_name(row["optimizer"])).split(", ")[0]


def _best(tables: Tables, labels: Mapping[str, str]) -> str:
    best = tables.optimizers.iloc[0]
    n = finished_runs(tables.summary, best["best_setting"])
    accuracy = percent(best["validation_accuracy_mean"])
    interval = between(best["validation_accuracy_low"], best["validation_accuracy_high"])
    text = f"**{in_words(labels, best['best_setting'])}** reached the highest "
    text += "validation accuracy after the last epoch"
    if len(higher_but_unsafe(tables)):
        text += " of the settings without a diverged run"
    if n < 2:
        return f"{text}: {accuracy}, in a single run, so how much of it is chance is not known."
    sure = f"95 % bootstrap interval {interval}, {seeds(n)}" if interval else seeds(n)
    return f"{text}: a mean of **{accuracy}** ({sure})."


def _against_others(tables: Tables, labels: Mapping[str, str]) -> list[str]:
    compared = _compared(tables)
    if len(tables.optimizers) == 1:
        return ["No other optimizer was tried."]
    if not compared:
        return ["Of the other optimizers every run diverged."]
    (row, found), rest = compared[0], compared[1:]
    runner_up = (
        f"{_optimizer(labels, row)}'s best "
        f"({_parameters(labels, row['best_setting'])}: {percent(row['validation_accuracy_mean'])})"
    )
    sentences = [_verdict(runner_up, found)]
    for verdict, text in (
        (INCONCLUSIVE, "just as inconclusive"),
        (BETTER, "worse than the best"),
        (WORSE, "better on the seeds that both have"),
    ):
        names = [
            _optimizer(labels, other) for other, difference in rest if difference.verdict == verdict
        ]
        if names:
            verb = "is" if len(names) == 1 else "are"
            sentences.append(f"The best of {listed(names)} {verb} {text}.")
    return sentences


def _parameters(labels: Mapping[str, str], setting: str) -> str:
    return ", ".join(labels.get(setting, setting).split(", ")[1:]) or setting


def _verdict(runner_up: str, found: Difference) -> str:
    """How sure the difference to the runner-up is, and how large."""
    if found.n == 0:
        return f"It shares no seed with {runner_up}, so the two are **inconclusive**."
    if found.n == 1:
        return (
            f"Whether it beats {runner_up} is **inconclusive**: with one seed in common the "
            f"difference of {points(found.difference)} points has no interval."
        )
    sure = (
        f"{points(found.difference)} points, 95 % interval "
        f"{between(found.low, found.high, signed=True)}, paired by seed, n = {found.n}"
    )
    if found.verdict == BETTER:
        return f"It is **better than** {runner_up}: {sure}."
    if found.verdict == WORSE:
        return f"On the seeds that both have it is **worse than** {runner_up}: {sure}."
    text = f"Whether it beats {runner_up} is **inconclusive**: {sure}"
    if found.low > 0 or found.high < 0:
        text += "; the interval alone leaves out 0, but "
        text += (
            "more runs of one of them diverged"
            if found.p < SIGNIFICANCE
            else "Holm's correction for the other optimizers does not"
        )
    return f"{text}."


def _learning_rate(tables: Tables, labels: Mapping[str, str]) -> list[str]:
    """How much the learning rate of the best optimizer matters."""
    best = tables.optimizers.iloc[0]
    own = tables.summary[tables.summary["optimizer"] == best["optimizer"]]
    rates = own.groupby("learning_rate")["validation_accuracy_mean"].max()
    name = _optimizer(labels, best)
    if len(rates) == 1:
        return [f"{name} was run at one learning rate, so how much that matters is not known."]
    text = (
        f"Over the {len(rates)} learning rates of {name}, {number(rates.index[0])} to "
        f"{number(rates.index[-1])}, "
    )
    if rates.notna().sum() > 1:
        text += f"accuracy differs by up to **{points(rates.max() - rates.min())[1:]} points**"
    else:
        text += "one alone has runs that did not diverge"
    diverged = int(rates.isna().sum())
    if diverged and rates.notna().sum() > 1:
        text += f" (at {diverged} of them every run diverged)"
    return [f"{text}; {_plateau(tables, best)}."]


def _plateau(tables: Tables, best: pd.Series) -> str:
    if finished_runs(tables.summary, best["best_setting"]) < 2:
        return "with one seed no plateau can be told"
    count = best["plateau_settings"]
    if pd.isna(count):
        return "how wide its plateau is could not be told"
    if count <= 1:
        return "no other setting of this optimizer is as good"
    if best["plateau_from"] == best["plateau_to"]:
        return (
            f"{count:g} settings, all at {number(best['plateau_from'])}, cannot be told from its "
            "best"
        )
    return (
        f"its plateau, the settings that cannot be told from its best, reaches from "
        f"{number(best['plateau_from'])} to {number(best['plateau_to'])} "
        f"(**{best['plateau_decades']:.1f} decades**)"
    )


def _test(best: pd.Series, on_test: bool) -> list[str]:
    """The test result, and which runs it is from."""
    n = best["test_n"]
    if pd.isna(n) or n == 0 or pd.isna(best["test_accuracy_mean"]):
        return []
    interval = between(best["test_accuracy_low"], best["test_accuracy_high"])
    sure = f"95 % bootstrap interval {interval}, {seeds(n)}" if n > 1 and interval else seeds(n)
    confirmed = best["confirmed"] in (True, "True")
    which = "fresh seeds, with no part in the choice" if confirmed else "the runs it was chosen by"
    images = "On the test images"
    if on_test:
        if not confirmed:
            return []
        images = "On the same images, but with new seeds,"
    accuracy = percent(best["test_accuracy_mean"])
    return [f"{images} the chosen setting reaches **{accuracy}** ({sure}: {which})."]


def _learned_nothing(tables: Tables, setting: str) -> bool:
    own = tables.summary[tables.summary["setting"] == setting]
    count = finished_runs(tables.summary, setting)
    return bool(count and int(own["collapsed"].sum()) == count)
