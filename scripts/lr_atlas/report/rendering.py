"""Texts from the templates that lie beside each other in this folder."""

import re
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd
from markupsafe import Markup, escape

from lr_atlas.report import latex_text, markdown_text
from lr_atlas.report.study_report import StudyReport

_HTML = jinja2.Environment(
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    loader=jinja2.FileSystemLoader(Path(__file__).parent),
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEXT = _HTML.overlay(autoescape=False)
# Braces are LaTeX's own.
_LATEX = _HTML.overlay(
    autoescape=False,
    variable_start_string="<<",
    variable_end_string=">>",
    block_start_string="<%",
    block_end_string="%>",
    comment_start_string="<#",
    comment_end_string="#>",
)


def html(template: str, **values: Any) -> str:
    """Return a template as HTML, in which values are text."""
    return _HTML.get_template(template).render(values)


def study_markdown(report: StudyReport) -> str:
    """Return summary.md: the question, the answer, the numbers, and their limits.

    What the analysis says is left out where its tables are empty.
    """
    text = _TEXT.get_template("summary.md.j2").render(report=report)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def study_latex(report: StudyReport) -> str:
    r"""Return summary.tex: one `table` environment, which needs \usepackage{booktabs,graphicx}."""
    return _LATEX.get_template("summary.tex.j2").render(report=report) + "\n"


def emphasis(text: str) -> Markup:
    """Return a text of Markdown's ** and ` alone as HTML, all else escaped."""
    marked = re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", str(escape(text)))
    marked = marked.replace(" %", "\N{NO-BREAK SPACE}%")
    return Markup(re.sub(r"`(.+?)`", r"<code>\1</code>", marked))


def _claims_table(claims: list[tuple[str, list[dict]]]) -> pd.DataFrame:
    rows = [claim for _, members in claims for claim in members]
    return pd.DataFrame(rows, columns=["verdict", "claim", "source", "evidence"])


_HTML.filters["emphasis"] = emphasis
_TEXT.filters = {
    **_HTML.filters,
    "heading": markdown_text.heading,
    "escaped": markdown_text.escaped,
    "paragraph": markdown_text.paragraph,
    "table": markdown_text.markdown_table,
    "claims_table": _claims_table,
}
_LATEX.filters = {**_HTML.filters, "escaped": latex_text.escaped}
