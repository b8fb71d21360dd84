"""Sentences of an answer on the best setting: how good it is, and by what it was chosen."""

from collections.abc import Mapping

import pandas as pd

from lr_atlas.locale.speech import say, say_counted, say_word
from lr_atlas.report.headline import compared, decided_fresh
from lr_atlas.report.number_text import between, diverged_counts, in_words, level, seeds
from lr_atlas.studies.study_metric import StudyMetric, on_validation
from lr_atlas.tables.study_tables import StudyTables


def best_sentence(tables: StudyTables, labels: Mapping[str, str], on_test: bool) -> str:
    """Return which setting is best, and its value with an interval.

    labels: what a setting is called, by its name. on_test: whether the validation images were the
    test images.
    """
    if decided_fresh(tables):
        return _best_on_fresh_seeds(tables, labels, on_test)
    best, metric = tables.optimizers.iloc[0], tables.metric
    name = in_words(labels, best["best_setting"])
    own = tables.summary[tables.summary["setting"] == best["best_setting"]].iloc[0]
    n, settings = int(own["seeds"]), len(tables.summary)
    reached = _reached(metric, name, by_steps="best_step" in tables.optimizers)
    mean = level(metric, best["score_mean"])
    if n < 2:
        return say(
            "{reached}: {value}, in a single run, so how much of it is chance is not known.",
            reached=reached,
            value=mean,
        )
    interval = between(metric, best["score_low"], best["score_high"])
    details = [
        _interval_of(interval, n),
        _counting_diverged(metric, int(own["diverged"]), n, best["chance"]),
        _allowing_for_choice(metric, settings) if settings > 1 else "",
    ]
    return say(
        "{reached}: a mean of **{mean}** ({details}).",
        reached=reached,
        mean=mean,
        details="; ".join(filter(None, details)),
    )


def _best_on_fresh_seeds(tables: StudyTables, labels: Mapping[str, str], on_test: bool) -> str:
    best, metric = tables.optimizers.iloc[0], tables.metric
    n, others = int(best["test_n"]), len(compared(tables))
    interval = between(metric, best[f"{metric.test}_low"], best[f"{metric.test}_high"])
    details = [
        _interval_of(interval, n),
        _counting_diverged(metric, int(best["test_diverged"]), n, best["test_chance"]),
        _allowing_for_best(metric, others + 1) if others > 1 else "",
    ]
    values = {
        "name": in_words(labels, best["best_setting"]),
        "things": say_word(metric.things),
        "mean": level(metric, best[f"{metric.test}_mean"]),
        "details": "; ".join(filter(None, details)),
    }
    if others and on_test:
        return say(
            "**{name}** is best on the same {things}, but with fresh seeds, which had no part in "
            "the choice: a mean of **{mean}** ({details}).",
            **values,
        )
    if others:
        return say(
            "**{name}** is best on the test {things} with fresh seeds, which had no part in the "
            "choice: a mean of **{mean}** ({details}).",
            **values,
        )
    if on_test:
        return say(
            "**{name}** was chosen, and tested on the same {things}, but with fresh seeds, which "
            "had no part in the choice: a mean of **{mean}** ({details}).",
            **values,
        )
    return say(
        "**{name}** was chosen, and tested on the test {things} with fresh seeds, which had no "
        "part in the choice: a mean of **{mean}** ({details}).",
        **values,
    )


def _reached(metric: StudyMetric, name: str, by_steps: bool) -> str:
    """Return the clause that a setting has the best value of all."""
    values = {"name": f"**{name}**", "metric": metric.on_validation}
    is_more = metric.sign > 0
    if metric.choosing != metric.validation:
        values["chooser"] = on_validation(metric.selects)
        if is_more:
            return say(
                "{name}, chosen by {chooser}, has the highest {metric} of those that were chosen",
                **values,
            )
        return say(
            "{name}, chosen by {chooser}, has the lowest {metric} of those that were chosen",
            **values,
        )
    if metric.last > 1:
        return _reached_in_mean(metric, values)
    if by_steps and is_more:
        return say("{name} reached the highest {metric} at the end", **values)
    if by_steps:
        return say("{name} reached the lowest {metric} at the end", **values)
    if is_more:
        return say("{name} reached the highest {metric} after the last epoch", **values)
    return say("{name} reached the lowest {metric} after the last epoch", **values)


def _reached_in_mean(metric: StudyMetric, values: dict[str, str]) -> str:
    count, is_more = metric.last, metric.sign > 0
    if metric.rows == "epochs" and is_more:
        return say(
            "{name} reached the highest {metric} in the mean of the last {count} epochs",
            **values,
            count=count,
        )
    if metric.rows == "epochs":
        return say(
            "{name} reached the lowest {metric} in the mean of the last {count} epochs",
            **values,
            count=count,
        )
    if is_more:
        return say(
            "{name} reached the highest {metric} in the mean of the last {count} evaluations",
            **values,
            count=count,
        )
    return say(
        "{name} reached the lowest {metric} in the mean of the last {count} evaluations",
        **values,
        count=count,
    )


def _interval_of(interval: str, n: int) -> str:
    return say("95 % t interval {interval}, {seeds}", interval=interval, seeds=seeds(n))


def _allowing_for_choice(metric: StudyMetric, settings: int) -> str:
    if metric.sign > 0:
        return say(
            "its lower end allows for the choice among {settings} settings", settings=settings
        )
    return say("its upper end allows for the choice among {settings} settings", settings=settings)


def _allowing_for_best(metric: StudyMetric, count: int) -> str:
    """Return that fresh seeds picked the best of several optimizers."""
    if metric.sign > 0:
        return say("its lower end allows for it being the best of {count}", count=count)
    return say("its upper end allows for it being the best of {count}", count=count)


def _counting_diverged(metric: StudyMetric, diverged: int, n: int, chance: float) -> str:
    if not diverged:
        return ""
    return say_counted(
        "{count} of these {n} diverged and counts as guessing, {chance}",
        "{count} of these {n} diverged and count as guessing, {chance}",
        diverged,
        n=n,
        chance=diverged_counts(metric, chance),
    )


def choice_sentences(tables: StudyTables, on_test: bool) -> list[str]:
    """Return by what a confirmed setting was chosen, or else what it reaches on the test images."""
    if decided_fresh(tables):
        return [_choice(tables, on_test)]
    best, metric = tables.optimizers.iloc[0], tables.metric
    n = best["test_n"]
    confirmed = best["confirmed"] in (True, "True")
    if pd.isna(n) or n == 0 or pd.isna(best[f"{metric.test}_mean"]) or (on_test and not confirmed):
        return []
    interval = between(metric, best[f"{metric.test}_low"], best[f"{metric.test}_high"])
    values = {
        "things": say_word(metric.things),
        "value": level(metric, best[f"{metric.test}_mean"]),
        "sure": _interval_of(interval, n) if n > 1 and interval else seeds(n),
    }
    if on_test:
        return [
            say(
                "On the same {things}, but with new seeds, the chosen setting reaches **{value}** "
                "({sure}: fresh seeds, with no part in the choice).",
                **values,
            )
        ]
    if confirmed:
        return [
            say(
                "On the test {things} the chosen setting reaches **{value}** ({sure}: fresh seeds, "
                "with no part in the choice).",
                **values,
            )
        ]
    return [
        say(
            "On the test {things} the chosen setting reaches **{value}** ({sure}: the runs it was "
            "chosen by).",
            **values,
        )
    ]


def _choice(tables: StudyTables, on_test: bool) -> str:
    """Return by what a setting was chosen that fresh seeds confirm."""
    best, metric = tables.optimizers.iloc[0], tables.metric
    values = {
        "value": level(metric, best["score_mean"]),
        "things": say_word(metric.things),
        "seeds": seeds(finished_runs(tables.summary, best["best_setting"])),
    }
    if metric.choosing == metric.validation:
        if on_test:
            return say("It was chosen by {value} on the same {things} ({seeds}).", **values)
        return say("It was chosen by {value} on the validation {things} ({seeds}).", **values)
    values["metric"] = on_validation(metric.selects)
    if on_test:
        return say(
            "It was chosen by {metric}, with {value} on the same {things} ({seeds}).", **values
        )
    return say(
        "It was chosen by {metric}, with {value} on the validation {things} ({seeds}).", **values
    )


def finished_runs(summary: pd.DataFrame, setting: str) -> int:
    """Return how many runs of a setting did not diverge."""
    own = summary[summary["setting"] == setting]
    return int((own["seeds"] - own["diverged"]).sum())
