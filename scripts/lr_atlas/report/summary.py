"""The report of a study as Markdown and as LaTeX."""

import re

import pandas as pd

from lr_atlas.report import latex_text, markdown_text
from lr_atlas.report.study_report import StudyReport
from lr_atlas.report.templates import ENVIRONMENT


def study_markdown(report: StudyReport) -> str:
    """Return summary.md: the question, the answer, the numbers, and their limits.

    What the analysis says is left out where its tables are empty.
    """
    text = _MARKDOWN.get_template("summary.md.j2").render(report=report)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def study_latex(report: StudyReport) -> str:
    r"""Return summary.tex: `table` environments, which need \usepackage{booktabs,graphicx}."""
    return _LATEX.get_template("summary.tex.j2").render(report=report).strip() + "\n"


def _claims_table(claims: list[tuple[str, list[dict]]]) -> pd.DataFrame:
    rows = [claim for _, members in claims for claim in members]
    columns = ["verdict", "together", "claim", "source", "evidence"]
    return pd.DataFrame(rows, columns=columns).rename(columns={"together": "all together"})


_MARKDOWN = ENVIRONMENT.overlay(autoescape=False)
_MARKDOWN.filters = {
    **ENVIRONMENT.filters,
    "heading": markdown_text.heading,
    "escaped": markdown_text.escaped,
    "paragraph": markdown_text.paragraph,
    "table": markdown_text.markdown_table,
    "claims_table": _claims_table,
}
# Braces are LaTeX's own.
_LATEX = ENVIRONMENT.overlay(
    autoescape=False,
    variable_start_string="<<",
    variable_end_string=">>",
    block_start_string="<%",
    block_end_string="%>",
    comment_start_string="<#",
    comment_end_string="#>",
)
_LATEX.filters = {**ENVIRONMENT.filters, "escaped": latex_text.escaped}
