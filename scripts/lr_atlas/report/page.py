"""The page of a study as one HTML text, a pure function of its report, curves and figures."""

import functools
from collections.abc import Sequence

import pandas as pd
import vl_convert
from markupsafe import Markup

from lr_atlas.locale.speech import say
from lr_atlas.report.citation import bibtex
from lr_atlas.report.curve_data import script_json
from lr_atlas.report.images import Image, packed
from lr_atlas.report.study_report import StudyReport
from lr_atlas.report.templates import html

#: The one of the package's libraries that its bundle really hands out; Vega comes with it.
_SNIPPET = "window.vegaEmbed = vegaEmbed;"
#: Tables with more rows than this open with the first of them.
MOST_ROWS = 25
#: More findings than this are folded up, the least severe ones, which stand last.
MOST_FINDINGS = 4


def study_page(
    report: StudyReport,
    curves: dict,
    runs: dict | None = None,
    *,
    images: Sequence[Image] = (),
    chosen: Sequence[Image] = (),
    verification: tuple[str, pd.DataFrame] | None = None,
    verified_at: str | None = None,
    version: str = "",
    stamp: str = "",
) -> str:
    """Return the page of a study, one HTML text that needs no network and no other file.

    curves, runs: as from curve_data.curve_data and run_data.run_data. images: the figures.
    chosen: the curves of the chosen settings. verification: as from
    verification_text.verification_for_reading, with the ISO time verified_at; None if there was
    none. version: of the project. stamp: which training code made the runs, see run_files.stamp.
    The same arguments give the same text: there is no clock, no path and no chance in it.
    """
    return html(
        "page.html.j2",
        report=report,
        settings=report.settings.rows.iloc[report.best_first],
        images=images,
        chosen=chosen,
        measures=curves["measures"],
        unit=curves["unit"],
        curves=Markup(script_json({**curves, "best": list(report.best)})),
        runs=report.all_runs,
        run_data=Markup(script_json(runs)) if runs else "",
        library=Markup(packed(vega_library())),
        most_rows=MOST_ROWS,
        most_findings=MOST_FINDINGS,
        verified=verification[0] if verification else "",
        verification=verification[1] if verification else pd.DataFrame(),
        version=version,
        stamp=stamp,
        repeated=_repeated(report, version),
        citation=bibtex(report.name, version, report.results, verified_at, report.title),
    )


def _repeated(report: StudyReport, version: str) -> str:
    """Return the sentence on what the configuration on the page asks for."""
    asks = f"LR Atlas {version}".rstrip()
    if not report.digest:
        return say(
            "With this as `config.yaml`, {program} asks for the same runs, and trains none that is "
            "there:",
            program=asks,
        )
    if report.metric.of_program:
        return say(
            "With this as `config.yaml`, {program} asks for the same runs (given the inputs of "
            "digest `{digest}`, beside it), and trains none that is there:",
            program=asks,
            digest=report.digest[:12],
        )
    return say(
        "With this as `config.yaml`, {program} asks for the same runs (given the images of digest "
        "`{digest}`, in a folder named under `datasets:`), and trains none that is there:",
        program=asks,
        digest=report.digest[:12],
    )


@functools.cache
def vega_library() -> str:
    """Return Vega as a script; vl_convert carries it, so nothing is downloaded."""
    return vl_convert.javascript_bundle(_SNIPPET).replace("</script", "<\\/script")
