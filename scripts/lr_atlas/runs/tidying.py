"""Tidy up what an earlier Snakemake, a wrong clock or damage has left, before the next one runs.

All of it decides what Snakemake runs, and it decides that before any hook of a workflow is called.
"""

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from lr_atlas.common.atomic import open_atomically
from lr_atlas.common.file_times import bring_back
from lr_atlas.common.process_record import process_has_ended
from lr_atlas.common.units import counted
from lr_atlas.data.stored_images import remove_changed
from lr_atlas.runs.snakemake_records import remove_damaged


def tidy_up(
    results: Path, snakemake: Path, owner: Path, record: Path, images: Iterable[str]
) -> Iterator[str]:
    """Make the working folder ready for a Snakemake, and yield a sentence for each thing done.

    Nothing but the record is touched while another Snakemake holds its lock.

    results: the folder of results. snakemake: Snakemake's own folder. owner: what the process that
    holds its lock has written down (`process_record`). record: a file that is made anew, and so is
    newer than all tables. images: the names of the folders in results/data that are used.
    Raises OSError.
    """
    record.parent.mkdir(parents=True, exist_ok=True)
    with open_atomically(record):
        pass
    locks = snakemake / "locks"
    if any(locks.glob("*.lock")):
        if not process_has_ended(owner):
            return
        shutil.rmtree(locks)
        yield "Removed the lock of a Snakemake that was killed; going on where it stopped."
    # So that what an earlier one has left is never taken for the owner of the next lock.
    owner.unlink(missing_ok=True)
    # The record has the time of the file system's clock; tables stay older than it.
    made = record.stat().st_mtime - 1
    ahead = bring_back([results / kind for kind in ("data", "runs", "studies")], made)
    if ahead:
        yield (
            f"Set back the times of {counted(ahead, 'file')} in {results}, which lay in the future"
            " (was a clock wrong?): Snakemake fails jobs that read such files."
        )
    damaged = remove_damaged(snakemake / "metadata")
    if damaged:
        yield (
            f"Removed {counted(damaged, 'damaged record')} of Snakemake's; tables and figures may "
            "be made once more."
        )
    # Once changed images are gone, Snakemake has them made again where a job needs them.
    for folder in images:
        for path in remove_changed(results / "data" / folder):
            yield f"Removed {path}, which was changed or damaged; it is made again."
    # A pack that has outlived its Snakemake leaves an output that counts as incomplete. Snakemake
    # would make that anew, and nothing else.
    shutil.rmtree(results / "packs", ignore_errors=True)
