"""Check configuration files and say what they ask for, before the workflow reads them.

`make run CONFIG=my.yaml` calls it, so that it begins with how many settings and runs there are.
"""

import argparse
import logging
from pathlib import Path

from lr_atlas.common.entry_point import run_script
from lr_atlas.common.units import counted
from lr_atlas.studies.atlas import load_atlas

LOGGER = logging.getLogger(__name__)


def main(files: list[Path]) -> None:
    """Raise errors.UserError with one message if the files cannot be used."""
    atlas = load_atlas(files)
    for name, plan in atlas.plans.items():
        runs = {(run.setting, run.seed): run for run in (*plan.asked, *plan.runs)}
        settings = {setting for setting, _ in runs}
        counts = counted(len(settings), "setting"), counted(len(runs), "run")
        LOGGER.info("%s: %s, %s", name, *counts)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path, help="YAML files, later over earlier ones")
    run_script(main, parser)
