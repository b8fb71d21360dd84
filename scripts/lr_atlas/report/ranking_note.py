"""Say how the ranking of the optimizers was made."""

import math
from typing import Any

import pandas as pd

from lr_atlas.analysis.budgets import unit_of_budgets
from lr_atlas.analysis.step_to_target import CONFIDENCE
from lr_atlas.analysis.verdicts import FRESH
from lr_atlas.figures.looks import optimizer_name
from lr_atlas.locale.counted_things import counted
from lr_atlas.locale.speech import say, say_word
from lr_atlas.report.number_text import (
    diverged_counts,
    knows_chance,
    margin_text,
    number,
    round_level,
    unknown_chance,
)
from lr_atlas.report.pairs_text import method_sentences
from lr_atlas.studies.study_metric import StudyMetric
from lr_atlas.tables.study_tables import StudyTables


def ranking_note(tables: StudyTables) -> str:
    """Return how the ranking was made, how alike equal seeds are, and who reached the target."""
    optimizers, metric = tables.optimizers, tables.metric
    if optimizers.empty:
        return ""
    fresh = bool((optimizers["decided"] == FRESH).any())
    margin = margin_text(metric, optimizers["plateau_margin"].iloc[0])
    return " ".join(
        [
            _ranked_by(tables, fresh),
            _lost(optimizers, metric),
            _interval(len(tables.summary), metric),
            *_on_behind(optimizers, fresh),
            say(
                "Plateau: the neighbouring learning rates, all else equal, that are shown to be "
                "within {margin} of the best. Rate matters: the largest difference over learning "
                "rates, all else equal; in brackets with the optimizer's other arguments tuned "
                "anew at each.",
                margin=margin,
            ),
            *_on_best_of(optimizers),
            *method_sentences(tables.pairs),
            *_on_test(optimizers),
            *_on_target(tables),
        ]
    )


def _ranked_by(tables: StudyTables, fresh: bool) -> str:
    metric, unit = tables.metric, say_word(unit_of_budgets(tables.optimizers))
    if fresh:
        return say(
            "Ranked by the mean test {metric} on fresh seeds of the chosen setting of each; beside "
            "it what each was given: settings, seeds of each, {unit} of all runs as asked for.",
            **{"metric": metric.called, "unit": unit},
        )
    if metric.last > 1:
        return say(
            "Ranked by the mean {final} {validation} of the chosen setting of each; beside it what "
            "each was given: settings, seeds of each, {unit} of all runs as asked for.",
            **{"final": metric.final, "validation": metric.on_validation, "unit": unit},
        )
    return say(
        "Ranked by the mean {validation} of the chosen setting of each; beside it what each was "
        "given: settings, seeds of each, {unit} of all runs as asked for.",
        **{"validation": metric.on_validation, "unit": unit},
    )


def _lost(optimizers: pd.DataFrame, metric: StudyMetric) -> str:
    """Return what a run that diverged counts as."""
    own, test = optimizers["chance"].iloc[0], optimizers["test_chance"].dropna()
    if not knows_chance(metric, own):
        return unknown_chance()
    chance = diverged_counts(metric, own)
    on_test = diverged_counts(metric, test.iloc[0]) if len(test) else chance
    if on_test == chance:
        return say(
            "A run that diverged counts as guessing, {chance}, in every mean of this table.",
            chance=chance,
        )
    return say(
        "A run that diverged counts as guessing, {chance} ({on_test} of the test {things}), in "
        "every mean of this table.",
        **{"chance": chance, "on_test": on_test, "things": say_word(metric.things)},
    )


def _interval(settings: int, metric: StudyMetric) -> str:
    if metric.sign > 0:
        return say(
            "Interval: Student's t over the seeds; its lower end allows for the choice among all "
            "{settings}.",
            settings=counted(settings, "setting"),
        )
    return say(
        "Interval: Student's t over the seeds; its upper end allows for the choice among all "
        "{settings}.",
        settings=counted(settings, "setting"),
    )


def _on_behind(optimizers: pd.DataFrame, fresh: bool) -> list[str]:
    if not optimizers["behind"].notna().any():
        return []
    if fresh:
        return [
            say(
                "Behind the best: difference of the means on fresh seeds, and its interval from "
                "the table of pairs; where that is inconclusive, the difference that so many runs "
                "show, found in four of five studies."
            )
        ]
    return [
        say(
            "Behind the best: difference of the means of the runs that chose, and its interval "
            "from the table of pairs; where that is inconclusive, the difference that so many runs "
            "show, found in four of five studies."
        )
    ]


def _on_best_of(optimizers: pd.DataFrame) -> list[str]:
    """Return how the best of k was reckoned, k being the same for all optimizers."""
    k = optimizers["best_of_k"].iloc[0]
    if pd.isna(k):
        return []
    values = {"k": number(k), "settings": counted(k, "setting")}
    if optimizers["best_of_seeds"].max() > 1:
        return [
            say(
                "Best of {k}: the expected best of {settings} drawn from the optimizer's own, as "
                "many as each has at least: chosen on all seeds but one and measured on that one, "
                "each in turn, so that luck in the choice does not count; the 95 % interval is "
                "over the seeds (jackknife), not over which {settings} are drawn.",
                **values,
            )
        ]
    return [
        say(
            "Best of {k}: the expected best of {settings} drawn from the optimizer's own, as many "
            "as each has at least: by the runs that choose, whose luck is in it.",
            **values,
        )
    ]


def _on_test(optimizers: pd.DataFrame) -> list[str]:
    if not optimizers["test_n"].notna().any():
        return []
    if optimizers["confirmed"].isin((True, "True")).any():
        return [say("Test: mean ± standard deviation over n runs with fresh seeds.")]
    return [
        say("Test: mean ± standard deviation over n runs of those that the setting was chosen by.")
    ]


def _on_target(tables: StudyTables) -> list[str]:
    """Return when the best settings reach the target, if there is one."""
    optimizers, timed = tables.optimizers, tables.metric.timed
    target = tables.summary["target"].iloc[0] if "target" in tables.summary else None
    if target is None or pd.isna(target):
        return []
    reached = round_level(timed, target)
    if tables.metric.aim:
        reached = say("a {validation} of {level}", validation=timed.on_validation, level=reached)
    times = "; ".join(_time(row) for row in optimizers.itertuples())
    return [
        say("Median time of the best settings to {target}: {times}.", target=reached, times=times),
        *_beyond_target(optimizers, reached),
    ]


def _time(row: Any) -> str:
    """Return after how many epochs or steps most runs of an optimizer reached the target."""
    name = optimizer_name(row.optimizer)
    if pd.isna(row.epochs_to_target):
        return say("{optimizer} not in most runs", optimizer=name)
    steps = getattr(row, "steps_to_target", math.nan)
    return say(
        "{optimizer} after {time} ({count} of {runs})",
        optimizer=name,
        time=counted(steps, "step") if pd.notna(steps) else counted(row.epochs_to_target, "epoch"),
        count=number(row.target_reached),
        runs=counted(row.target_runs, "run"),
    )


def _beyond_target(optimizers: pd.DataFrame, reached: str) -> list[str]:
    """Return from which step on the means of the best settings are beyond the target, if any."""
    if "target_step" not in optimizers:
        return []
    parts = [
        say(
            "{optimizer} from step {step} on (not before step {low}, n = {n})",
            optimizer=optimizer_name(row.optimizer),
            step=number(row.target_step),
            low=number(row.target_step_low),
            n=number(row.target_step_n),
        )
        if pd.notna(row.target_step)
        else say("{optimizer} at no step", optimizer=optimizer_name(row.optimizer))
        for row in optimizers.itertuples()
    ]
    return [
        say(
            "The mean over all seeds is beyond {target}, shown at {confidence:g} % by a one-sided "
            "t bound at that and every later evaluation, one and the same step for all seeds: "
            "{steps}. Before the earlier step it is shown in the same way to be short of it. A "
            "setting with a run that diverged has no such step.",
            **{"target": reached, "confidence": 100 * CONFIDENCE, "steps": "; ".join(parts)},
        )
    ]
