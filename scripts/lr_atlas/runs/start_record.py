"""What a workflow started with, written down for its jobs.

A job may begin hours later, on another machine, and reads the workflow anew when it does. By then
config.yaml may be another one, and so may the code. What was written down when the workflow started
holds for all of its jobs: the configuration as it was, and the digests of the code, which a job
compares with the code it finds.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from lr_atlas.common.atomic import open_atomically
from lr_atlas.common.errors import UserError
from lr_atlas.common.safe_files import read_plain
from lr_atlas.studies.atlas import Atlas, atlas_from_snapshot

#: The key of the training code among the digests of scripts.
TRAINING = "training"


def write_start(
    path: Path,
    start: str,
    atlas: Atlas,
    code: Mapping[str, Mapping[str, str]],
    attempts: int,
    packs: Mapping[str, list],
) -> None:
    """Write down what jobs have to know.

    start: a name for this start alone.
    code: for each script, what fingerprint.code_digests gave for it; for TRAINING, that of
    training_code.
    attempts: how often a job is tried at most.
    packs: the runs of each pack, as plain values.
    """
    record = {
        "start": start,
        "atlas": atlas.snapshot(),
        "code": code,
        "attempts": attempts,
        "packs": packs,
    }
    with open_atomically(path) as file:
        file.write(json.dumps(record).encode())


def read_start(path: Path, start: str) -> tuple[Atlas, dict[str, dict[str, str]], int]:
    """Return (the studies, the digests by script, attempts), as given to `write_start`.

    Raises UserError if the workflow has been started again since `start`: a job that is left over
    would remove files that a job of the new start has just written. And if nothing was written.
    """
    try:
        record = json.loads(read_plain(path))
    except FileNotFoundError:
        raise UserError(
            f"what Snakemake started with is not known here: there is no {path}. Jobs have to see "
            "the folder that Snakemake was started in; and a workflow that uses this one as a "
            "module has to call its onstart (docs/module.md)"
        ) from None
    if record["start"] != start:
        raise UserError(
            "this job was sent by a Snakemake that is gone, and another one has taken its place; "
            "nothing was done"
        )
    return atlas_from_snapshot(record["atlas"]), record["code"], record["attempts"]
