"""Analyse the runs of one study: its settings, pairs of them, optimizers, findings and claims.

Reads the collected tables and the test results, and nothing else; all numbers that the figures and
the page show come from here.
"""

import argparse
import json
import logging
from pathlib import Path

from lr_atlas.analysis import TABLES
from lr_atlas.analysis.study_analysis import analyse
from lr_atlas.analysis.study_looks import keep, look_at
from lr_atlas.common.atomic import open_atomically
from lr_atlas.common.entry_point import run_job
from lr_atlas.common.units import counted
from lr_atlas.report.overview_answers import ANSWER
from lr_atlas.report.study_report import answer_for_file, study_report
from lr_atlas.report.summary import study_latex, study_markdown
from lr_atlas.runs.elsewhere_option import add_elsewhere_option
from lr_atlas.runs.missing_runs import read_missing
from lr_atlas.studies.given_metric import study_metric
from lr_atlas.studies.study_definition import in_its_language, study_from_definition
from lr_atlas.tables.study_tables import REPORT, read_table, read_tables
from lr_atlas.tables.table_files import write_csv, write_json, write_parquet

LOGGER = logging.getLogger(__name__)


@in_its_language
def main(
    *,
    study: str,
    elsewhere: Path | None = None,
    epochs: Path,
    runs: Path,
    defaults: Path | None,
    dynamics: Path,
    range_tests: Path | None,
    test: Path,
    right_answers: Path,
    varied_runs: Path,
    missing: Path | None,
    looks: Path,
    output_directory: Path,
) -> None:
    """Write the tables of the study (definition as JSON) to `output_directory`.

    defaults, range_tests: the runs with default arguments, and range tests; None without. missing:
    a file that names runs that the tables lack, see missing_runs; None if none. looks: the file in
    which looks at this study are counted; made where there is none.
    """
    definition = json.loads(study)
    study_model, plan = study_from_definition(definition, elsewhere)
    metric = study_metric(study_model, definition["data"])
    of_epochs, of_runs, of_test = (read_table(path, metric) for path in (epochs, runs, test))
    seen, kept = look_at(looks, definition, of_runs, of_test)
    analysis, tables = analyse(
        *(plan, study_model, definition["data"], of_epochs, of_runs),
        defaults=read_table(defaults, metric) if defaults else None,
        range_tests=read_table(range_tests, metric) if range_tests else None,
        test=of_test,
        right=read_table(right_answers, metric),
        varied=read_table(varied_runs, metric),
        dynamics=read_table(dynamics, metric),
        looks=seen,
    )
    # Before anybody can read what was found.
    keep(looks, kept)
    for name in TABLES:
        write_csv(output_directory / f"{name}.csv", tables[name])
        write_json(output_directory / f"{name}.json", tables[name])
        LOGGER.info("%s: %s", name, counted(len(tables[name]), "row"))
    write_parquet(output_directory / "measures.parquet", analysis.measured)
    # From the files, so that a text shows the digits that they have.
    left_out = read_missing(missing, plan)
    read = read_tables(output_directory, REPORT, missing=left_out, metric=metric)
    report = study_report(plan, study_model, definition["data"], read)
    answer = json.dumps(answer_for_file(report), indent=1, ensure_ascii=False)
    texts = {
        "summary.md": study_markdown(report),
        ANSWER: answer + "\n",
        "summary.tex": study_latex(report),
    }
    for name, text in texts.items():
        with open_atomically(output_directory / name) as file:
            file.write(text.encode("utf-8"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--study", required=True, help="the study's definition as JSON")
    add_elsewhere_option(parser)
    parser.add_argument("--epochs", type=Path, required=True, help="its table of epochs")
    parser.add_argument("--runs", type=Path, required=True, help="its table of runs")
    parser.add_argument("--defaults", type=Path, help="its table of runs with default arguments")
    parser.add_argument(
        "--dynamics", type=Path, required=True, help="its table of the dynamics of training"
    )
    parser.add_argument("--range-tests", type=Path, nargs="?", help="its table of range tests")
    parser.add_argument("--test", type=Path, required=True, help="its test results")
    parser.add_argument(
        "--right-answers", type=Path, required=True, help="its right answers by test image"
    )
    parser.add_argument(
        "--varied-runs", type=Path, required=True, help="its runs that vary one source of chance"
    )
    parser.add_argument(
        "--missing", type=Path, nargs="?", help="a file that names runs that the tables lack"
    )
    parser.add_argument("--looks", type=Path, required=True, help="where looks at it are counted")
    parser.add_argument("--output-directory", type=Path, required=True, help="the study's folder")
    run_job(main, parser)
