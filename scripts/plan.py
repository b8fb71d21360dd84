"""Say what a start of the workflow would train and what that would cost, before anything runs.

Which runs are there, which are not, and why not; the costs are taken from the seconds of past runs,
or, where there are none, from some steps of training that are measured and kept for the next plan.
Nothing else is changed.
"""

import argparse
import csv
import functools
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from lr_atlas.common.atomic import open_atomically
from lr_atlas.common.entry_point import run_script
from lr_atlas.common.errors import UserError
from lr_atlas.config.command_line import (
    add_configuration_options,
    configuration_files,
    end_quietly_when_nobody_reads,
    number_of_cores,
)
from lr_atlas.runs import run_status
from lr_atlas.runs.atlas_code import AtlasAndCode, readable
from lr_atlas.runs.calibration import measured_epochs
from lr_atlas.runs.run_costs import Shape
from lr_atlas.runs.training_code import training_code
from lr_atlas.studies.atlas import Atlas, load_atlas
from lr_atlas.studies.known_configurations import asked_for, known_configurations, trunks_of
from lr_atlas.tools.plan.plan_text import COLUMNS, plan_rows, plan_text
from lr_atlas.tools.plan.run_plan import plan_runs
from lr_atlas.tools.prune.orphans import find_orphans


def main(
    *,
    configfile: Sequence[Path],
    config: Sequence[tuple[str, object]],
    directory: Path,
    cores: int,
    csv_file: Path | None,
    complete: bool,
) -> None:
    """Print the plan, and write it as CSV too if a file is named. Raises errors.UserError."""
    end_quietly_when_nobody_reads()
    load = functools.partial(load_atlas, configuration_files(configfile, directory), dict(config))
    atlas = load()
    now = circumstances(atlas, directory)
    others: list[AtlasAndCode] = []
    # To read all other configurations takes seconds, which is for nothing where they have no runs.
    if has_other_runs(atlas, directory / "results", now):
        others = readable(known_configurations(directory))
        # The last that is loaded, since its own files are read now and where epochs are measured.
        atlas = load()
    measure = functools.partial(measure_here, atlas, now.code, directory)
    plan = plan_runs(
        *(atlas, directory / "results", now, cores),
        measure=measure,
        others=asked_for(each for each, _ in others),
        trunks=trunks_of([atlas, *(each for each, _ in others)]),
        other_codes=[code for _, code in others],
    )
    if csv_file:
        write_csv(csv_file, plan_rows(plan))
    print(plan_text(plan, complete), end="")


def has_other_runs(atlas: Atlas, results: Path, now: run_status.Circumstances) -> bool:
    """Return whether training jobs have left anything that these studies do not ask for."""
    asked = asked_for([atlas]) | trunks_of([atlas])
    orphans, _ = find_orphans(results, asked, [now.code], [now.cache] if now.cache else [])
    return bool(orphans)


def measure_here(
    atlas: Atlas, code: dict[str, str], directory: Path, shapes: Mapping[Shape, dict]
) -> dict[Shape, float]:
    """Return the seconds of an epoch by shape, measured now or kept from an earlier plan."""
    kept = directory / ".snakemake" / "lr-atlas" / "calibration.json"
    forms = {name: data.form for name, data in atlas.data.items()}
    return measured_epochs(shapes, forms, code, kept)


def circumstances(atlas: Atlas, directory: Path) -> run_status.Circumstances:
    """Return what the jobs would run with in a folder, here and now. Raises errors.UserError."""
    record = directory / ".snakemake" / "incomplete"
    code = training_code(atlas.run_configurations)
    return run_status.circumstances(atlas, directory / "results", record, code)


def write_csv(path: Path, rows: Sequence[dict]) -> None:
    """Write a table with a row per run. Raises UserError if it cannot be written there."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    try:
        with open_atomically(path) as file:
            file.write(text.getvalue().encode("utf-8"))
    except OSError as error:
        raise UserError(
            f"--csv {path}: no file can be written there: {error.strerror}. Name one in a folder "
            "that is there and may be written to"
        ) from None


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    add_configuration_options(parser, "later ones over earlier ones")
    parser.add_argument(
        "--cores", type=number_of_cores, default="all", help="a number, or all (default)"
    )
    parser.add_argument(
        "--csv", type=Path, dest="csv_file", metavar="FILE", help="write a row per run there"
    )
    parser.add_argument(
        "--all", action="store_true", dest="complete", help="show all rows of long studies"
    )
    run_script(main, parser)
