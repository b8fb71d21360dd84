"""Texts tell of test results over seeds and images, and of the scatter of each source."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from page_tables import made_up, made_up_study, page_from

from lr_atlas.report.answer import answer_of
from lr_atlas.report.scatter_text import variance_for_reading, variance_sentence
from lr_atlas.report.study_report import study_report
from lr_atlas.report.summary import study_latex, study_markdown
from lr_atlas.tables.study_tables import COLUMNS

STUDY = made_up_study()
FRESH = {"sgd": [0.8911, 0.8913, 0.8909], "adam": [0.8851, 0.8849, 0.8852]}
DATA = {"digest": None, "training_images": 60000, "test_images": 10000}
DATA["form"] = {"shape": [28, 28], "outputs": 10, "task": "classification"}


@pytest.fixture(scope="module")
def decided():
    """The plan and the tables of a study in which SGD is better than Adam on fresh seeds."""
    return made_up(STUDY, fresh=FRESH)


def with_images(tables, low):
    """Return the tables with results over images, in which the lead is `low` at least."""
    first, second = tables.optimizers["best_setting"]
    shared = {"runs": "fresh seeds", "n": 3, "n_most": 3, "images": 10_000, "refused": ""}
    halves = {"over_seeds": 0.0012, "over_images": 0.006, "over_both": 0.0061}
    rows = [
        {"first": first, "second": "", "value": 0.8911, "low": 0.885, "high": 0.8972},
        {"first": first, "second": second, "value": 0.006, "low": low, "high": 0.012 - low},
    ]
    columns = list(COLUMNS["seeds_and_images"])
    found = pd.DataFrame([row | shared | halves for row in rows], columns=columns)
    return replace(tables, seeds_and_images=found)


def said(decided, low):
    plan, tables = decided
    sentences = answer_of(plan, STUDY, with_images(tables, low)).sentences
    return " ".join(sentences)


def test_the_answer_says_how_sure_its_test_result_is_over_images(decided):
    assert (
        "The 10,000 test images are a sample too: that test result is known to ±0.60 points over "
        "the images, to ±0.12 over the seeds, to ±0.61 over both."
    ) in said(decided, 0.001)


def test_a_lead_that_other_images_may_undo_is_not_shown(decided):
    lead = "the lead over Adam with learning rate 0.001"
    assert f"{lead} (+0.10 to +1.10) holds." in said(decided, 0.001)
    assert f"{lead} (\N{MINUS SIGN}0.10 to +1.30) is **not shown**." in said(decided, -0.001)
    plan, tables = decided
    assert "are a sample too" not in " ".join(answer_of(plan, STUDY, tables).sentences)


def with_sources(tables):
    first = tables.optimizers["best_setting"].iloc[0]
    rows = [
        ("all", 0.002, np.nan, ""),
        ("initialisation", 0.001, 0.25, ""),
        ("order", np.nan, np.nan, "1 of its runs diverged"),
    ]
    table = pd.DataFrame(
        [
            {"optimizer": "sgd", "setting": first, "source": source, "n": 8}
            | {"std": std, "std_low": std / 2, "std_high": 2 * std, "share": share}
            | {"share_low": share / 5, "share_high": 3 * share, "refused": refused}
            for source, std, share, refused in rows
        ]
    )
    return replace(tables, variance=table)


def test_each_source_has_its_scatter_and_its_share_or_the_reason_why_not(decided):
    tables = with_sources(decided[1])
    table = variance_for_reading(tables)
    assert table.iloc[:, 1:].to_numpy().tolist() == [
        ["all together", "8", "0.20 (0.10 to 0.40)", ""],
        ["initial weights", "8", "0.10 (0.05 to 0.20)", "25 % (5 to 75)"],
        ["order of batches", "8", "1 of its runs diverged", ""],
    ]
    sentence = variance_sentence(tables)
    assert sentence.startswith("The test result of SGD scatters by 0.20 points over 8 seeds")
    assert sentence.endswith("varied alone: initial weights 25 % (5 to 75).")


def test_page_and_summaries_have_a_section_only_where_there_is_something_to_say(decided):
    plan, tables = decided
    shown = with_sources(with_images(tables, 0.001))
    report = study_report(plan, STUDY, DATA, shown)
    assert "## Scatter of test results" in study_markdown(report)
    assert "scatter by source of chance" in study_latex(report)
    page = page_from(plan, STUDY, shown)
    assert 'id="table-images"' in page
    assert 'id="table-variance"' in page
    without = study_report(plan, STUDY, DATA, tables)
    assert "## Scatter of test results" not in study_markdown(without)
    assert 'id="scatter"' not in page_from(plan, STUDY, tables)
