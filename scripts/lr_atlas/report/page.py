"""The page of a study as one HTML text, a pure function of the study, its tables and figures."""

import functools
import re
from collections.abc import Sequence
from pathlib import Path

import jinja2
import pandas as pd
import vl_convert
from markupsafe import Markup, escape

from lr_atlas.config.study_models import Study
from lr_atlas.report import sections
from lr_atlas.report.citation import bibtex, results_fingerprint, study_yaml
from lr_atlas.report.curve_data import curve_data, script_json
from lr_atlas.report.images import Image
from lr_atlas.report.markdown import answer_of, setting_labels
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
from lr_atlas.studies.grid import Plan
from lr_atlas.tables.missing_runs import missing_for_reading, missing_notice
from lr_atlas.tables.study_tables import StudyTables
from lr_atlas.training.configuration import complete_configuration

_FOLDER = Path(__file__).parent
#: The one of the package's libraries that its bundle really hands out; Vega comes with it.
_SNIPPET = "window.vegaEmbed = vegaEmbed;"
#: StudyTables with more rows than this open with the first of them.
MOST_ROWS = 25


def study_page(
    plan: Plan,
    study: Study,
    data: dict,
    tables: StudyTables,
    images: Sequence[Image] = (),
    verification: tuple[str, pd.DataFrame] | None = None,
    verified_at: str | None = None,
    version: str = "",
    stamp: str = "",
    chosen: Sequence[Image] = (),
) -> str:
    """The page of a study, one HTML text that needs no network and no other file.

    data: as in studies.study_definition. images: the figures. verification: as from
    verification_text.verification_for_reading, with the ISO time verified_at; None if there was
    none. version: of the project. stamp: which training code made the runs, see run_files.stamp.
    chosen: the curves of the chosen settings.
    The same arguments give the same text: there is no clock, no path and no chance in it.
    """
    labels = setting_labels(tables.runs)
    results = results_fingerprint(tables.epochs)
    threads = complete_configuration(plan.runs[0].configuration)["threads"]
    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        loader=jinja2.FileSystemLoader(_FOLDER),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["emphasis"] = emphasis
    return environment.get_template("page.html.j2").render(
        name=plan.study,
        title=study.called(plan.study),
        description=study.description.strip(),
        answer=answer_of(plan, study, tables),
        warning=missing_notice(plan, tables.missing),
        facts=study_facts(plan, study, data, tables.runs),
        images=images,
        chosen=chosen,
        curves=Markup(script_json(_curves(tables))),
        library=Markup(vega_library()),
        most_rows=MOST_ROWS,
        verified=verification[0] if verification else "",
        verification=verification[1].to_dict("split") if verification else None,
        version=version,
        stamp=stamp,
        results=results,
        digest=data["digest"] or "",
        threads=threads,
        citation=bibtex(plan.study, version, results, verified_at, study.called(plan.study)),
        yaml=study_yaml(plan.study, study, threads),
        makers=makers_for_reading(tables.runs).to_dict("split"),
        missing=missing_for_reading(tables.missing).to_dict("split"),
        ended=ended_early(tables.runs).to_dict("split"),
        **_results(study, tables, labels),
        **_reported(plan, study, tables),
    )


def best_first(tables: StudyTables) -> pd.DataFrame:
    """Return the summary with the best setting of each optimizer first, then by mean accuracy."""
    best = [name for name in tables.optimizers["best_setting"] if name]
    ranks = tables.summary["setting"].map({name: rank for rank, name in enumerate(best)})
    order = pd.DataFrame(
        {"rank": ranks.fillna(len(best)), "mean": -tables.summary["validation_accuracy_mean"]}
    )
    order = order.sort_values(["rank", "mean"], kind="stable")
    return tables.summary.loc[order.index].reset_index(drop=True)


def emphasis(text: str) -> Markup:
    """A text of Markdown's ** and ` alone as HTML, all else escaped."""
    html = re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", str(escape(text)))
    html = html.replace(" %", "\N{NO-BREAK SPACE}%")
    return Markup(re.sub(r"`(.+?)`", r"<code>\1</code>", html))


@functools.cache
def vega_library() -> str:
    """Vega as a script; vl_convert carries them, so nothing is downloaded."""
    return vl_convert.javascript_bundle(_SNIPPET).replace("</script", "<\\/script")


def _curves(tables: StudyTables) -> dict:
    best = [name for name in tables.optimizers["best_setting"] if name]
    return {**curve_data(tables.epochs, tables.runs), "best": best}


def _results(study: Study, tables: StudyTables, labels: dict[str, str]) -> dict:
    """The parts of the page that come from the analysis."""
    ranking = sections.ranking_for_reading(tables.optimizers, labels)
    return {
        "findings": sections.findings_for_reading(tables.findings),
        "claims": sections.claims_for_reading(tables.claims),
        "rounding": rounding_note(tables.runs),
        "ranking": ranking.to_dict("split"),
        "ranking_note": sections.ranking_note(tables),
        "pairs": sections.pairs_for_reading(tables.pairs, labels).to_dict("split"),
        "pairs_note": sections.pairs_note(tables),
        "summary": summary_for_reading(best_first(tables), tables.missing).to_dict("split"),
        "notes": " ".join(reading_notes(study)),
    }


def _reported(plan: Plan, study: Study, tables: StudyTables) -> dict:
    """The part of the page on reported values; empty without any."""
    reported = tables.reported
    if not len(reported) or not study.reference:
        return {"source": "", "reported": None, "reported_note": "", "not_reproduced": ""}
    return {
        "source": study.reference.source,
        "reported": reported_for_reading(reported).to_dict("split"),
        "reported_note": reported_note(reported),
        "not_reproduced": not_reproduced(
            reported, settings_not_compared(plan, study, tables.missing)
        ),
    }
