"""Export studies in every form, twice, and print what was said; with envs/trackers.txt.

Started with a folder that has `results`, and the names of studies.
"""

import json
import sys
from pathlib import Path

from lr_atlas.tools.export.export_command import export
from lr_atlas.tools.export.kinds import KINDS


def export_all(directory: Path, studies: list[str]) -> dict[str, list[str]]:
    """Return the lines that were said at first and again."""
    said: dict[str, list[str]] = {"first": [], "again": []}
    for time in said:
        for study in studies:
            for kind in KINDS:
                found = export(kind, study, directory)
                said[time] += found if time == "first" else found[:1]
    return said


if __name__ == "__main__":
    print(json.dumps(export_all(Path(sys.argv[1]), sys.argv[2:])))
