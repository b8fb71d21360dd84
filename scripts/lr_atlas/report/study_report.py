"""Build the report of a study from its tables; the templates beside this file render it."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from lr_atlas.config.study_models import Study
from lr_atlas.report import sections
from lr_atlas.report.answer import Answer, answer_of, setting_labels
from lr_atlas.report.citation import results_fingerprint, study_yaml
from lr_atlas.report.claims_text import claims_for_reading, claims_note
from lr_atlas.report.finder_text import finder_for_reading, finder_note, finder_sentence
from lr_atlas.report.looks_text import looks_for_file
from lr_atlas.report.main_table import main_note, main_table
from lr_atlas.report.pairs_text import pairs_for_reading, pairs_note
from lr_atlas.report.ranking_note import ranking_note
from lr_atlas.report.ranking_table import ranking_for_reading
from lr_atlas.report.reported_text import (
    not_reproduced,
    reported_for_reading,
    reported_note,
    settings_not_compared,
)
from lr_atlas.report.run_data import runs_for_reading, runs_note
from lr_atlas.report.run_lists import ended_early, missing_for_reading
from lr_atlas.report.scatter_text import (
    images_for_reading,
    images_note,
    variance_for_reading,
    variance_note,
    variance_sentence,
)
from lr_atlas.report.sensitivity_text import (
    sensitivity_for_reading,
    sensitivity_note,
    sensitivity_sentence,
)
from lr_atlas.report.study_facts import study_facts
from lr_atlas.report.summary_text import reading_notes, summary_for_reading
from lr_atlas.runs.missing_runs import finished_count, log_of, missing_notice
from lr_atlas.runs.provenance import makers_for_reading, rounding_note
from lr_atlas.studies.grid import Plan, Run
from lr_atlas.studies.study_metric import ACCURACY, StudyMetric
from lr_atlas.tables.study_tables import StudyTables
from lr_atlas.training.configuration import DEFAULTS, complete_configuration
from lr_atlas.training.steps.precisions import precision_of


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
        name: The name in the configuration.
        title: The title for people.
        question: The study's description.
        answer: The verdict, its sentences and cautions.
        runs: The number of runs that there are: "57 of 60 runs".
        missing: The runs that its tables lack.
        warning: On these, in a few sentences; may be empty.
        facts: Sentences that a reader must know before the numbers.
        findings: Dicts with severity, title, evidence and fix.
        claims: (verdict, dicts of claims) for each verdict that there is.
        claims_said: How many may be confirmed by chance, and how many hold together.
        rounding: On which library the verdicts hold for; may be empty.
        optimizers: The ranking.
        main: The ranking as a paper prints it.
        seeds_and_images: How sure test results are, over seeds and over images.
        variance: How much each source of chance scatters them; empty without.
        variance_said: The same in a sentence.
        sensitivity: How much the learning rate of each optimizer matters, as one number.
        sensitivity_said: The same in a sentence.
        finder: What range tests suggest, against what was measured; empty without.
        finder_said: The same in a sentence.
        settings: A row per setting, in the order of the grid.
        best_first: Its rows, with the best of each optimizer first, then by the mean.
        pairs: The compared pairs of settings.
        source: Who reported values; empty without any.
        reported: These, against the measured ones.
        not_reproduced: Sentences on reported values that the runs do not reproduce.
        all_runs: A row per run, the best first.
        ended_early: The runs that diverged or collapsed.
        missing_runs: The missing ones, with their logs.
        makers: The software and machines that made the runs.
        best: The chosen setting of each optimizer, the best first, with what each is called.
        results: The fingerprint of all that was measured.
        digest: The digest of images of the user's own, or of a program's inputs; else empty.
        threads: The number of threads of each run; 0 where none was trained here.
        yaml: A configuration that asks for the same runs.
        metric: The metric of the study.
        looks: How often its runs, its fresh seeds and its test images were looked at.
        matters: The smallest difference of it that does; None where the study says none.
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
    claims_said: str
    rounding: str
    optimizers: Table
    main: Table
    seeds_and_images: Table
    variance: Table
    variance_said: str
    sensitivity: Table
    sensitivity_said: str
    finder: Table
    finder_said: str
    settings: Table
    best_first: Sequence[int]
    pairs: Table
    source: str
    reported: Table
    not_reproduced: str
    all_runs: Table
    ended_early: Table
    missing_runs: Table
    makers: Table
    best: dict[str, str]
    results: str
    digest: str
    threads: int
    yaml: str
    metric: StudyMetric
    looks: dict[str, int]
    matters: float | None


def study_report(plan: Plan, study: Study, data: dict, tables: StudyTables) -> StudyReport:
    """Return the report of a study, a pure function of its tables.

    data: as in studies.study_definition. Tables of the analysis may be empty.
    """
    labels = setting_labels(tables.runs)
    reference = study.reference if len(tables.reported) else None
    configuration = next((complete_configuration(run.configuration) for run in plan.trained), {})
    threads, precision = configuration.get("threads", 0), precision_of(configuration)
    return StudyReport(
        name=plan.study,
        title=study.called(plan.study),
        question=study.description.strip(),
        answer=answer_of(plan, study, tables),
        runs=finished_count(plan, tables.missing),
        missing=tables.missing,
        warning=missing_notice(plan, tables.missing),
        facts=study_facts(plan, study, data, tables.runs),
        metric=tables.metric,
        matters=study.matters,
        findings=sections.findings_for_reading(tables.findings),
        claims=claims_for_reading(tables.claims),
        claims_said=claims_note(tables.claims),
        rounding=rounding_note(tables.runs),
        optimizers=Table(
            ranking_for_reading(tables.optimizers, labels, tables.metric),
            ranking_note(tables),
        ),
        main=Table(
            main_table(tables, labels),
            main_note(tables, labels, study.validation == "test"),
        ),
        seeds_and_images=Table(images_for_reading(tables, labels), images_note(tables)),
        variance=Table(variance_for_reading(tables), variance_note(tables)),
        variance_said=variance_sentence(tables),
        sensitivity=Table(sensitivity_for_reading(tables), sensitivity_note(tables)),
        sensitivity_said=sensitivity_sentence(tables),
        finder=Table(finder_for_reading(tables), finder_note(tables)),
        finder_said=finder_sentence(tables),
        settings=Table(
            summary_for_reading(tables.summary, tables.missing, tables.metric),
            " ".join(reading_notes(study, tables.summary, tables.metric)),
        ),
        best_first=best_first(tables),
        pairs=Table(
            pairs_for_reading(tables.pairs, labels, tables.metric),
            pairs_note(tables),
        ),
        source=reference.source if reference else "",
        reported=Table(
            reported_for_reading(tables.reported, tables.metric),
            reported_note(tables.reported, tables.metric),
        )
        if reference
        else Table(pd.DataFrame()),
        not_reproduced=not_reproduced(
            tables.reported, tables.metric, settings_not_compared(plan, study, tables.missing)
        )
        if reference
        else "",
        all_runs=Table(
            runs_for_reading(tables.runs, tables.metric), runs_note(tables.runs, tables.metric)
        ),
        ended_early=Table(ended_early(tables.runs)),
        missing_runs=Table(missing_for_reading(tables.missing)),
        makers=Table(makers_for_reading(tables.runs) if plan.trained else pd.DataFrame()),
        best={name: labels[name] for name in tables.optimizers["best_setting"] if name},
        results=results_fingerprint(tables.epochs, tables.metric.columns),
        digest=data["digest"] or "",
        threads=threads,
        yaml=study_yaml(plan.study, study, threads or DEFAULTS["threads"], precision),
        looks=looks_for_file(tables),
    )


def answer_for_file(report: StudyReport) -> dict:
    """Return the answer as plain values: what `summary.md` says first, and which runs are missing.

    The keys are study, title, description, headline, sentences, cautions, runs ("57 of 60 runs")
    looks (how often runs, fresh seeds and test images were looked at) and missing, a list of
    {setting, seed, log}; metric, what it is called, where it is another than accuracy; and matters,
    the smallest difference that does, where the study says one.
    """
    said = report.answer
    of_metric = {} if report.metric.title == ACCURACY.title else {"metric": report.metric.title}
    return {
        "study": report.name,
        "title": report.title,
        "description": report.question,
        "headline": said.headline,
        "sentences": list(said.sentences),
        "cautions": list(said.cautions),
        "runs": report.runs,
        "looks": report.looks,
        "missing": [
            {"setting": run.setting, "seed": run.seed, "log": log_of(run)} for run in report.missing
        ],
        **of_metric,
        **({} if report.matters is None else {"matters": report.matters}),
    }


def best_first(tables: StudyTables) -> list[int]:
    """Return the rows of the summary: the best of each optimizer first, then by the mean."""
    best = {name: rank for rank, name in enumerate(filter(None, tables.optimizers["best_setting"]))}
    summary = tables.summary.reset_index(drop=True)
    means = tables.metric.sign * summary[f"{tables.metric.validation}_mean"]
    ranks = summary["setting"].map(best).fillna(len(best))
    order = pd.DataFrame({"rank": ranks, "mean": -means})
    return order.sort_values(["rank", "mean"], kind="stable").index.tolist()
