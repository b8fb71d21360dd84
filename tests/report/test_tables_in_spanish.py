"""Tables, their notes and the words of figures in Spanish: nothing of them is left in English."""

import dataclasses
import re

import pandas as pd
import pytest
from page_tables import AT_ONCE, made_up, made_up_study

from lr_atlas.figures.captions import report_words, write_captions
from lr_atlas.figures.drawn import figures
from lr_atlas.locale.speech import speaking
from lr_atlas.report.answer import setting_labels
from lr_atlas.report.citation import bibtex
from lr_atlas.report.ending_text import reason_text
from lr_atlas.report.main_table import main_note, main_table
from lr_atlas.report.pairs_text import pairs_for_reading, pairs_note
from lr_atlas.report.ranking_note import ranking_note
from lr_atlas.report.ranking_table import ranking_for_reading
from lr_atlas.report.run_lists import ended_early, missing_for_reading
from lr_atlas.report.summary_text import reading_notes, summary_for_reading
from lr_atlas.runs.missing_runs import completeness, missing_notice
from lr_atlas.studies.study_metric import ACCURACY
from lr_atlas.tools.verify.certificate import SAME, Verification
from lr_atlas.tools.verify.verification_text import verification_for_reading

ENGLISH = """above accuracy all and are at batch behind below best beyond by count diverged each
epoch epochs for from images interval is learning loss matters mean means of on optimizer over rate
run runs seed seeds set setting settings step than that the to training validation where with"""
#: Names of settings and files, which keep their points, and what Jinja fills.
NAMES = re.compile(r"\b[a-z]+-lr[\w.-]+|results/\S+|\w+\.(?:csv|pt)\b|{{.*?}}")


def english_in(text):
    words = re.findall(r"[^\W\d_]+", NAMES.sub("", text).casefold())
    return sorted(set(words) & set(ENGLISH.split()))


def as_text(table):
    return table.to_csv(index=False, sep="|")


@pytest.fixture(scope="module")
def in_spanish():
    """The tables of a small study, each as a text with its note; settings that diverged in it."""
    study = made_up_study(validation="test", target=0.8)
    ends = {"sgd-lr1-momentum0.9": "diverged", "adam-lr0.01": AT_ONCE, "sgd-lr0.01": "collapsed"}
    plan, tables = made_up(study, ends=ends, missing=[0])
    runs = tables.runs.assign(reason="the loss after the epoch is nan")
    with speaking("es"):
        labels = setting_labels(runs)
        return plan, {
            "ranking": as_text(ranking_for_reading(tables.optimizers, labels, ACCURACY))
            + ranking_note(tables),
            "main": as_text(main_table(tables, labels)) + main_note(tables, labels, on_test=True),
            "pairs": as_text(pairs_for_reading(tables.pairs, labels, ACCURACY))
            + pairs_note(tables),
            "settings": as_text(summary_for_reading(tables.summary, tables.missing))
            + " ".join(reading_notes(study, tables.summary)),
            "ended": as_text(ended_early(runs)),
            "missing": as_text(missing_for_reading(tables.missing))
            + missing_notice(plan, tables.missing)
            + completeness(plan, tables.missing),
            "labels": "\n".join(labels.values()),
            "citation": bibtex("a", "1", "ab", "2026-01-02T03:04", "b"),
        }


def test_no_english_word_is_left_and_decimals_have_commas(in_spanish):
    _, texts = in_spanish
    for name, text in texts.items():
        assert english_in(text) == [], name
        assert re.findall(r"\d\.\d+", NAMES.sub("", text)) == [], name
    assert "SGD|tasa de aprendizaje 0,1, momento 0,9|85,9" in texts["main"]
    assert "5 divergieron" in texts["settings"]
    assert "|divergió|" in texts["ended"]
    assert "la pérdida tras la época es nan" in texts["ended"]
    assert "momento 0,9" in texts["labels"]


def test_why_a_run_ended_is_said_with_its_numbers_and_a_programs_words_stay():
    with speaking("es"):
        said = reason_text("the loss after the epoch is 12.5, it began at 2.31")
        assert said == "la pérdida tras la época es 12,5, empezó en 2,31"
        assert reason_text("out of patience") == "out of patience"
    assert reason_text("the loss is nan") == "the loss is nan"


def test_titles_readings_and_captions_of_figures_are_spanish(tmp_path):
    foreign = dataclasses.replace(ACCURACY.metric, name="test_r2", title="R²")
    measured_elsewhere = dataclasses.replace(ACCURACY, metric=foreign)
    with speaking("es"):
        texts = [
            text
            for figure in figures().values()
            for said in (figure.of(ACCURACY, "step"), figure.of(measured_elsewhere))
            for text in (said.title, said.reading, figure.title_of("accuracy"))
        ]
        words = report_words([ACCURACY])
        write_captions(tmp_path)
    captions = [path.read_text(encoding="utf-8") for path in sorted(tmp_path.iterdir())]
    assert len(captions) == len(figures()) + 1
    assert all("Límites: " in each for each in captions)
    for text in [*texts, *captions, *words.sections.values(), *words.titles.values()]:
        assert english_in(text) == [], text
        assert text[0] == text[0].upper()
    assert words.sections["heatmap"] == "2. Tasa de aprendizaje"
    assert words.titles["validation_curves"] == "Exactitud en validación por época"


def test_a_verification_is_told_in_spanish(in_spanish, tmp_path):
    plan, _ = in_spanish
    run = plan.runs[0]
    found = Verification(
        *(run.name, run.epochs, run.seed, {}, "sample", SAME, None, {}, None, None, None)
    )
    with speaking("es"):
        none, _ = verification_for_reading(plan, "2026-01-02T03:04:05", [], tmp_path)
        sentence, table = verification_for_reading(plan, "2026-01-02T03:04:05", [found], tmp_path)
    assert "ninguna de las 45 ejecuciones" in none
    for text in (none, sentence, as_text(table)):
        assert english_in(text) == []
    assert isinstance(table, pd.DataFrame)
    assert table.columns[0] == "configuración"
