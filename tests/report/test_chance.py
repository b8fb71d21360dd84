"""Chance is the share of the most frequent class of the images that an accuracy is of."""

import dataclasses

import numpy as np
import pytest
import torch
from page_tables import analysed, made_up, made_up_study

from lr_atlas.report.answer import answer_of
from lr_atlas.report.learning_rate import learning_rate_sentences
from lr_atlas.report.main_table import main_note
from lr_atlas.report.number_text import guessing
from lr_atlas.report.pairs_text import pairs_note
from lr_atlas.report.ranking_note import ranking_note
from lr_atlas.report.summary_text import reading_notes, summary_for_reading
from lr_atlas.studies.grid import plan_study
from lr_atlas.studies.study_metric import ACCURACY
from lr_atlas.tables import evaluation
from lr_atlas.training.image_sets import ImageSet, hold_out

LABELS = np.repeat([0, 1, 2], [580, 15, 5])


def test_images_say_the_share_of_their_most_frequent_class():
    images = ImageSet(torch.zeros(600, 1), torch.from_numpy(LABELS))
    assert images.chance == 580 / 600
    _, held_out = hold_out(images, 100)
    assert held_out.chance == 0.97


def test_test_results_say_that_of_the_test_images():
    (run, *_) = plan_study("a", made_up_study(), None, 1).runs
    answer = evaluation.Answers(run, "diverged", np.nan, np.empty(0, np.uint8), np.empty(0))
    table = evaluation.test_table([answer], LABELS, True, ACCURACY)
    assert table["chance"].tolist() == [580 / 600]


@pytest.mark.parametrize(
    ("share", "text"), [(0.1, "10 %"), (0.1135, "11.35 %"), (580 / 600, "96.67 %"), (0.97, "97 %")]
)
def test_guessing_is_named_with_the_digits_that_it_has(share, text):
    assert guessing(ACCURACY, share) == text


ENDS = {"sgd-lr0.1-momentum0.9": "diverged"}


@pytest.fixture(scope="module")
def unbalanced():
    """(study, plan, StudyTables) where guessing gives 86 %, and one setting diverged."""
    study = made_up_study()
    plan, tables = made_up(study, ends=ENDS)
    return study, plan, analysed(plan, study, tables.epochs, tables.runs.assign(chance=0.86))


def test_where_nobody_knows_chance_and_margin_nothing_is_said_by_them(unbalanced):
    *_, tables = unbalanced
    assert any("a diverged run counting as 86 %" in each for each in sentences_of(tables))
    unknown = tables.optimizers.assign(chance=np.nan, plateau_margin=np.nan)
    effect, *_, plateau = sentences_of(dataclasses.replace(tables, optimizers=unknown))
    assert effect.endswith(", of the settings in which no run diverged.")
    assert plateau == "Its plateau is not known, since the study names no margin (`margin:`)."


def sentences_of(tables):
    labels = dict(zip(tables.summary["setting"], tables.summary["setting"], strict=True))
    return learning_rate_sentences(tables, labels)


def test_a_diverged_run_counts_as_that_share_in_every_table(unbalanced):
    _, _, tables = unbalanced
    runs = tables.runs
    scores = tables.summary.set_index("setting")["score"]
    (gone,) = set(runs.loc[runs["status"] == "diverged", "setting"])
    assert scores[gone] == pytest.approx(0.86)
    assert tables.optimizers["chance"].tolist() == [0.86, 0.86]
    assert tables.optimizers["best_of_1"].min() > 0.8


def test_where_runs_diverged_the_table_of_settings_has_both_means_and_says_so(unbalanced):
    study, _, tables = unbalanced
    column = "with diverged runs as guessing (%)"
    shown = summary_for_reading(tables.summary).set_index(tables.summary["setting"])
    assert shown.loc["sgd-lr0.1-momentum0.9", column] == "86.00"
    assert shown.loc["sgd-lr0.1-momentum0.9", "validation accuracy (%)"] == ""
    assert column.removesuffix(" (%)") in " ".join(reading_notes(study, tables.summary))
    _, finished = made_up(study)
    assert column not in summary_for_reading(finished.summary)
    assert "as guessing" not in " ".join(reading_notes(study, finished.summary)[:1])


def test_texts_say_that_share_and_never_a_tenth(unbalanced):
    study, plan, tables = unbalanced
    said = answer_of(plan, study, tables)
    text = " ".join([*said.sentences, *said.cautions, ranking_note(tables), pairs_note(tables)])
    printed = main_note(tables, {}, on_test=False)
    assert "counts as guessing, 86 %," in text
    assert "10 %" not in text
    assert "guessing (86 %)" in printed


def test_a_study_that_learned_nothing_says_what_guessing_gives():
    study = made_up_study()
    settings = plan_study("a", study, None, 1).settings
    plan, tables = made_up(study, ends=dict.fromkeys(settings, "collapsed"))
    tables = analysed(plan, study, tables.epochs, tables.runs.assign(chance=0.97))
    assert answer_of(plan, study, tables).headline.endswith("where guessing gives 97 %).")
    # Read from a file, texts and numbers are the same.
    again = dataclasses.replace(tables, optimizers=tables.optimizers.astype({"chance": float}))
    assert answer_of(plan, study, again).headline.endswith("where guessing gives 97 %).")
