"""Write the page of one study: its answer, tables, figures and curves in one self-contained file.

It also says what made the runs, which are missing after a failure and, from the certificate of
`make verify`, which were recomputed.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from lr_atlas.common.atomic import open_atomically
from lr_atlas.common.entry_point import run_job
from lr_atlas.report.curve_data import curve_data
from lr_atlas.report.images import read_curves, read_images
from lr_atlas.report.page import study_page
from lr_atlas.report.run_data import run_data
from lr_atlas.report.study_report import study_report
from lr_atlas.runs.elsewhere_option import add_elsewhere_option
from lr_atlas.runs.missing_runs import read_missing
from lr_atlas.studies.given_metric import study_metric
from lr_atlas.studies.study_definition import in_its_language, study_from_definition
from lr_atlas.tables.at_steps import at_steps, is_by_steps
from lr_atlas.tables.study_tables import ANSWERS, REPORT, read_tables
from lr_atlas.tools.verify.certificate import read_certificate
from lr_atlas.tools.verify.verification_text import verification_for_reading


@in_its_language
def main(
    *,
    study: str,
    elsewhere: Path | None = None,
    tables_directory: Path,
    figures: Sequence[Path],
    curves: Path | None,
    runs_directory: Path,
    missing: Path | None,
    verification: Path | None,
    version: str,
    stamp: str,
    output: Path,
) -> None:
    """Write `output` from the tables and figures of the study (definition as JSON).

    figures: SVG files. curves: a folder with those of single settings. missing: a file that names
    the runs that the tables lack, see missing_runs; None if none. version: of the project. stamp:
    which training code made the runs.
    """
    definition = json.loads(study)
    study_model, plan = study_from_definition(definition, elsewhere)
    metric = study_metric(study_model, definition["data"])
    tables = read_tables(tables_directory, REPORT, ANSWERS, read_missing(missing, plan), metric)
    verified, verified_at = None, None
    if verification and plan.asked:
        verified_at, verifications = read_certificate(verification)
        verified = verification_for_reading(plan, verified_at, verifications, runs_directory)
    report = study_report(plan, study_model, definition["data"], tables)
    drawn, unit = at_steps(tables), "step" if is_by_steps(tables.epochs) else "epoch"
    page = study_page(
        report,
        curve_data(drawn.epochs, drawn.runs, metric, unit=unit),
        run_data(tables.runs, metric),
        images=read_images(figures, metric, unit),
        chosen=read_curves(curves, report.best) if curves else (),
        verification=verified,
        verified_at=verified_at,
        version=version,
        stamp=stamp,
    )
    with open_atomically(output) as file:
        file.write(page.encode("utf-8"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--study", required=True, help="the study's definition as JSON")
    add_elsewhere_option(parser)
    parser.add_argument(
        "--tables-directory", type=Path, required=True, help="where the study's tables lie"
    )
    parser.add_argument(
        "--figures", type=Path, nargs="*", default=[], help="the study's figures, as SVG files"
    )
    parser.add_argument(
        "--curves", type=Path, help="folder of the figures of single settings, as SVG files"
    )
    parser.add_argument("--runs-directory", type=Path, required=True, help="folder of all runs")
    parser.add_argument(
        "--missing", type=Path, nargs="?", help="a file that names the runs that the tables lack"
    )
    parser.add_argument(
        "--verification", type=Path, nargs="?", help="certificate of `make verify`, if there is one"
    )
    parser.add_argument("--version", default="", help="the version of the project")
    parser.add_argument("--stamp", default="", help="which training code made the runs")
    parser.add_argument("--output", type=Path, required=True, help="the HTML file to write")
    run_job(main, parser)
