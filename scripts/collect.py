"""Collect the runs of one study into tables: a row per run and epoch, and a row per run.

Further ones have the losses during the first epoch, the runs with default arguments, how schedules
went, and the dynamics of training.

Reads exactly the runs that the study's definition asks for. A run that is missing, or whose files
do not agree, is an error that names it. After a failure the workflow names runs that are to be left
out.
"""

import argparse
import json
import logging
from collections.abc import Sequence
from pathlib import Path

from lr_atlas.common.entry_point import run_job
from lr_atlas.common.units import counted
from lr_atlas.runs.elsewhere_option import add_elsewhere_option
from lr_atlas.runs.missing_runs import finished_count, read_missing, without
from lr_atlas.runs.run_witnesses import digests_of_images
from lr_atlas.studies.given_metric import study_metric
from lr_atlas.studies.study_definition import study_from_definition
from lr_atlas.tables.collect import collect_first_epochs, collect_schedules, collect_study
from lr_atlas.tables.collect_dynamics import collect_dynamics
from lr_atlas.tables.collect_elsewhere import with_elsewhere
from lr_atlas.tables.default_runs import of_defaults, of_grid, with_defaults
from lr_atlas.tables.table_files import write_csv, write_parquet

LOGGER = logging.getLogger(__name__)


def main(
    *,
    study: str,
    elsewhere: Path | None = None,
    runs_directory: Path,
    checkpoints: Sequence[Path],
    data_directory: Path,
    images: Sequence[str],
    missing: Path | None,
    output_directory: Path,
) -> None:
    """Write the tables of the study (definition as JSON) to `output_directory`.

    checkpoints: folders of those that runs are held against. images: the folders of the study's
    images in `data_directory`; none where runs are not held against them. missing: a file that
    names runs to leave out, see missing_runs; None to take all.
    """
    definition = json.loads(study)
    study_model, plan = study_from_definition(definition, elsewhere)
    metric = study_metric(study_model, definition["data"])
    left_out = read_missing(missing, plan)
    there = without(plan, left_out)
    asked = with_defaults(there)
    digests = [digests_of_images(data_directory / name) for name in images]
    own = collect_study(asked, runs_directory, checkpoints, digests, metric) if asked.runs else None
    if own and study_model.program:
        own[1]["chance"] = study_model.program.chance
    if elsewhere:
        metrics = metric, definition["data"]["elsewhere"]["metric"]["name"]
        own = with_elsewhere(own, plan, elsewhere.parent, metrics, study_model.chance)
    assert own is not None  # since no study is without runs
    epochs, runs = own
    trained = runs.head(len(asked.runs))
    first_epochs = of_grid(collect_first_epochs(trained, asked, runs_directory), there)
    dynamics = of_grid(collect_dynamics(trained, asked, runs_directory), there)
    defaults = of_defaults(runs, there)
    epochs, runs = (of_grid(table, there) for table in (epochs, runs))
    output_directory.mkdir(parents=True, exist_ok=True)
    for name, table in [("epochs", epochs), ("runs", runs), ("defaults", defaults)]:
        write_csv(output_directory / f"{name}.csv", table)
        write_parquet(output_directory / f"{name}.parquet", table)
    write_parquet(output_directory / "first_epoch.parquet", first_epochs)
    write_parquet(output_directory / "dynamics.parquet", dynamics)
    write_csv(output_directory / "schedules.csv", collect_schedules(there, runs_directory))
    LOGGER.info(
        "%s: %s, %s, %s",
        *(plan.study, counted(runs["setting"].nunique(), "setting")),
        *(finished_count(plan, left_out), counted(len(epochs), "row")),
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--study", required=True, help="the study's definition as JSON")
    add_elsewhere_option(parser)
    parser.add_argument("--runs-directory", type=Path, required=True, help="folder of all runs")
    parser.add_argument(
        "--checkpoints",
        type=Path,
        nargs="+",
        default=[],
        help="folders of checkpoints, which the runs' histories are held against",
    )
    parser.add_argument(
        "--data-directory", type=Path, default=Path(), help="the folder of all data sets"
    )
    parser.add_argument(
        "--images",
        nargs="*",
        default=[],
        metavar="NAME",
        help="the folders in it of the study's images, which the runs are held against",
    )
    parser.add_argument(
        "--missing",
        type=Path,
        nargs="?",
        help="a file that names runs to leave out; none: take all",
    )
    parser.add_argument("--output-directory", type=Path, required=True, help="the study's folder")
    run_job(main, parser)
