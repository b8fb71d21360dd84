"""Collect the runs of one study into its tables: epochs, runs, summary and reported values.

Reads exactly the runs that the study's definition asks for. A run that is missing, or whose files
do not agree, is an error that names it. After a failure the workflow names runs that are to be left
out; what is written for reading says so.
"""

import argparse
import json
import logging
from pathlib import Path

import pandas as pd

from lr_atlas.analysis.summary import summarise
from lr_atlas.atomic import open_atomically
from lr_atlas.collect import collect_study
from lr_atlas.entry_point import run_job
from lr_atlas.missing_runs import finished_count, read_missing, without
from lr_atlas.studies import study_from_definition
from lr_atlas.study_text import Tables, study_markdown
from lr_atlas.summary import compare_with_reference

LOGGER = logging.getLogger(__name__)


def main(study: str, runs_directory: Path, missing: Path | None, output_directory: Path) -> None:
    """Write the tables of the study (definition as JSON) to `output_directory`.

    missing: a file that names runs to leave out, see missing_runs; None to take all.
    """
    definition = json.loads(study)
    study_model, plan = study_from_definition(definition)
    left_out = read_missing(missing, plan)
    epochs, runs = collect_study(without(plan, left_out), runs_directory)
    summary = summarise(epochs, runs)
    reported = compare_with_reference(summary, plan, study_model.reference)
    tables = Tables(summary, runs, reported, left_out)
    output_directory.mkdir(parents=True, exist_ok=True)
    for name, table in [("epochs", epochs), ("runs", runs)]:
        write_csv(output_directory / f"{name}.csv", table)
        with open_atomically(output_directory / f"{name}.parquet") as file:
            table.to_parquet(file, index=False)
    write_csv(output_directory / "summary.csv", summary)
    write_csv(output_directory / "reported.csv", reported)
    with open_atomically(output_directory / "summary.md") as file:
        text = study_markdown(plan, study_model, definition["data"], tables)
        file.write(text.encode("utf-8"))
    LOGGER.info(
        "%s: %d settings, %s, %d rows",
        *(plan.study, len(summary), finished_count(plan, left_out), len(epochs)),
    )


def write_csv(path: Path, table: pd.DataFrame) -> None:
    """A table as CSV, ten significant digits."""
    with open_atomically(path) as file:
        table.to_csv(file, mode="wb", encoding="utf-8", index=False, float_format="%.10g")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--study", required=True, help="the study's definition as JSON")
    parser.add_argument("--runs-directory", type=Path, required=True, help="folder of all runs")
    parser.add_argument(
        "--missing",
        type=Path,
        nargs="?",
        help="a file that names runs to leave out; none: take all",
    )
    parser.add_argument("--output-directory", type=Path, required=True, help="the study's folder")
    run_job(main, parser)
