"""Write the page of one study for the report: its tables as readable HTML, self-contained.

It also says what made the runs, which are missing after a failure and, from the certificate of
`make verify`, which were recomputed.
"""

import argparse
import json
from pathlib import Path

import pandas as pd

from lr_atlas.atomic import open_atomically
from lr_atlas.certificate import read_certificate
from lr_atlas.entry_point import run_job
from lr_atlas.missing_runs import read_missing
from lr_atlas.studies import study_from_definition
from lr_atlas.study_text import Tables, study_page
from lr_atlas.verification_text import verification_for_reading


def main(
    study: str,
    tables_directory: Path,
    runs_directory: Path,
    missing: Path | None,
    verification: Path | None,
    output: Path,
) -> None:
    """Write `output` from the tables that were collected for the study (definition as JSON).

    missing: a file that names the runs that the tables lack, see missing_runs; None if none.
    """
    definition = json.loads(study)
    study_model, plan = study_from_definition(definition)
    runs = pd.read_parquet(tables_directory / "runs.parquet")
    summary = pd.read_csv(
        tables_directory / "summary.csv", dtype={"best_validation_epoch": "Int64"}
    )
    reported = pd.read_csv(tables_directory / "reported.csv")
    tables = Tables(summary, runs, reported, read_missing(missing, plan))
    verified = None
    if verification:
        verified = verification_for_reading(plan, *read_certificate(verification), runs_directory)
    page = study_page(plan, study_model, definition["data"], tables, verified)
    with open_atomically(output) as file:
        file.write(page.encode("utf-8"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--study", required=True, help="the study's definition as JSON")
    parser.add_argument(
        "--tables-directory", type=Path, required=True, help="where the study's tables lie"
    )
    parser.add_argument("--runs-directory", type=Path, required=True, help="folder of all runs")
    parser.add_argument(
        "--missing", type=Path, nargs="?", help="a file that names the runs that the tables lack"
    )
    parser.add_argument(
        "--verification", type=Path, nargs="?", help="certificate of `make verify`, if there is one"
    )
    parser.add_argument("--output", type=Path, required=True, help="the HTML file to write")
    run_job(main, parser)
