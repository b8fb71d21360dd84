"""Build the report of a study from its tables; the templates beside this file render it."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from lr_atlas.config.study_models import Study
from lr_atlas.report import sections
from lr_atlas.report.answer import Answer, answer_of, setting_labels
from lr_atlas.report.citation import results_fingerprint, study_yaml
from lr_atlas.report.main_table import main_note, main_table
from lr_atlas.report.study_text import (
    ended_early,
    not_reproduced,
    reading_notes,
    reported_for_reading,
    reported_note,
    settings_not_compared,
    study_facts,
    summary_for_reading,
)
from lr_atlas.runs.provenance import makers_for_reading, rounding_note
from lr_atlas.studies.grid import Plan, Run
from lr_atlas.tables.missing_runs import finished_count, missing_for_reading, missing_notice
from lr_atlas.tables.study_tables import StudyTables
from lr_atlas.training.configuration import complete_configuration


@dataclass(frozen=True)
class Table:
    """A table of texts, and how it was made."""

    rows: pd.DataFrame
    note: str = ""


@dataclass(frozen=True)
class StudyReport:
    """Hold every text and table of a study's report.

    Texts carry ** and ` as Markdown has them; what a user wrote is as it was written.

    Attributes:
        name: As the configuration calls it.
        title: As people call it.
        question: The study's description.
        answer: The verdict, its sentences and cautions.
        runs: How many of them there are: "57 of 60 runs".
        missing: The runs that its tables lack.
        warning: On these, in a few sentences; may be empty.
        facts: What a reader must know before the numbers, in sentences.
        findings: Dicts with severity, title, evidence and fix.
        claims: (verdict, dicts of claims) for each verdict that there is.
        rounding: On which library the verdicts hold for; may be empty.
        optimizers: The ranking.
        main: The ranking as a paper prints it.
        settings: A row per setting, in the order of the grid.
        best_first: Its rows, with the best of each optimizer first, then by mean accuracy.
        pairs: The compared pairs of settings.
        source: Who reported values; empty without any.
        reported: These, against the measured ones.
        not_reproduced: Those that the runs do not reproduce, in sentences.
        ended_early: The runs that diverged or collapsed.
        missing_runs: The missing ones, with their logs.
        makers: What made the runs.
        best: The chosen setting of each optimizer, the best first, with what each is called.
        results: The fingerprint of all that was measured.
        digest: Of images of the user's own, else empty.
        threads: Of each run.
        yaml: A configuration that asks for the same runs.
    """

    name: str
    title: str
    question: str
    answer: Answer
    runs: str
    missing: Sequence[Run]
    warning: str
    facts: Sequence[str]
    findings: Sequence[dict[str, str]]
    claims: Sequence[tuple[str, list[dict[str, str]]]]
    rounding: str
    optimizers: Table
    main: Table
    settings: Table
    best_first: Sequence[int]
    pairs: Table
    source: str
    reported: Table
    not_reproduced: str
    ended_early: Table
    missing_runs: Table
    makers: Table
    best: dict[str, str]
    results: str
    digest: str
    threads: int
    yaml: str


def study_report(plan: Plan, study: Study, data: dict, tables: StudyTables) -> StudyReport:
    """Return the report of a study, a pure function of its tables.

    data: as in studies.study_definition. Tables of the analysis may be empty.
    """
    labels = setting_labels(tables.runs)
    reference = study.reference if len(tables.reported) else None
    threads = complete_configuration(plan.runs[0].configuration)["threads"]
    return StudyReport(
        name=plan.study,
        title=study.called(plan.study),
        question=study.description.strip(),
        answer=answer_of(plan, study, tables),
        runs=finished_count(plan, tables.missing),
        missing=tables.missing,
        warning=missing_notice(plan, tables.missing),
        facts=study_facts(plan, study, data, tables.runs),
        findings=sections.findings_for_reading(tables.findings),
        claims=sections.claims_for_reading(tables.claims),
        rounding=rounding_note(tables.runs),
        optimizers=Table(
            sections.ranking_for_reading(tables.optimizers, labels), sections.ranking_note(tables)
        ),
        main=Table(
            main_table(tables.summary, tables.optimizers, labels),
            main_note(tables.summary, tables.optimizers, study.validation == "test"),
        ),
        settings=Table(
            summary_for_reading(tables.summary, tables.missing), " ".join(reading_notes(study))
        ),
        best_first=best_first(tables),
        pairs=Table(sections.pairs_for_reading(tables.pairs, labels), sections.pairs_note(tables)),
        source=reference.source if reference else "",
        reported=Table(reported_for_reading(tables.reported), reported_note(tables.reported))
        if reference
        else Table(pd.DataFrame()),
        not_reproduced=not_reproduced(
            tables.reported, settings_not_compared(plan, study, tables.missing)
        )
        if reference
        else "",
        ended_early=Table(ended_early(tables.runs)),
        missing_runs=Table(missing_for_reading(tables.missing)),
        makers=Table(makers_for_reading(tables.runs)),
        best={name: labels[name] for name in tables.optimizers["best_setting"] if name},
        results=results_fingerprint(tables.epochs),
        digest=data["digest"] or "",
        threads=threads,
        yaml=study_yaml(plan.study, study, threads),
    )


def best_first(tables: StudyTables) -> list[int]:
    """Return the rows of the summary: the best of each optimizer first, then by mean accuracy."""
    best = {name: rank for rank, name in enumerate(filter(None, tables.optimizers["best_setting"]))}
    summary = tables.summary.reset_index(drop=True)
    ranks = summary["setting"].map(best).fillna(len(best))
    order = pd.DataFrame({"rank": ranks, "mean": -summary["validation_accuracy_mean"]})
    return order.sort_values(["rank", "mean"], kind="stable").index.tolist()
