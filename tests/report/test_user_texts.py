"""Texts of users stand in summary.md as they were written; nothing in them is markup."""

import re

import pandas as pd
import pytest
from markdown_it import MarkdownIt
from page_tables import DATA, made_up, made_up_study

from lr_atlas.report.latex_text import escaped as latex_escaped
from lr_atlas.report.markdown_text import markdown_table, paragraph
from lr_atlas.report.study_report import study_report
from lr_atlas.report.summary import study_markdown

MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
TEXTS = (
    *("<script>alert(1)</script>", "**bold** _it_ `code` ~~gone~~", "[a](http://b.c) ![x](y)"),
    *("a | b", "# heading", "- list", "1. list", "2) list", "> quoted", "= x", "---", "+ x"),
    *("&amp; &lt;", r"back\slash \* end\\", "a_b learning_rate __init__", "$x$ <!-- -->", "| a |"),
)


def shown(html):
    """The text that a reader sees of HTML without elements."""
    text = re.sub(r"</?p>", "", html).strip()
    assert "<" not in text, html
    for entity, character in (("lt", "<"), ("gt", ">"), ("quot", '"'), ("amp", "&")):
        text = text.replace(f"&{entity};", character)
    return text


@pytest.mark.parametrize("text", TEXTS)
def test_a_paragraph_shows_what_was_written(text):
    assert shown(MARKDOWN.render(paragraph(text))) == text


def test_lines_of_a_text_become_one_paragraph():
    assert paragraph("one\n\n# two\n- three") == r"one # two - three"


@pytest.mark.parametrize("text", [*TEXTS, "two\nlines", "a\r\n| b"])
def test_a_cell_shows_what_was_written_and_stays_one(text):
    table = markdown_table(pd.DataFrame({"claim": [text, "next"], "source": ["s", "t"]}))
    html = MARKDOWN.render(table)
    cells = re.findall(r"<td[^>]*>(.*?)</td>", html, re.DOTALL)
    assert [shown(cell) for cell in cells] == [" ".join(text.split()), "s", "next", "t"]


def test_descriptions_and_sources_are_no_markup_in_the_summary_of_a_study():
    study = made_up_study(
        description="<b>Is</b> it | so?",
        reference={
            "source": "<i>me</i>",
            "values": [
                {"where": {"optimizer": "adam", "lr": 0.001}, "train_loss": 1, "from": "a | <u>b"}
            ],
        },
    )
    plan, tables = made_up(study)
    html = MARKDOWN.render(study_markdown(study_report(plan, study, DATA, tables)))
    assert not re.search(r"<(b|i|u)>", html)
    assert "&lt;b&gt;Is&lt;/b&gt; it | so?" in html
    assert "a | &lt;u&gt;b</td>" in html


@pytest.mark.parametrize("character", "&%$#_{}\\~^<>|")
def test_no_special_character_of_latex_is_left_alone(character):
    assert latex_escaped(f"a{character}b") not in (f"a{character}b", "ab")
    assert latex_escaped("two\n\nlines") == "two lines"
