"""The answer of a study, its findings and its claims, as paragraphs of Markdown."""

import pandas as pd

from lr_atlas.config.study_models import Study
from lr_atlas.figures.settings import describe_settings
from lr_atlas.report.answer import Answer, answer
from lr_atlas.report.markdown_text import markdown_table
from lr_atlas.report.sections import (
    claims_for_reading,
    findings_for_reading,
    ranking_for_reading,
    ranking_note,
)
from lr_atlas.runs.provenance import rounding_note
from lr_atlas.studies.grid import Plan
from lr_atlas.tables.study_tables import StudyTables


def answer_of(plan: Plan, study: Study, tables: StudyTables) -> Answer:
    """The answer of a study from its tables, with settings called as in the figures."""
    labels = setting_labels(tables.runs)
    return answer(tables, labels, len(plan.runs), study.validation == "test", study.confirm)


def setting_labels(runs: pd.DataFrame) -> dict[str, str]:
    """What each setting in the runs table is called, by its name, as in the figures."""
    described = describe_settings(runs)
    return dict(zip(described["setting"], described["label"], strict=True))


def analysis_markdown(plan: Plan, study: Study, tables: StudyTables) -> list[str]:
    """The answer, the ranking, the findings and the claims; nothing without an analysis."""
    if tables.optimizers.empty:
        return []
    said = answer_of(plan, study, tables)
    parts = ["## Answer", f"**{said.headline}**", " ".join(said.sentences), *said.cautions]
    ranking = ranking_for_reading(tables.optimizers, setting_labels(tables.runs))
    parts += ["## Optimizers", markdown_table(ranking)]
    parts.append(ranking_note(tables))
    findings = findings_for_reading(tables.findings)
    if findings:
        lines = [f"- {each['title']}: {each['evidence']} {each['fix']}" for each in findings]
        parts += ["## Findings", "\n".join(lines)]
    if len(tables.claims):
        parts += ["## Claims", claims_markdown(tables.claims), rounding_note(tables.runs)]
    return [*parts, "## Settings"]


def claims_markdown(claims: pd.DataFrame) -> str:
    """The table of claims as Markdown: verdict, claim, source, evidence."""
    columns = ["verdict", "claim", "source", "evidence"]
    rows = [claim for _, members in claims_for_reading(claims) for claim in members]
    return markdown_table(pd.DataFrame(rows)[columns])
