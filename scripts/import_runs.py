"""Read runs that were trained elsewhere, and write them as tables of ours.

Nothing in their files is run. Writes runs.parquet, epochs.parquet and settings.json.
"""

import argparse
import json
import logging
from pathlib import Path

from lr_atlas.common.atomic import open_atomically
from lr_atlas.common.canonical import canonical_json
from lr_atlas.common.entry_point import run_job
from lr_atlas.common.units import counted
from lr_atlas.studies.elsewhere import of_imported
from lr_atlas.studies.files_elsewhere import read_elsewhere
from lr_atlas.tables.table_files import write_parquet

LOGGER = logging.getLogger(__name__)


def main(*, files: str, names: str, columns: str, digest: str, output_directory: Path) -> None:
    """Write the runs in files into the output directory, which is made if need be.

    files: a JSON list of paths. names: likewise what they are called. columns: what is said of
    their columns, as JSON. digest: of their content.
    """
    imported = read_elsewhere(json.loads(files), json.loads(columns), digest)
    found = of_imported(imported, digest, json.loads(names))
    output_directory.mkdir(parents=True, exist_ok=True)
    write_parquet(output_directory / "runs.parquet", imported.runs)
    write_parquet(output_directory / "epochs.parquet", imported.epochs)
    with open_atomically(output_directory / "settings.json") as file:
        file.write((canonical_json(found.to_plain()) + "\n").encode())
    for note in imported.notes:
        LOGGER.info("%s", note)
    LOGGER.info(
        "%s, %s, %s",
        *(counted(len(found.settings), "setting"), counted(found.number_of_runs, "run")),
        counted(len(imported.epochs), "row"),
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", required=True, help="paths of files and folders, a JSON list")
    parser.add_argument("--names", required=True, help="what they are called, a JSON list")
    parser.add_argument("--columns", default="{}", help="which column is what, as JSON")
    parser.add_argument("--digest", required=True, help="of the files' content")
    parser.add_argument("--output-directory", type=Path, required=True, help="for the tables")
    run_job(main, parser)
