"""The answer of a study in a paragraph: which optimizer and learning rate, and how sure that is.

Every sentence comes from the tables, and says what they do not show.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd

from lr_atlas.config.study_models import Study
from lr_atlas.locale.counted_things import counted
from lr_atlas.locale.speech import say
from lr_atlas.report.best_text import best_sentence, choice_sentences, finished_runs
from lr_atlas.report.cautions import cautions_of, missing_runs, variants_of_data
from lr_atlas.report.headline import decided_fresh, headline
from lr_atlas.report.learning_rate import learning_rate_sentences
from lr_atlas.report.number_text import guessing, in_words, level
from lr_atlas.report.others_text import allowance, others_sentences
from lr_atlas.report.scatter_text import images_sentences
from lr_atlas.report.setting_names import named_settings
from lr_atlas.studies.grid import Plan
from lr_atlas.tables.study_tables import StudyTables


@dataclass(frozen=True)
class Answer:
    """Hold the answer of a study as sentences; the parts between ** are shown in bold."""

    headline: str
    sentences: tuple[str, ...] = ()
    cautions: tuple[str, ...] = ()  # what a reader must know before using it


def answer_of(plan: Plan, study: Study, tables: StudyTables) -> Answer:
    """Return the answer of a study from its tables, with settings called as in the figures."""
    labels = setting_labels(tables.runs)
    # Runs from elsewhere are never run again on fresh seeds.
    confirm = study.confirm if len(plan.trained) == len(plan.runs) else 0
    found = answer(tables, labels, len(plan.runs), study.validation == "test", confirm)
    return replace(found, cautions=(*variants_of_data(plan, study.dataset), *found.cautions))


def setting_labels(runs: pd.DataFrame) -> dict[str, str]:
    """Return what each setting in the runs table is called, by its name, as in the figures."""
    described = named_settings(runs)
    return dict(zip(described["setting"], described["label"], strict=True))


def answer(
    tables: StudyTables, labels: Mapping[str, str], planned: int, on_test: bool, confirm: int = 0
) -> Answer:
    """Return the answer of a study.

    labels: what a setting is called, by its name. planned: how many runs the study asks for.
    on_test: whether the validation images were the test images. confirm: how many fresh seeds the
    study asks for.
    """
    lacking = missing_runs(tables, planned)
    without = _no_answer(tables, labels)
    if without:
        return Answer(without, (), lacking)
    sentences = (
        best_sentence(tables, labels, on_test),
        *others_sentences(tables, labels),
        *allowance(tables),
        *learning_rate_sentences(tables, labels),
        *choice_sentences(tables, on_test),
        *images_sentences(tables, labels),
    )
    cautions = (*lacking, *cautions_of(tables, labels, on_test, confirm))
    return Answer(headline(tables, labels), sentences, cautions)


def _no_answer(tables: StudyTables, labels: Mapping[str, str]) -> str:
    """Return why there is no answer; nothing where there is one."""
    if tables.optimizers.empty:
        return say("There is nothing to answer from yet.")
    best, metric = tables.optimizers.iloc[0], tables.metric
    if pd.isna(best["score_mean"]):
        runs = counted(len(tables.runs), "run")
        settings = counted(tables.runs["setting"].nunique(), "setting")
        if (tables.runs["status"] != "diverged").any():
            return say(
                "No answer: of every setting a run diverged, and nobody says what guessing "
                "reaches, which it would count as ({runs} of {settings}).",
                runs=runs,
                settings=settings,
            )
        return say(
            "No answer: every run diverged ({runs} of {settings}).", runs=runs, settings=settings
        )
    if _learned_nothing(tables, best["best_setting"]):
        return say(
            "No setting learned: even the best, {name}, collapsed in every run ({reached}, where "
            "guessing gives {chance}).",
            name=in_words(labels, best["best_setting"]),
            reached=level(metric, best["score_mean"]),
            chance=guessing(metric, best["chance"]),
        )
    return ""


def _learned_nothing(tables: StudyTables, setting: str) -> bool:
    best = tables.optimizers.iloc[0]
    if decided_fresh(tables) and best["test_diverged"] == best["test_n"]:
        return True
    own = tables.summary[tables.summary["setting"] == setting]
    count = finished_runs(tables.summary, setting)
    return bool(count and int(own["collapsed"].sum()) == count)
