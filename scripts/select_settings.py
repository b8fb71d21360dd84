"""Choose the setting of each optimizer that is tested, by the validation images alone."""

import argparse
import json
from pathlib import Path

from lr_atlas.analysis.choice import select_settings
from lr_atlas.common.atomic import open_atomically
from lr_atlas.common.entry_point import run_job
from lr_atlas.runs.elsewhere_option import add_elsewhere_option
from lr_atlas.studies.given_metric import study_metric
from lr_atlas.studies.study_definition import study_from_definition
from lr_atlas.tables.study_tables import read_table


def main(
    *, study: str, elsewhere: Path | None = None, epochs: Path, runs: Path, output: Path
) -> None:
    """Write the selection of the study (definition as JSON) to the file `output`."""
    definition = json.loads(study)
    study_model, plan = study_from_definition(definition, elsewhere)
    metric = study_metric(study_model, definition["data"])
    tables = read_table(epochs, metric), read_table(runs, metric)
    selection = select_settings(plan, study_model.validation, *tables, metric)
    with open_atomically(output) as file:
        file.write((json.dumps(selection, indent=2) + "\n").encode("utf-8"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--study", required=True, help="the study's definition as JSON")
    add_elsewhere_option(parser)
    parser.add_argument("--epochs", type=Path, required=True, help="its table of epochs")
    parser.add_argument("--runs", type=Path, required=True, help="its table of runs")
    parser.add_argument("--output", type=Path, required=True, help="the file to write")
    run_job(main, parser)
