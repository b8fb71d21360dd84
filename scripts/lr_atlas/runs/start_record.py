"""The record of what a workflow started with, written down for its jobs.

A job may begin hours later, on another machine, and reads the workflow anew when it does. By then
config.yaml may be another one, and so may the code. What was written down when the workflow started
holds for all of its jobs: the configuration as it was, and the digests of the code, which a job
compares with the code it finds.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from lr_atlas.common.atomic import open_atomically
from lr_atlas.common.errors import UserError
from lr_atlas.common.machine import torch_version
from lr_atlas.common.safe_files import read_plain
from lr_atlas.runs.run_files import is_finished
from lr_atlas.runs.training_code import TRAINING, Stamps
from lr_atlas.studies.atlas import Atlas, atlas_from_snapshot
from lr_atlas.studies.grid import Run


@dataclass(frozen=True)
class Start:
    """A start of the workflow: its studies and its code."""

    name: str  # of this start alone
    atlas: Atlas
    #: For each script, what fingerprint.code_digests gives; for TRAINING, training_code.
    code: Mapping[str, dict[str, str]]
    attempts: int | None = None  # how often a job is tried at most; None before jobs are started

    @cached_property
    def stamps(self) -> Stamps:
        """Return the files of which one says that a run is up to date; other code asks for others.

        Raises UserError where torch's version matters and none is installed.
        """
        on_new_torch = self.atlas.configuration.recompute.on_new_torch
        return Stamps(self.code[TRAINING], torch_version() if on_new_torch else None)

    def is_up_to_date(self, run: Run, results: Path) -> bool:
        """Return whether a run is finished, by the present code, in a folder of results."""
        return is_finished(results / "runs" / run.folder, self.stamps(run.configuration))


def write_start(path: Path, start: Start, attempts: int, packs: Mapping[str, list]) -> None:
    """Write down what jobs have to know.

    attempts: how often a job is tried at most. packs: the runs of each pack, as plain values.
    """
    record = {
        "start": start.name,
        "atlas": start.atlas.snapshot(),
        "code": start.code,
        "attempts": attempts,
        "packs": packs,
    }
    with open_atomically(path) as file:
        file.write(json.dumps(record).encode())


def read_start(path: Path, name: str) -> Start:
    """Return the start of that name, as given to `write_start`.

    Raises UserError if the workflow has been started again since: a job that is left over would
    remove files that a job of the new start has just written. And if nothing was written.
    """
    try:
        record = json.loads(read_plain(path))
    except FileNotFoundError:
        raise UserError(
            f"what Snakemake started with is not known here: there is no {path}. Jobs have to see "
            "the folder that Snakemake was started in; and a workflow that uses this one as a "
            "module has to call its onstart (docs/module.md)"
        ) from None
    if record["start"] != name:
        raise UserError(
            "this job was sent by a Snakemake that is gone, and another one has taken its place; "
            "nothing was done"
        )
    return Start(name, atlas_from_snapshot(record["atlas"]), record["code"], record["attempts"])
